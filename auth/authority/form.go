package authority

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
)

// MaxBody is the most bytes a request to a token endpoint may have.
const MaxBody = 16 << 10

// uriSecrets must not travel in the request URI (RFC 6749 §2.3.1): URIs end up in logs.
var uriSecrets = []string{"client_id", "client_secret", "username", "password", "grant_type", "token"}

// Form is the body of a request to a token endpoint: each parameter once. A
// parameter without a value counts as absent (RFC 6749 §3.2).
type Form map[string]string

// ReadForm reads the form of a POST. It refuses another method (405), another media
// type, a body over MaxBody (413), a parameter given twice and credentials in the URI.
func ReadForm(w http.ResponseWriter, r *http.Request) (Form, *Error) {
	if r.Method != http.MethodPost {
		return nil, &Error{
			Code: InvalidRequest, Description: "the endpoint answers POST only",
			Status: http.StatusMethodNotAllowed, Allow: http.MethodPost,
		}
	}
	query := r.URL.Query()
	for _, name := range uriSecrets {
		if query.Has(name) {
			return nil, fail(InvalidRequest, "parameters belong in the form, not in the URI")
		}
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/x-www-form-urlencoded" {
		return nil, fail(InvalidRequest, "the body must be application/x-www-form-urlencoded")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if tooBig := (*http.MaxBytesError)(nil); errors.As(err, &tooBig) {
		return nil, &Error{
			Code: InvalidRequest, Description: "the body is larger than 16 KiB",
			Status: http.StatusRequestEntityTooLarge,
		}
	}
	if err != nil {
		return nil, fail(InvalidRequest, "the body could not be read")
	}
	return parseForm(string(body))
}

func parseForm(body string) (Form, *Error) {
	values, err := url.ParseQuery(body)
	if err != nil {
		return nil, fail(InvalidRequest, "the form is malformed")
	}
	form := make(Form, len(values))
	for name, vs := range values {
		if len(vs) > 1 {
			return nil, fail(InvalidRequest, "a parameter is repeated")
		}
		if vs[0] != "" {
			form[name] = vs[0]
		}
	}
	return form, nil
}
