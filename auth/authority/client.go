package authority

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"ferry/model/serving"
)

// Method is how a client sends its id and secret (RFC 6749 §2.3.1), by the names of
// the OAuth Token Endpoint Authentication Methods registry.
type Method string

// The methods. Bearer, an access token in place of both, is for introspection only.
const (
	Basic  Method = "client_secret_basic"
	Post   Method = "client_secret_post"
	Bearer Method = "Bearer"
)

// Credentials are a client id and secret as they came, and how.
type Credentials struct {
	ID, Secret string
	Method     Method
}

// Client is one client of a token endpoint.
type Client struct {
	ID       string
	Secrets  [][32]byte   // digests of the secrets that are valid now; for Known
	Grants   []string     // grant types it may use
	Scopes   []string     // scopes it may ask for
	Required []string     // scopes it must ask for
	Default  []string     // scopes it gets when it asks for none
	Joined   string       // Default joined by spaces; "" means that it is joined when needed
	Key      *serving.Key // of an API user: the key that it came with
}

// Identify returns the client that credentials belong to. The answer and the time must
// not tell an unknown id from a wrong secret.
type Identify func(r *http.Request, c Credentials) (Client, *Error)

// Directory finds a client by its id.
type Directory func(ctx context.Context, id string) (Client, bool)

// Digest is how secrets are kept: one way, so that nothing here holds a secret.
type Digest func(secret string) [32]byte

// SHA256 is the Digest for secrets that live in memory only.
func SHA256(secret string) [32]byte { return sha256.Sum256([]byte(secret)) }

// Known identifies the clients of a directory by the digests of their secrets. An
// unknown id costs the same work as a wrong secret.
func Known(clients Directory, digest Digest) Identify {
	return func(r *http.Request, c Credentials) (Client, *Error) {
		client, known := clients(r.Context(), c.ID)
		if !known {
			client.Secrets = [][32]byte{{}}
		}
		if !matches(client.Secrets, digest(c.Secret)) || !known {
			return Client{}, errUnknownClient
		}
		return client, nil
	}
}

// errUnknownClient is the one answer to an unknown id, a wrong secret and whatever else
// must look like them.
var errUnknownClient = fail(InvalidClient, "unknown client or wrong secret")

// ReadCredentials takes the client's credentials from the Authorization header or
// from the form. Two mechanisms at once, or two ids that differ, are invalid_request.
func ReadCredentials(r *http.Request, form *Form) (Credentials, *Error) {
	headers := r.Header["Authorization"]
	switch {
	case len(headers) > 1:
		return Credentials{}, fail(InvalidRequest, "two Authorization headers")
	case len(headers) == 1:
		return fromHeader(headers[0], form)
	}
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if id == "" || secret == "" {
		return Credentials{}, fail(InvalidClient, "client authentication is missing")
	}
	return Credentials{id, secret, Post}, nil
}

func fromHeader(header string, form *Form) (Credentials, *Error) {
	scheme, rest, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return Credentials{}, fail(InvalidClient, "the Authorization scheme is not Basic")
	}
	if form.Get("client_secret") != "" || form.Get("client_assertion") != "" {
		return Credentials{}, errTwoMethods
	}
	id, secret, ok := ParseBasic(rest)
	if !ok {
		return Credentials{}, fail(InvalidRequest, "the Authorization header is malformed")
	}
	if other := form.Get("client_id"); other != "" && other != id {
		return Credentials{}, fail(InvalidRequest, "client_id differs from the Authorization header")
	}
	return Credentials{id, secret, Basic}, nil
}

var errTwoMethods = fail(InvalidRequest, "more than one way of client authentication")

// ParseBasic decodes what follows "Basic ": base64 of id ":" secret, each of them
// form-encoded (RFC 6749 §2.3.1). The id must not be empty.
func ParseBasic(text string) (id, secret string, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimLeft(text, " "))
	if err != nil {
		return "", "", false
	}
	before, after, found := strings.Cut(string(raw), ":")
	if !found {
		return "", "", false
	}
	id, err1 := url.QueryUnescape(before)
	secret, err2 := url.QueryUnescape(after)
	if err1 != nil || err2 != nil || id == "" {
		return "", "", false
	}
	return id, secret, true
}

// Authenticator says who calls a token endpoint.
type Authenticator struct {
	Identify Identify
	Methods  []Method // those that are accepted; any other is invalid_client
}

// Authenticate returns the client that r comes from.
func (a *Authenticator) Authenticate(r *http.Request, form *Form) (Client, *Error) {
	creds, fault := ReadCredentials(r, form)
	if fault != nil {
		return Client{}, fault
	}
	if !slices.Contains(a.Methods, creds.Method) {
		return Client{}, fail(InvalidClient, "this way of client authentication is not supported here")
	}
	return a.Identify(r, creds)
}

// matches compares with every digest, so that the time says nothing of which it was.
func matches(digests [][32]byte, got [32]byte) bool {
	found := 0
	for _, d := range digests {
		found |= subtle.ConstantTimeCompare(d[:], got[:])
	}
	return found == 1
}
