package serving

import (
	"crypto/subtle"
	"net/netip"
	"strings"
	"time"

	"ferry/model"
)

// Directory is what the store held when it was loaded. It never changes, and may be used
// by any number of goroutines.
type Directory struct {
	Config  model.ServeConfig // with defaults filled in
	Loaded  time.Time
	Signing []model.SigningKey // oldest first, those whose time is over included

	spaces  map[string]*model.Space // by folded name; one that is being deleted is not there
	users   map[string]*User        // by username, which is unique in the whole store
	byID    map[model.ID]*User
	keys    map[model.ID]*Key
	revoked map[string]time.Time // until when, by "jti"

	clients map[model.ID]*model.Client // those that a user may call
	called  map[place]*model.Client
	rules   map[ruled]*model.GatewayRule
}

// place is where a client is found by name, which is folded.
type place struct {
	space model.ID
	name  string
}

// ruled is what a rule is for.
type ruled struct{ user, client model.ID }

// User is an API user with what its tokens need.
type User struct {
	model.APIUser
	Space  *model.Space
	Keys   []*Key                      // those that are not revoked, the oldest first
	Scopes []string                    // its permissions with the names of clients, sorted
	Scope  string                      // Scopes, joined by spaces
	Names  map[string]model.Permission // from each of Scopes to the permission as stored
}

// Key is an API key of a User.
type Key struct {
	model.APIKey
	Owner *User
}

// Space returns the space called name, ignoring case; nil when there is none.
func (d *Directory) Space(name string) *model.Space { return d.spaces[strings.ToLower(name)] }

// User returns the user of that space with exactly this username; nil when there is
// none, or another space has it.
func (d *Directory) User(space model.ID, username string) *User {
	u := d.users[username]
	if u == nil || u.Space.ID != space {
		return nil
	}
	return u
}

// UserByID returns a user by its id; nil when there is none.
func (d *Directory) UserByID(id model.ID) *User { return d.byID[id] }

// Key returns a key by its id; nil when there is none. Revoked and expired ones are found.
func (d *Directory) Key(id model.ID) *Key { return d.keys[id] }

// Client returns the client of that space with the name, ignoring case; nil when there is none,
// or nobody may call it. It holds what deciding needs and no secret: id, space, name, base URL,
// state, mark and exposure.
func (d *Directory) Client(space model.ID, name string) *model.Client {
	return d.called[place{space, strings.ToLower(name)}]
}

// ClientByID returns what Client does, by the id.
func (d *Directory) ClientByID(id model.ID) *model.Client { return d.clients[id] }

// Rule returns the gateway's rule for a user and a client; nil when there is none.
func (d *Directory) Rule(user, client model.ID) *model.GatewayRule {
	return d.rules[ruled{user, client}]
}

// TokenRevoked reports whether a token was revoked, by its "jti".
func (d *Directory) TokenRevoked(jti string) bool {
	_, ok := d.revoked[jti]
	return ok
}

// Signer returns the key that signs at now; nil when there is none yet. A clock that was
// put back to before the first key still gets that one: a hub that signs nothing would
// be the worse answer.
func (d *Directory) Signer(now time.Time) *model.SigningKey { return signer(d.Signing, now) }

// Published returns the keys with which a token of this hub may be signed at now: the one
// in use, the next, and those before it whose last token has not expired.
func (d *Directory) Published(now time.Time) []model.SigningKey {
	var out []model.SigningKey
	for _, k := range d.Signing {
		if !over(&k, now) {
			out = append(out, k)
		}
	}
	return out
}

// Reason is why a caller is refused, for the log; "" when it is not.
type Reason string

// The reasons that are rules of the hub. The protocol adds its own.
const (
	UnknownClient Reason = "unknown_client"
	WrongSecret   Reason = "wrong_secret"
	KeyExpired    Reason = "key_expired"
	KeyRevoked    Reason = "key_revoked"
	UserDisabled  Reason = "user_disabled"
	UserExpired   Reason = "user_expired"
	OAuthOff      Reason = "oauth2_off"
	Network       Reason = "network"
	TokenRevoked  Reason = "token_revoked"
)

// nobody stands in for a key that is not there, so that its digest is compared all the same.
var nobody = &Key{}

// Identify is the rule of who a client id and secret are. The digest is that of the
// secret; id is what Parse made of it, "" when it was no key. It compares digests in
// constant time, does the same work for an unknown id as for a wrong secret, and looks
// at nothing but who it is. The key is returned with the reason when it is one of the
// user's that is valid no more.
func (d *Directory) Identify(space model.ID, clientID string, id model.ID, digest [32]byte, now time.Time) (*Key, Reason) {
	// Both look-ups and one comparison are made on every path.
	u, k := d.User(space, clientID), d.keys[id]
	if k == nil || k.Owner != u {
		k = nobody
	}
	same := subtle.ConstantTimeCompare(k.Digest[:], digest[:]) == 1
	switch {
	case u == nil:
		return nil, UnknownClient
	case k == nobody, !same:
		return nil, WrongSecret
	}
	switch k.State(now) {
	case model.KeyRevoked:
		return k, KeyRevoked
	case model.KeyExpired:
		return k, KeyExpired
	}
	return k, ""
}

// MayAsk is the rule of who gets an access token, once its secret was right: not a
// disabled or expired user, nor one from another network, nor one without OAuth 2.0.
func MayAsk(u *User, addr netip.Addr, now time.Time) Reason {
	switch {
	case u.State == model.Disabled:
		return UserDisabled
	case u.Expired(now):
		return UserExpired
	case !u.From(addr):
		return Network
	case !u.OAuth:
		return OAuthOff
	}
	return ""
}

// TTL returns how long a token for u that is issued at now lives: the user's, but never
// beyond its expiry, in whole seconds.
func TTL(u *User, now time.Time) time.Duration {
	ttl := u.TTL
	if ttl == 0 {
		ttl = model.DefaultTTL
	}
	// A signing key is kept for MaxTTL after its last use, so no token may outlive that.
	ttl = min(max(ttl, model.MinTTL), model.MaxTTL)
	if !u.Expires.IsZero() {
		ttl = min(ttl, max(u.Expires.Sub(now), 0))
	}
	return ttl.Truncate(time.Second)
}

// MayUse is the rule of whose access token is accepted: the user must still be one that
// may ask, and the key that it was issued for must not be revoked. KeyID "" is a token
// that names none.
func (d *Directory) MayUse(u *User, keyID model.ID, jti string, addr netip.Addr, now time.Time) Reason {
	if u == nil {
		return UnknownClient
	}
	if reason := MayAsk(u, addr, now); reason != "" {
		return reason
	}
	if keyID != "" {
		// A key that is gone was revoked or had expired before it was cleared away.
		k := d.keys[keyID]
		if k == nil || k.Owner != u || k.State(now) == model.KeyRevoked {
			return KeyRevoked
		}
	}
	if d.TokenRevoked(jti) {
		return TokenRevoked
	}
	return ""
}

// Permits returns what a token with these scopes permits at present: no more than the
// user has itself.
func (u *User) Permits(scopes []string) model.Permits {
	out := make(model.Permits, len(scopes))
	for _, s := range scopes {
		if p, ok := u.Names[s]; ok {
			out[p] = struct{}{}
		}
	}
	return out
}
