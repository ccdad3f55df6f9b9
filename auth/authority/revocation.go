package authority

import (
	"context"
	"net/http"
)

// Revocation is a token revocation endpoint (RFC 7009).
type Revocation struct {
	Authenticator
	// Revoke ends a token of the client. It reports false when the token belongs to
	// another client; a token that is unknown or has ended already is no fault.
	Revoke func(ctx context.Context, client, token string) bool
}

// ServeHTTP answers one revocation request; token_type_hint may be given and is not needed.
func (e *Revocation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if fault := e.serve(w, r); fault != nil {
		fault.Write(w)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
}

func (e *Revocation) serve(w http.ResponseWriter, r *http.Request) *Error {
	form, fault := ReadForm(w, r)
	if fault != nil {
		return fault
	}
	client, fault := e.Authenticate(r, form)
	if fault != nil {
		return fault
	}
	if form["token"] == "" {
		return fail(InvalidRequest, "token is missing")
	}
	if !e.Revoke(r.Context(), client.ID, form["token"]) {
		return fail(UnauthorizedClient, "the token was issued to another client")
	}
	return nil
}
