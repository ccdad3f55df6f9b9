package authority

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Issued is what a token is issued for.
type Issued struct {
	Client  string
	Subject string
	Scopes  []string
}

// Issuer makes an access token for a decision of the endpoint and says how long it lives.
type Issuer func(ctx context.Context, i Issued) (token string, life time.Duration, err error)

// Endpoint is a token endpoint (RFC 6749 §3.2).
type Endpoint struct {
	Authenticator
	Grants Table
	Issue  Issuer
}

// answer is the successful answer (RFC 6749 §5.1).
type answer struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int64  `json:"expires_in"` // seconds
	Scope       string `json:"scope,omitempty"`
}

// ServeHTTP answers one token request.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ok, fault := e.serve(w, r)
	if fault != nil {
		fault.Write(w)
		return
	}
	WriteJSON(w, http.StatusOK, ok)
}

func (e *Endpoint) serve(w http.ResponseWriter, r *http.Request) (answer, *Error) {
	form, fault := ReadForm(w, r)
	if fault != nil {
		return answer{}, fault
	}
	// The client is authenticated first: a stranger learns nothing of what is served here.
	client, fault := e.Authenticate(r, form)
	if fault != nil {
		return answer{}, fault
	}
	grant, fault := e.grant(client, form["grant_type"])
	if fault != nil {
		return answer{}, fault
	}
	scopes, fault := scopesFor(client, form["scope"])
	if fault != nil {
		return answer{}, fault
	}
	subject, fault := grant.Subject(r.Context(), client, form)
	if fault != nil {
		return answer{}, fault
	}
	token, life, err := e.Issue(r.Context(), Issued{Client: client.ID, Subject: subject, Scopes: scopes})
	if err != nil {
		return answer{}, fail(ServerError, "the token could not be issued")
	}
	return answer{token, "Bearer", seconds(life), strings.Join(scopes, " ")}, nil
}

func (e *Endpoint) grant(client Client, name string) (Grant, *Error) {
	if name == "" {
		return nil, fail(InvalidRequest, "grant_type is missing")
	}
	grant, ok := e.Grants[name]
	if !ok {
		return nil, fail(UnsupportedGrantType, "this grant type is not supported here")
	}
	if !slices.Contains(client.Grants, name) {
		return nil, fail(UnauthorizedClient, "the client may not use this grant type")
	}
	return grant, nil
}

// seconds rounds up: a token that lives half a second must not be announced as dead.
func seconds(life time.Duration) int64 {
	return int64((life + time.Second - 1) / time.Second)
}
