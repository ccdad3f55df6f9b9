package authority

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"ferry/auth/problem"
	"ferry/model"
)

// BearerError is why a request with, or without, an access token is refused (RFC 6750 §3.1).
type BearerError struct {
	Status      int
	Code        string // "invalid_request", "invalid_token", "insufficient_scope"; "" when no token came, or none would do
	Description string // fixed text: nothing that was sent is in it
	Scope       string // what is needed, with "insufficient_scope"
	Realm       string // "" means "ferry"
	RetryAfter  time.Duration
}

// Error returns code and description.
func (e *BearerError) Error() string {
	if e.Code == "" {
		return e.Description
	}
	return e.Code + ": " + e.Description
}

// Insufficient is the refusal of a token that lacks scope: 403 insufficient_scope.
func Insufficient(scope string) *BearerError {
	return &BearerError{
		Status: http.StatusForbidden, Code: "insufficient_scope",
		Description: "the access token does not permit this", Scope: scope,
	}
}

// Write answers e: a challenge (RFC 6750 §3) and the same in words as problem+json (RFC 9457).
func (e *BearerError) Write(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", e.challenge())
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(seconds(e.RetryAfter), 10))
	}
	code := model.Code(e.Code)
	if code == "" {
		code = model.EPermission // the body, unlike the challenge, always has one
	}
	problem.Problem{Status: e.Status, Detail: e.Description, Code: code, Scope: e.Scope}.Write(w)
}

func (e *BearerError) challenge() string {
	realm := e.Realm
	if realm == "" {
		realm = "ferry"
	}
	var b strings.Builder
	b.WriteString(`Bearer realm="` + quotable(realm) + `"`)
	if e.Code == "" {
		return b.String() // a request without a token is told of none (§3.1)
	}
	b.WriteString(`, error="` + quotable(e.Code) + `"`)
	if e.Description != "" {
		b.WriteString(`, error_description="` + quotable(e.Description) + `"`)
	}
	if e.Scope != "" {
		b.WriteString(`, scope="` + quotable(e.Scope) + `"`)
	}
	return b.String()
}

// quotable keeps what may stand in a quoted string of a challenge: %x20-21 / %x23-5B / %x5D-7E.
func quotable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, text)
}
