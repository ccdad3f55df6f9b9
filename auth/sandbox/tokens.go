package sandbox

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"sync"
	"time"

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
	signer *authority.Signer

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
	signer, err := newSigner()
	if err != nil {
		return nil, model.Errorf(model.EInternal, "the sandbox could not make its signing key").WithCause(err)
	}
	return &tokens{
		now: o.Now, life: o.TokenTTL, issuer: url + analyticsRealm, signer: signer, live: map[[32]byte]grant{},
	}, nil
}

// newSigner makes a key that nobody but this sandbox ever has.
func newSigner() (*authority.Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return authority.NewSigner(model.SigningKey{ID: "sandbox", Algorithm: model.ES256, Private: model.NewSecret(string(der))})
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
		token, err := t.signer.Sign(&authority.Claims{
			Issuer: t.issuer, Subject: i.Subject, Audience: authority.Audience{realm}, ClientID: i.Client.ID,
			IssuedAt: now.Unix(), Expires: now.Add(t.life).Unix(), ID: rand.Text(), Scope: i.Scope,
		})
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

// check returns nil when the token is good for realm, else what is wrong with it.
func (t *tokens) check(token, realm string) *authority.BearerError {
	t.mu.Lock()
	g, ok := t.live[sha256.Sum256([]byte(token))]
	t.mu.Unlock()
	switch {
	case !ok || g.realm != realm:
		return authority.InvalidToken("the access token is unknown, revoked or for another system")
	case !t.now().Before(g.ends):
		return authority.InvalidToken("the access token has expired")
	}
	return nil
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
