package authority

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Issued is what a token is issued for.
type Issued struct {
	Client   Client
	Subject  string
	Scopes   []string
	Scope    string   // Scopes joined by spaces
	Audience []string // that was asked for; empty: the issuer's own
}

// Issuer makes an access token for a decision of the endpoint and says how long it
// lives. An *Error is answered as it is, any other error as server_error.
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

// append writes what json.Marshal would write.
func (a *answer) append(b []byte) []byte {
	b = appendString(append(b, `{"access_token":`...), a.AccessToken)
	b = appendString(append(b, `,"token_type":`...), a.TokenType)
	b = strconv.AppendInt(append(b, `,"expires_in":`...), a.ExpiresIn, 10)
	if a.Scope != "" {
		b = appendString(append(b, `,"scope":`...), a.Scope)
	}
	return append(b, '}')
}

// ServeHTTP answers one token request.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) { _ = e.serve(w, r) }

// serve answers one token request and returns the fault that was answered, if any.
func (e *Endpoint) serve(w http.ResponseWriter, r *http.Request) *Error {
	ok, fault := e.decide(w, r)
	if fault != nil {
		fault.Write(w)
		return fault
	}
	writeBody(w, http.StatusOK, ok.append(make([]byte, 0, len(ok.AccessToken)+len(ok.Scope)+96)))
	return nil
}

func (e *Endpoint) decide(w http.ResponseWriter, r *http.Request) (answer, *Error) {
	form, fault := ReadForm(w, r)
	if fault != nil {
		return answer{}, fault
	}
	// The client is authenticated first: a stranger learns nothing of what is served here.
	client, fault := e.Authenticate(r, &form)
	if fault != nil {
		return answer{}, fault
	}
	grant, fault := e.grant(&client, form.Get("grant_type"))
	if fault != nil {
		return answer{}, fault
	}
	i := Issued{Client: client}
	if i.Scopes, i.Scope, fault = scopesFor(&client, form.Get("scope")); fault != nil {
		return answer{}, fault
	}
	if i.Audience, fault = audienceFor(&form); fault != nil {
		return answer{}, fault
	}
	if i.Subject, fault = grant.Subject(r.Context(), client, &form); fault != nil {
		return answer{}, fault
	}
	token, life, err := e.Issue(r.Context(), i)
	if errors.As(err, &fault) {
		return answer{}, fault
	}
	if err != nil {
		return answer{}, fail(ServerError, "the token could not be issued")
	}
	return answer{token, "Bearer", seconds(life), i.Scope}, nil
}

func (e *Endpoint) grant(client *Client, name string) (Grant, *Error) {
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

// audienceFor returns whom a token is asked for: one audience, a logical name or a URI,
// and any number of resources (RFC 8707 §2).
func audienceFor(form *Form) ([]string, *Error) {
	name := form.Get("audience")
	if name == "" && len(form.Resources) == 0 {
		return nil, nil
	}
	var out []string
	if name != "" {
		if !visible(name) {
			return nil, fail(InvalidTarget, "the audience is malformed")
		}
		out = append(out, name)
	}
	for _, text := range form.Resources {
		u, err := url.Parse(text)
		if err != nil || !visible(text) || !u.IsAbs() || strings.Contains(text, "#") || (u.Host == "" && u.Opaque == "") {
			return nil, fail(InvalidTarget, "a resource must be an absolute URI without a fragment")
		}
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out, nil
}

// visible reports whether text is made of visible ASCII characters.
func visible(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// seconds rounds up: a token that lives half a second must not be announced as dead.
func seconds(life time.Duration) int64 {
	return int64((life + time.Second - 1) / time.Second)
}
