package gateway

import (
	"net/url"
	"strings"

	"ferry/model"
)

// location is what a path of the gateway names.
type location struct {
	space, client string // unescaped
	prefix        string // up to and with the client, as it was sent
	rest          string // behind it, as it was sent: "" or beginning with /
}

// below is the path below the client's base URL, for rules.
func (l location) below() string {
	if l.rest == "" {
		return "/"
	}
	return l.rest
}

// Owns reports whether a path, as it was sent, is the gateway's.
func Owns(escaped string) bool {
	if strings.HasPrefix(escaped, "/gw/") {
		return true
	}
	rest, ok := strings.CutPrefix(escaped, "/spaces/")
	if !ok {
		return false
	}
	_, rest, ok = strings.Cut(rest, "/")
	return ok && strings.HasPrefix(rest, "gw/")
}

// locate takes a path apart. What cannot be unescaped names nothing.
func locate(escaped string) location {
	l := location{space: model.DefaultSpace}
	start := len("/gw/")
	if rest, ok := strings.CutPrefix(escaped, "/spaces/"); ok {
		space, _, _ := strings.Cut(rest, "/")
		l.space = unescaped(space)
		start = len("/spaces/") + len(space) + len("/gw/")
	}
	end := len(escaped)
	if start > end {
		return l
	}
	if i := strings.IndexByte(escaped[start:], '/'); i >= 0 {
		end = start + i
	}
	l.client, l.prefix, l.rest = unescaped(escaped[start:end]), escaped[:end], escaped[end:]
	return l
}

func unescaped(segment string) string {
	if strings.IndexByte(segment, '%') < 0 {
		return segment
	}
	plain, err := url.PathUnescape(segment)
	if err != nil {
		return ""
	}
	return plain
}
