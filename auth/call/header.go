package call

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"ferry/model"
)

// refusedHeaders are set by HTTP itself or belong to one hop (RFC 9110 §7.6.1).
var refusedHeaders = []string{
	"Host", "Content-Length", "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate",
	"Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// headers builds the header of a request: defaults, then the client's, then the
// token, then the request's own, each replacing what came before by name.
func (s *Caller) headers(c *model.Client, t model.Token, r model.Request) (http.Header, error) {
	h := s.defaults()
	if own := c.Transport.UserAgent; own != "" {
		if err := checkHeader("User-Agent", own); err != nil {
			return nil, err
		}
		h.Set("User-Agent", own)
	}
	for _, p := range c.Headers {
		if err := checkHeader(p.Name, p.Value.Reveal()); err != nil {
			return nil, err
		}
		h.Set(p.Name, p.Value.Reveal())
	}
	if name, value := placed(&c.Auth.Place, t); name != "" {
		// A token that was stored before ferry checked its text still cannot add a line.
		if err := checkHeader(name, value); err != nil {
			return nil, unplaced(c, "header")
		}
		h.Set(name, value)
	}
	if len(r.Body) > 0 && h.Get("Content-Type") == "" && json.Valid(r.Body) {
		h.Set("Content-Type", "application/json")
	}
	replaced := map[string]bool{}
	for _, p := range r.Headers {
		if err := checkHeader(p.Name, p.Value); err != nil {
			return nil, err
		}
		name := http.CanonicalHeaderKey(p.Name)
		if !replaced[name] {
			h.Del(name)
			replaced[name] = true
		}
		h.Add(name, strings.TrimSpace(p.Value))
	}
	return h, nil
}

// defaults are the headers that say nothing about the client; only they follow a
// redirect to another origin.
func (s *Caller) defaults() http.Header {
	return http.Header{
		"Accept":          {"application/json, */*;q=0.8"},
		"Accept-Encoding": {"gzip"},
		"User-Agent":      {s.agent},
	}
}

func checkHeader(name, value string) error {
	bad := func(why string) error {
		return model.Errorf(model.EInvalid, "the header %q %s", model.Printable(name), why).WithField("headers")
	}
	if !model.IsToken(name) {
		return bad("has a name that HTTP does not allow")
	}
	if slices.Contains(refusedHeaders, http.CanonicalHeaderKey(name)) {
		return bad("is set by HTTP itself and cannot be given")
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return bad("has a value with a line break or another control character")
		}
	}
	return nil
}
