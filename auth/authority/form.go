package authority

import (
	"bytes"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Limits on a request to a token endpoint. Comparing every parameter with every other
// costs the square of their number, hence the second.
const (
	MaxBody       = 16 << 10 // bytes
	maxParameters = 64
)

const formType = "application/x-www-form-urlencoded"

// uriSecrets must not travel in the request URI (RFC 6749 §2.3.1): URIs end up in logs.
var uriSecrets = []string{"client_id", "client_secret", "username", "password", "grant_type", "token"}

// Form is the body of a request to a token endpoint: each parameter once, but for
// resource (RFC 8707 §2). A parameter without a value counts as absent (RFC 6749 §3.2).
type Form struct {
	params    []parameter
	Resources []string // the values of resource, in the order in which they came
}

type parameter struct{ name, value string }

// Get returns the value of a parameter, "" when it is absent.
func (f *Form) Get(name string) string {
	for i := range f.params {
		if f.params[i].name == name {
			return f.params[i].value
		}
	}
	return ""
}

// ReadForm reads the form of a POST. It refuses another method (405), another media
// type, a body over MaxBody (413), a parameter given twice and credentials in the URI.
func ReadForm(w http.ResponseWriter, r *http.Request) (Form, *Error) {
	if r.Method != http.MethodPost {
		return Form{}, &Error{
			Code: InvalidRequest, Description: "the endpoint answers POST only",
			Status: http.StatusMethodNotAllowed, Allow: http.MethodPost,
		}
	}
	if secretInURI(r.URL) {
		return Form{}, fail(InvalidRequest, "parameters belong in the form, not in the URI")
	}
	if !isForm(r.Header.Get("Content-Type")) {
		return Form{}, fail(InvalidRequest, "the body must be "+formType)
	}
	var body bytes.Buffer
	if n := r.ContentLength; n > 0 && n <= MaxBody {
		body.Grow(int(n) + bytes.MinRead) // read at once, without growing
	}
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, MaxBody))
	if tooBig := (*http.MaxBytesError)(nil); errors.As(err, &tooBig) {
		return Form{}, &Error{
			Code: InvalidRequest, Description: "the body is larger than 16 KiB",
			Status: http.StatusRequestEntityTooLarge,
		}
	}
	if err != nil {
		return Form{}, fail(InvalidRequest, "the body could not be read")
	}
	return parseForm(body.String())
}

func secretInURI(u *url.URL) bool {
	if u.RawQuery == "" {
		return false
	}
	return slices.ContainsFunc(uriSecrets, u.Query().Has)
}

func isForm(contentType string) bool {
	if contentType == formType { // what nearly everybody sends
		return true
	}
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && t == formType
}

// parseForm reads what url.ParseQuery reads, without a map and with the rules of Form.
func parseForm(body string) (Form, *Error) {
	form := Form{params: make([]parameter, 0, 8)}
	for n := 0; body != ""; {
		var pair string
		pair, body, _ = strings.Cut(body, "&")
		if pair == "" {
			continue
		}
		if n++; n > maxParameters {
			return Form{}, fail(InvalidRequest, "the form has too many parameters")
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(rawName)
		value, err2 := url.QueryUnescape(rawValue)
		if err1 != nil || err2 != nil || strings.Contains(pair, ";") {
			return Form{}, fail(InvalidRequest, "the form is malformed")
		}
		if !form.add(name, value) {
			return Form{}, fail(InvalidRequest, "a parameter is repeated")
		}
	}
	return form, nil
}

// add reports false for a parameter that is there already, even without a value.
func (f *Form) add(name, value string) bool {
	if name == "resource" {
		if value != "" {
			f.Resources = append(f.Resources, value)
		}
		return true
	}
	for i := range f.params {
		if f.params[i].name == name {
			return false
		}
	}
	f.params = append(f.params, parameter{name, value})
	return true
}
