package authority

import (
	"context"
	"net/http"
	"time"
)

var errNoToken = fail(InvalidRequest, "token is missing")

// Revocation is a token revocation endpoint (RFC 7009).
type Revocation struct {
	Authenticator
	// Revoke ends a token of the client. It reports false when the token belongs to
	// another client; a token that is unknown or has ended already is no fault. An error
	// means that the token may still be good elsewhere.
	Revoke func(ctx context.Context, client Client, token string) (mine bool, err error)
}

// ServeHTTP answers one revocation request; token_type_hint may be given and is not needed.
func (e *Revocation) ServeHTTP(w http.ResponseWriter, r *http.Request) { _ = e.serve(w, r) }

// serve answers one revocation request and returns the fault that was answered, if any.
func (e *Revocation) serve(w http.ResponseWriter, r *http.Request) *Error {
	if fault := e.decide(w, r); fault != nil {
		fault.Write(w)
		return fault
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	return nil
}

func (e *Revocation) decide(w http.ResponseWriter, r *http.Request) *Error {
	form, fault := ReadForm(w, r)
	if fault != nil {
		return fault
	}
	client, fault := e.Authenticate(r, &form)
	if fault != nil {
		return fault
	}
	token := form.Get("token")
	if token == "" {
		return errNoToken
	}
	mine, err := e.Revoke(r.Context(), client, token)
	if err != nil {
		return &Error{Code: Unavailable, Description: "the revocation could not be stored", RetryAfter: 5 * time.Second}
	}
	// RFC 7009 §2.1: the request is refused and the client is told. Silence would let it
	// believe that a token it found has ended.
	if !mine {
		return fail(UnauthorizedClient, "the token was issued to another client")
	}
	return nil
}
