package gateway

import (
	"net/http"
	"slices"
	"strings"

	"ferry/model"
)

// cors is what a web page of another origin is told (Fetch §3.2).
type cors struct {
	varies bool   // some origins may call this client
	origin string // the caller's, when it is one of them
}

func corsOf(c *model.Client, r *http.Request) cors {
	if len(c.Gateway.Origins) == 0 {
		return cors{}
	}
	out := cors{varies: true}
	if given := r.Header["Origin"]; len(given) == 1 && slices.Contains(c.Gateway.Origins, given[0]) {
		out.origin = given[0]
	}
	return out
}

// exposed are the headers of an answer that a page may read beside the safelisted ones.
const exposed = "X-Request-Id, Retry-After, ETag, Link, Location"

// set puts what every answer carries into it.
func (c cors) set(h http.Header) {
	if c.varies {
		h.Set("Vary", "Origin")
	}
	if c.origin != "" {
		h.Set("Access-Control-Allow-Origin", c.origin)
		h.Set("Access-Control-Expose-Headers", exposed)
	}
}

// isPreflight reports whether a browser asks what a page may do (Fetch §4.8).
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && len(r.Header["Origin"]) > 0 && len(r.Header["Access-Control-Request-Method"]) > 0
}

// maxAge is for how many seconds a browser remembers the answer to a preflight.
const maxAge = "600"

// preflight answers without an access token: a browser sends none.
func (x *asked) preflight() {
	h := x.w.Header()
	h.Set("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
	h.Set("Cache-Control", "no-store")
	var methods []string
	if x.client != nil {
		methods = x.client.Gateway.Methods
	}
	if len(methods) == 0 {
		methods = []string{http.MethodGet, http.MethodHead, http.MethodPost}
	}
	asks := x.r.Header["Access-Control-Request-Method"]
	if x.cors.origin == "" || len(asks) != 1 || !slices.Contains(methods, asks[0]) {
		h.Del("Access-Control-Allow-Origin")
		h.Del("Access-Control-Expose-Headers")
		x.entry.Reason = "cors_refused"
		refusal{http.StatusForbidden, "cors_refused", "this origin may not call this client in this way", 0}.write(x.w, x.entry.ID)
		return
	}
	h.Del("Access-Control-Expose-Headers") // of actual answers alone
	h.Set("Access-Control-Allow-Methods", strings.Join(methods, ", "))
	if headers := tokens(x.r.Header["Access-Control-Request-Headers"]); headers != "" {
		h.Set("Access-Control-Allow-Headers", headers)
	}
	h.Set("Access-Control-Max-Age", maxAge)
	x.w.WriteHeader(http.StatusNoContent)
}

// tokens returns the names in a list of header names, without what is none. "*" never stands
// for Authorization, so the names themselves are answered.
func tokens(lines []string) string {
	var out []string
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.Trim(name, " \t"); model.IsToken(name) {
				out = append(out, name)
			}
		}
	}
	return strings.Join(out, ", ")
}

func alnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
