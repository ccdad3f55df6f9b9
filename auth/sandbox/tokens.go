package sandbox

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"ferry/auth/authority"
	"ferry/model"
)

// maxLive bounds the tokens that are remembered; beyond it the oldest end early.
const maxLive = 100_000

// tokens issues and checks the access tokens of all three systems. A JWT is looked
// up like an opaque token: that is what makes revocation take effect at once.
type tokens struct {
	now    model.Clock
	life   time.Duration
	issuer string // of the JWTs
	signer jose.Signer
	public jose.JSONWebKeySet

	mu    sync.Mutex
	live  map[[32]byte]grant // by digest of the token
	queue [][32]byte         // in order of issue, which is the order of expiry
}

// grant is what a token stands for.
type grant struct {
	realm, client string
	ends          time.Time
}

func newTokens(url string, o Options) (*tokens, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, model.Errorf(model.EInternal, "the sandbox could not make its signing key").WithCause(err)
	}
	public := jose.JSONWebKey{Key: &key.PublicKey, KeyID: "sandbox", Algorithm: string(jose.ES256), Use: "sig"}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: public.KeyID}},
		(&jose.SignerOptions{}).WithType("at+jwt"))
	if err != nil {
		return nil, model.Errorf(model.EInternal, "the sandbox could not use its signing key").WithCause(err)
	}
	return &tokens{
		now: o.Now, life: o.TokenTTL, issuer: url + analyticsRealm, signer: signer,
		public: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}},
		live:   map[[32]byte]grant{},
	}, nil
}

// opaque returns an issuer of random tokens for a realm.
func (t *tokens) opaque(realm string) authority.Issuer {
	return func(_ context.Context, i authority.Issued) (string, time.Duration, error) {
		token := rand.Text() + rand.Text()
		t.keep(token, realm, i.Client.ID, t.now())
		return token, t.life, nil
	}
}

// jwt returns an issuer of access tokens as RFC 9068 has them for a realm.
func (t *tokens) jwt(realm string) authority.Issuer {
	return func(_ context.Context, i authority.Issued) (string, time.Duration, error) {
		now := t.now()
		token, err := jwt.Signed(t.signer).Claims(jwt.Claims{
			Issuer: t.issuer, Subject: i.Subject, Audience: jwt.Audience{realm}, ID: rand.Text(),
			IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(t.life)),
		}).Claims(struct {
			ClientID string `json:"client_id"`
			Scope    string `json:"scope"`
		}{i.Client.ID, strings.Join(i.Scopes, " ")}).Serialize()
		if err != nil {
			return "", 0, err
		}
		t.keep(token, realm, i.Client.ID, now)
		return token, t.life, nil
	}
}

// keep remembers a token and forgets those that ended long ago.
func (t *tokens) keep(token, realm, client string, now time.Time) {
	id := sha256.Sum256([]byte(token))
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.queue) > 0 && (len(t.queue) >= maxLive || now.After(t.live[t.queue[0]].ends.Add(t.life))) {
		delete(t.live, t.queue[0])
		t.queue = t.queue[1:]
	}
	t.live[id] = grant{realm, client, now.Add(t.life)}
	t.queue = append(t.queue, id)
}

// check returns "" when the token is good for realm, else what is wrong with it.
func (t *tokens) check(token, realm string) string {
	t.mu.Lock()
	g, ok := t.live[sha256.Sum256([]byte(token))]
	t.mu.Unlock()
	switch {
	case !ok || g.realm != realm:
		return "the access token is unknown, revoked or for another system"
	case !t.now().Before(g.ends):
		return "the access token has expired"
	}
	return ""
}

// revoke ends a token; false when it belongs to another client of the realm or to
// another realm.
func (t *tokens) revoke(realm string) func(context.Context, authority.Client, string) (bool, error) {
	return func(_ context.Context, client authority.Client, token string) (bool, error) {
		id := sha256.Sum256([]byte(token))
		t.mu.Lock()
		defer t.mu.Unlock()
		g, ok := t.live[id]
		if ok && (g.realm != realm || g.client != client.ID) {
			return false, nil
		}
		delete(t.live, id)
		return true, nil
	}
}
