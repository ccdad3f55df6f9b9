package authority

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ferry/auth/access"
	"ferry/model"
	"ferry/model/serving"
)

// Access is what the access token of a request permits.
type Access struct {
	User    *serving.User
	Space   *model.Space
	Scopes  []string      // of the token, those that the user has now
	Permits model.Permits // the same as permissions
	ID      string        // the token's "jti"
	Key     model.ID      // the API key that it was issued for
	Expires time.Time
}

// BearerToken takes the access token from the one Authorization header (RFC 6750 §2.1). A
// token in the query is refused: URIs end up in logs. One in a form is not looked for.
func BearerToken(r *http.Request) (string, *BearerError) {
	headers := r.Header["Authorization"]
	switch {
	case len(headers) > 1:
		return "", badRequest("two Authorization headers")
	case r.URL.RawQuery != "" && r.URL.Query().Has("access_token"):
		return "", badRequest("the access token belongs in the Authorization header, not in the URI")
	case len(headers) == 0:
		return "", errNoBearer
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	token = strings.Trim(token, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", errNoBearer
	}
	if len(token) > MaxToken || strings.ContainsFunc(token, func(r rune) bool { return !isToken68(r) }) {
		return "", errMalformed
	}
	return token, nil
}

var errNoBearer = &BearerError{Status: http.StatusUnauthorized, Description: "an access token is required"}

func badRequest(description string) *BearerError {
	return &BearerError{Status: http.StatusBadRequest, Code: "invalid_request", Description: description}
}

// isToken68 reports whether r may be part of a token (RFC 9110 §11.2).
func isToken68(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._~+/=", r)
}

// Verify says what a request's access token permits (RFC 6750 §2.1, RFC 9068 §4), or why
// it permits nothing. It fills in the request's access entry.
func (h *Hub) Verify(r *http.Request) (Access, *BearerError) {
	entry := access.From(r)
	a, reason, fault := h.verify(r, entry.Addr)
	if a.User != nil {
		entry.Client, entry.Space = a.User.Username, a.Space.Name
	}
	if fault != nil {
		entry.Reason = reason
		return Access{}, fault
	}
	return a, nil
}

// verify also returns the user, when there is one, beside a fault.
func (h *Hub) verify(r *http.Request, from netip.Addr) (Access, string, *BearerError) {
	text, fault := BearerToken(r)
	if fault != nil {
		return Access{}, reasonOf(fault), fault
	}
	dir, now := h.o.Directory(), h.o.Now()
	t, fault := h.read(dir, text, now)
	if fault != nil {
		return Access{}, reasonOf(fault), fault
	}
	if !slices.Contains(t.claims.Audience, h.issuer(t.space)) {
		return t.access(), "wrong_audience", InvalidToken("the access token is for another audience")
	}
	if reason := h.mayUse(dir, t, from, now); reason != "" {
		return t.access(), string(reason), errMayNotUse(reason)
	}
	return t.access(), "", nil
}

// reasonOf names a fault for the log.
func reasonOf(e *BearerError) string {
	switch e {
	case errNoBearer:
		return "no_token"
	case errExpired:
		return "token_expired"
	case errFuture:
		return "token_from_the_future"
	case errSignature:
		return "wrong_signature"
	}
	return e.Code
}

// token is an access token of this hub whose form, signature, issuer and times are right.
type token struct {
	claims Claims
	space  *model.Space
	user   *serving.User // nil when it is there no more
}

// read reads an access token of this hub. Whose it is and for whom is not looked at.
func (h *Hub) read(dir *serving.Directory, text string, now time.Time) (token, *BearerError) {
	ring := h.ringOf(dir)
	c, fault := readJWT(text, func(kid string) *Signer { return ring.verifier(kid, now) })
	if fault != nil {
		return token{}, fault
	}
	// A space that was renamed has another issuer: its older tokens are those of nobody.
	space := dir.Space(c.Space)
	if space == nil || c.Issuer != h.issuer(space) || c.Subject != c.ClientID {
		return token{}, errIssuer
	}
	if fault := c.inTime(now); fault != nil {
		return token{}, fault
	}
	return token{claims: c, space: space, user: dir.User(space.ID, c.ClientID)}, nil
}

// mayUse returns why the token is accepted no more, "" when it is.
func (h *Hub) mayUse(dir *serving.Directory, t token, from netip.Addr, now time.Time) serving.Reason {
	if h.ended.has(t.claims.ID) {
		return serving.TokenRevoked
	}
	return dir.MayUse(t.user, t.claims.Key, t.claims.ID, from, now)
}

// errMayNotUse is what the bearer is told: the network is its own matter and may change,
// with everything else it needs another token.
func errMayNotUse(reason serving.Reason) *BearerError {
	if reason == serving.Network {
		return &BearerError{Status: http.StatusForbidden, Description: "this client may not come from this network"}
	}
	return InvalidToken("the access token is not accepted any more: it, its key or its user was revoked or disabled")
}

func (t token) access() Access {
	if t.user == nil {
		return Access{}
	}
	var asked []string
	if t.claims.Scope != "" {
		asked = strings.Split(t.claims.Scope, " ")
	}
	a := Access{
		User: t.user, Space: t.space, Permits: t.user.Permits(asked),
		ID: t.claims.ID, Key: t.claims.Key, Expires: time.Unix(t.claims.Expires, 0).UTC(),
	}
	a.Scopes = slices.DeleteFunc(asked, func(s string) bool { _, has := t.user.Names[s]; return !has })
	return a
}
