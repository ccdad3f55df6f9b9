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

// Access is what the access token of a request permits. Its parts are shared by the requests
// that come with the same one: nobody changes them.
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
	case inQuery(r):
		return "", badRequest("the access token belongs in the Authorization header, not in the URI")
	case len(headers) == 0:
		return "", errNoBearer
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	token = strings.Trim(token, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", errNoBearer
	}
	if len(token) > MaxToken || !allToken68(token) {
		return "", errMalformed
	}
	return token, nil
}

// inQuery reports whether the query has a token. Most queries need no parsing for that.
func inQuery(r *http.Request) bool {
	q := r.URL.RawQuery
	return (strings.Contains(q, "access_token") || strings.IndexByte(q, '%') >= 0) && r.URL.Query().Has("access_token")
}

var errNoBearer = &BearerError{Status: http.StatusUnauthorized, Description: "an access token is required"}

func badRequest(description string) *BearerError {
	return &BearerError{Status: http.StatusBadRequest, Code: "invalid_request", Description: description}
}

// isToken68 tells what may be part of a token (RFC 9110 §11.2).
var isToken68 = func() (is [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=") {
		is[c] = true
	}
	return is
}()

func allToken68(text string) bool {
	for i := range len(text) {
		if !isToken68[text[i]] {
			return false
		}
	}
	return true
}

// Verify says what a request's access token permits (RFC 6750 §2.1, RFC 9068 §4), or why
// it permits nothing. It fills in the request's access entry.
func (h *Hub) Verify(r *http.Request) (Access, *BearerError) { return h.admit(r, h.byToken) }

// means looks at what a request carries. It also returns the user, when there is one, beside
// a fault and its name for the log.
type means func(dir *serving.Directory, text string, from netip.Addr, now time.Time) (Access, string, *BearerError)

// admit fills in the access entry of a request.
func (h *Hub) admit(r *http.Request, by means) (Access, *BearerError) {
	entry := access.From(r)
	text, fault := BearerToken(r)
	if fault != nil {
		entry.Reason = reasonOf(fault)
		return Access{}, fault
	}
	a, reason, fault := by(h.o.Directory(), text, entry.Addr, h.o.Now())
	if a.User != nil {
		entry.Client, entry.Space = a.User.Username, a.Space.Name
	}
	if fault != nil {
		entry.Reason = reason
		return Access{}, fault
	}
	return a, nil
}

// byToken is the means of an access token.
func (h *Hub) byToken(dir *serving.Directory, text string, from netip.Addr, now time.Time) (Access, string, *BearerError) {
	t, fault := h.read(dir, text, now)
	if fault != nil {
		return Access{}, reasonOf(fault), fault
	}
	if !slices.Contains(t.claims.Audience, t.issuer) {
		return t.access, "wrong_audience", InvalidToken("the access token is for another audience")
	}
	if reason := h.mayUse(dir, &t.token, from, now); reason != "" {
		return t.access, string(reason), errMayNotUse(reason)
	}
	return t.access, "", nil
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
	claims *Claims // shared: nobody changes them
	space  *model.Space
	user   *serving.User // nil when it is there no more
	issuer string        // of the space
}

// mayUse returns why the token is accepted no more, "" when it is.
func (h *Hub) mayUse(dir *serving.Directory, t *token, from netip.Addr, now time.Time) serving.Reason {
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

func (t *token) access() Access {
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
