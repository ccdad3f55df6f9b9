package authority

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"ferry/model"
	"ferry/model/keys"
	"ferry/model/serving"
)

// keyStart is how every API key begins, and no access token does: that has three parts with
// dots between, the first of which is JSON.
const keyStart = "ferry_"

// bearerKeysOff is why a good key is refused of a user that may not present it itself.
const bearerKeysOff = "bearer_keys_off"

// errWrongKey is the one answer to a key that is not accepted, whatever the reason.
var errWrongKey = InvalidToken("the API key is not accepted")

// VerifyCaller is Verify for the gateway: an API key itself is accepted too in place of an
// access token, when its user may present it (model.APIUser.BearerKeys). It permits what
// the user may. The parsing, the digest and the limits for wrong keys are those of the token
// endpoint, and so are the reasons; Access.ID is "" then, and Access.Expires the key's.
func (h *Hub) VerifyCaller(r *http.Request) (Access, *BearerError) { return h.admit(r, h.byEither) }

// byEither is the means of an access token or an API key.
func (h *Hub) byEither(dir *serving.Directory, text string, from netip.Addr, now time.Time) (Access, string, *BearerError) {
	if !strings.HasPrefix(text, keyStart) {
		return h.byToken(dir, text, from, now)
	}
	a, reason, fault := h.byKey(dir, text, from, now)
	if fault == nil && h.o.Used != nil {
		h.o.Used(serving.Use{Space: a.Space.ID, Key: a.Key, At: now, Addr: from.String()})
	}
	return a, reason, fault
}

// byKey also returns the user, when there is one, beside a fault. An unknown key, a wrong one
// and one that is not accepted cost the same work: one look-up of the key and of the user,
// one digest, one comparison.
func (h *Hub) byKey(dir *serving.Directory, text string, from netip.Addr, now time.Time) (Access, string, *BearerError) {
	id, ok := keys.Parse(text)
	if !ok {
		// What is no key cannot be anybody's; its address pays for it.
		if wait := h.limit.wait("", from, now); wait > 0 {
			return Access{}, tooManyBad, tooManyKeys(wait)
		}
		h.limit.fail("", from, now)
		return Access{}, notAKey, errWrongKey
	}
	// Who claims nothing but a key is counted under its user, as at the token endpoint.
	client, space, seen := string(id), model.ID(""), Access{}
	if k := dir.Key(id); k != nil {
		client, space = k.Owner.Username, k.Owner.Space.ID
		seen = Access{User: k.Owner, Space: k.Owner.Space}
	}
	if wait := h.limit.wait(client, from, now); wait > 0 {
		return seen, tooManyBad, tooManyKeys(wait)
	}
	key, reason := dir.Identify(space, client, id, h.o.Digest(text), now)
	if reason == "" {
		reason = mayPresent(key.Owner, from, now)
	}
	switch reason {
	case "":
		u := key.Owner
		return Access{
			User: u, Space: u.Space, Scopes: u.Scopes, Permits: h.ringOf(dir).permitsOf(u), Key: key.ID, Expires: key.Expires,
		}, "", nil
	case serving.Network:
		return seen, string(reason), errMayNotUse(reason)
	}
	h.limit.fail(client, from, now)
	return seen, string(reason), errWrongKey
}

// Holds says what the user of an access that was given before is and may do by now, for what is
// under way with it; or why that may not go on: the user is gone, disabled or over, comes from
// elsewhere, or its key or token was revoked. That the time of a token or key itself is over is
// no reason: what was begun with it goes on.
func (h *Hub) Holds(dir *serving.Directory, a Access, from netip.Addr) (*serving.User, model.Permits, serving.Reason) {
	u, now := dir.UserByID(a.User.ID), h.o.Now()
	if u == nil {
		return nil, nil, serving.UnknownClient
	}
	var reason serving.Reason
	if a.ID != "" {
		reason = h.mayUse(dir, &token{claims: &Claims{ID: a.ID, Key: a.Key}, user: u}, from, now)
	} else if reason = mayPresent(u, from, now); reason == "" {
		if k := dir.Key(a.Key); k == nil || k.State(now) == model.KeyRevoked {
			reason = serving.KeyRevoked
		}
	}
	if reason != "" {
		return nil, nil, reason
	}
	return u, h.ringOf(dir).permitsOf(u), ""
}

// mayPresent is the rule of who may present an API key itself. OAuth 2.0 is about access
// tokens, and may be off.
func mayPresent(u *serving.User, from netip.Addr, now time.Time) serving.Reason {
	if reason := serving.MayAsk(u, from, now); reason != "" && reason != serving.OAuthOff {
		if reason == serving.Network && !u.BearerKeys {
			return bearerKeysOff // else the answer would say that the key is right
		}
		return reason
	}
	if !u.BearerKeys {
		return bearerKeysOff
	}
	return ""
}

func tooManyKeys(wait time.Duration) *BearerError {
	return &BearerError{
		Status: http.StatusTooManyRequests, Description: "too many failed attempts: try again later", RetryAfter: wait,
	}
}
