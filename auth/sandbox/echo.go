package sandbox

import (
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"ferry/model"
)

// maxEcho is the most bytes of a body that are sent back.
const maxEcho = 1 << 20

// echoed is a request as it was received, credentials masked.
type echoed struct {
	Method   string              `json:"method"`
	Path     string              `json:"path"`
	Query    map[string][]string `json:"query"`
	Protocol string              `json:"protocol"`
	Host     string              `json:"host"`
	Headers  map[string][]string `json:"headers"`
	Form     map[string][]string `json:"form,omitempty"` // instead of body
	Body     string              `json:"body"`
	Encoding string              `json:"body_encoding"` // "text" or "base64"
	Size     int                 `json:"size"`          // bytes of the body
}

// echo answers any method with the request.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEcho))
	if tooBig := (*http.MaxBytesError)(nil); errors.As(err, &tooBig) {
		refuse(w, http.StatusRequestEntityTooLarge, "the body is larger than 1 MiB")
		return
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "the body could not be read")
		return
	}
	out := echoed{
		Method: r.Method, Path: r.URL.EscapedPath(), Query: maskAll(r.URL.Query()), Protocol: r.Proto, Host: r.Host,
		Headers: maskHeaders(r.Header), Encoding: "text", Size: len(body),
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // a bad one is not a form
	switch {
	case media == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			refuse(w, http.StatusBadRequest, "the form is malformed")
			return
		}
		out.Form = maskAll(form)
	case utf8.Valid(body):
		out.Body = string(body)
	default:
		out.Body, out.Encoding = base64.StdEncoding.EncodeToString(body), "base64"
	}
	reply(w, http.StatusOK, out)
}

// secretName reports whether a header or field of this name holds a credential.
func secretName(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"key", "secret", "token", "password", "authorization", "cookie", "assertion"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

func maskAll(values map[string][]string) map[string][]string {
	out := make(map[string][]string, len(values))
	for name, vs := range values {
		for _, v := range vs {
			if secretName(name) {
				v = model.Mask
			}
			out[name] = append(out[name], v)
		}
	}
	return out
}

// maskHeaders leaves the scheme of Authorization: what was sent must be tellable.
func maskHeaders(h http.Header) map[string][]string {
	out := maskAll(h)
	for i, v := range h["Authorization"] {
		for _, scheme := range []string{"Bearer", "Basic"} {
			if name, _, ok := strings.Cut(v, " "); ok && strings.EqualFold(name, scheme) {
				out["Authorization"][i] = scheme + " " + model.Mask
			}
		}
	}
	return out
}
