package authority

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"ferry/model/keys"
	"ferry/model/serving"
)

// Reasons that the protocol adds to those of the hub's rules.
const (
	notAKey     = "malformed_secret"
	tooManyBad  = "rate_limited"
	noSigner    = "no_signing_key"
	otherToken  = "token_of_another_client"
	notStored   = "not_stored"
	noSuchSpace = "unknown_space"
)

// endpoint is the token endpoint of the realm.
func (m *realm) endpoint() *Endpoint {
	return &Endpoint{Authenticator: m.authenticator(), Grants: m.hub.grants, Issue: m.issue}
}

var secretMethods = []Method{Basic, Post}

func (m *realm) authenticator() Authenticator {
	return Authenticator{Identify: m.identify, Methods: secretMethods}
}

// identify implements Identify with the rules of the hub. Who is refused before its
// secret was right gets the very same answer, whatever the reason.
func (m *realm) identify(_ *http.Request, c Credentials) (Client, *Error) {
	h := m.hub
	if wait := h.limit.wait(c.ID, m.entry.Addr, m.now); wait > 0 {
		m.refuse(tooManyBad)
		return Client{}, &Error{
			Code: Unavailable, Description: "too many failed attempts: try again later",
			Status: http.StatusTooManyRequests, RetryAfter: wait,
		}
	}
	key, reason := m.owner(c)
	if reason == "" {
		reason = serving.MayAsk(key.Owner, m.entry.Addr, m.now)
		if reason == "" && serving.TTL(key.Owner, m.now) <= 0 {
			reason = serving.UserExpired // within this second
		}
	}
	switch reason {
	case "":
		u := key.Owner
		m.entry.Client = u.Username
		return Client{ID: u.Username, Grants: h.types, Scopes: u.Scopes, Default: u.Scopes, Joined: u.Scope, Key: key}, nil
	case serving.OAuthOff, serving.Network:
		m.entry.Client = key.Owner.Username
		m.refuse(string(reason))
		return Client{}, errMayNotAsk[reason]
	}
	h.limit.fail(c.ID, m.entry.Addr, m.now)
	if u := m.dir.User(m.space.ID, c.ID); u != nil { // the log names users, never what somebody made up
		m.entry.Client = u.Username
	}
	m.refuse(string(reason))
	return Client{}, errUnknownClient
}

// owner looks the credentials up. What is no key cannot be anybody's: it is refused
// without a look-up, and its id is not even compared.
func (m *realm) owner(c Credentials) (*serving.Key, serving.Reason) {
	// Tools that send a file as it is send the line's end too: no key has one.
	secret := strings.TrimSuffix(strings.TrimSuffix(c.Secret, "\n"), "\r")
	id, ok := keys.Parse(secret)
	if !ok {
		return nil, notAKey
	}
	return m.dir.Identify(m.space.ID, c.ID, id, m.hub.o.Digest(secret), m.now)
}

// errMayNotAsk is what a client is told whose secret was right.
var errMayNotAsk = map[serving.Reason]*Error{
	serving.OAuthOff: fail(UnauthorizedClient, "OAuth 2.0 is switched off for this client"),
	serving.Network:  fail(UnauthorizedClient, "this client may not come from this network"),
}

// issue implements Issuer: a JWT as RFC 9068 §2 has it. How long it lives is the user's
// setting alone, so that no step of a clock makes a lifetime negative or long.
func (m *realm) issue(_ context.Context, i Issued) (string, time.Duration, error) {
	signer := m.hub.ringOf(m.dir).signer(m.now)
	if signer == nil {
		m.refuse(noSigner)
		return "", 0, &Error{Code: Unavailable, Description: "there is no signing key yet", RetryAfter: time.Second}
	}
	key, issuer := i.Client.Key, m.hub.issuer(m.space)
	life := serving.TTL(key.Owner, m.now)
	audience := i.Audience
	if len(audience) == 0 {
		audience = []string{issuer}
	}
	at := m.now.Unix()
	token, err := signer.Sign(&Claims{
		Issuer: issuer, Subject: i.Subject, Audience: audience, ClientID: i.Client.ID,
		IssuedAt: at, Expires: at + seconds(life), ID: rand.Text(),
		Scope: i.Scope, Space: m.space.Name, Key: key.ID,
	})
	if err != nil {
		return "", 0, err
	}
	if len(token) > MaxToken {
		return "", 0, fail(InvalidScope, "the token would be longer than 8 KiB: ask for fewer scopes or resources")
	}
	m.entry.Issued = true
	if m.hub.o.Used != nil {
		m.hub.o.Used(serving.Use{Space: m.space.ID, Key: key.ID, At: m.now, Addr: m.entry.Addr.String(), Tokens: 1})
	}
	return token, life, nil
}
