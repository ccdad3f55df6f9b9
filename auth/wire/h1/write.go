package h1

import (
	"bufio"
	"net/http"
	"net/textproto"
	"strings"

	"ferry/model"
)

// send writes a request. What has no body and goes where the one before it went is written
// here, all else by net/http, which looks at the host and at much that cannot be in such a one.
func (c *conn) send(r *http.Request) error {
	var err error
	if c.host != "" && c.host == r.URL.Host && isBare(r) {
		err = writeBare(c.w, r)
	} else if err = r.Write(c.w); err == nil {
		c.host = r.URL.Host
	}
	if err != nil {
		return err
	}
	return c.w.Flush()
}

// isBare reports whether a request is a line and headers.
func isBare(r *http.Request) bool {
	return (r.Body == nil || r.Body == http.NoBody) && r.Host == "" && r.Method != "" && r.Header["User-Agent"] != nil
}

// apart are the headers that do not stand in a request as they stand in its map.
var apart = map[string]bool{"Host": true, "User-Agent": true, "Content-Length": true, "Transfer-Encoding": true, "Trailer": true}

var newlines = strings.NewReplacer("\n", " ", "\r", " ")

// writeBare writes a request without a body (RFC 9112 §3), as http.Request.Write would but for
// the order of its headers: a name that is none is left out, and no value ends its line.
func writeBare(w *bufio.Writer, r *http.Request) error {
	uri := r.URL.RequestURI()
	for i := range len(uri) {
		if uri[i] <= ' ' || uri[i] == 0x7f {
			return r.Write(w) // it says what is wrong
		}
	}
	for _, s := range [...]string{r.Method, " ", uri, " HTTP/1.1\r\nHost: ", r.URL.Host, "\r\n"} {
		_, _ = w.WriteString(s) // Flush tells of errors
	}
	if agent := r.Header["User-Agent"]; len(agent) > 0 && agent[0] != "" {
		writeField(w, "User-Agent", agent[0])
	}
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		writeField(w, "Content-Length", "0")
	}
	for name, values := range r.Header {
		if apart[name] || !model.IsToken(name) {
			continue
		}
		for _, v := range values {
			writeField(w, name, v)
		}
	}
	_, err := w.WriteString("\r\n")
	return err
}

func writeField(w *bufio.Writer, name, value string) {
	if strings.IndexByte(value, '\n') >= 0 || strings.IndexByte(value, '\r') >= 0 {
		value = newlines.Replace(value)
	}
	for _, s := range [...]string{name, ": ", textproto.TrimString(value), "\r\n"} {
		_, _ = w.WriteString(s) // Flush tells of errors
	}
}
