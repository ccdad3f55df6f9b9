package gateway

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// maxPath is how long an escaped path may be, in bytes.
const maxPath = 8192

// maxEscapes is how often a path may be escaped upon itself before nobody can mean it.
const maxEscapes = 4

// Clean reports why an escaped path may not be forwarded, "" when it may: no empty or dot
// segment in any spelling, no escaped slash or backslash, no control character, no second
// escaping that hides one of them, nothing but UTF-8 (RFC 3629: no overlong form), and no
// character that has no place in a path (RFC 3986 §3.3). The path begins with /, or is empty.
//
// It is strict because two that read a path differently are how a request reaches what its
// rule did not allow: whatever an upstream decodes, drops or joins must change nothing.
func Clean(path string) string { return clean(path, false) }

// clean is Clean; a pattern may also hold characters beyond ASCII as they are.
func clean(path string, pattern bool) string {
	switch {
	case path == "":
		return ""
	case path[0] != '/':
		return "it does not begin with /"
	case len(path) > maxPath:
		return "it is longer than 8,192 bytes"
	}
	if why := asSent(path, pattern); why != "" {
		return why
	}
	// What is longer than this is rare enough to be allocated.
	var short [512]byte
	b := append(short[:0], path...)
	for n := 0; ; n++ {
		if why := segments(b[1:]); why != "" {
			return why
		}
		rest, found, why := unescape(b)
		switch {
		case why != "":
			return why
		case !found:
			return ""
		case n == maxEscapes:
			return "it is escaped again and again"
		}
		b = rest
	}
}

// asSent looks at the bytes of a path before anything is decoded.
func asSent(path string, pattern bool) string {
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c == '%':
			if _, n := octet(path, i); n == 1 {
				return "it holds a % that begins no escape"
			}
			i += 2
		case c == '\\':
			return "it holds a backslash"
		case c < ' ' || c == 0x7f:
			return "it holds a control character"
		case c >= utf8.RuneSelf && pattern:
		case !inPath(c):
			return "it holds a character that has to be escaped"
		}
	}
	return ""
}

// inPath reports whether c stands in a path as itself. Square brackets should not, but browsers
// send them, and nobody reads anything into them.
func inPath(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("/-._~!$&'()*+,;=:@[]", c) >= 0
}

// segments looks at a path behind its first slash, at one stage of being decoded.
func segments(b []byte) string {
	if !utf8.Valid(b) {
		return "it is not UTF-8"
	}
	for more := true; more; {
		var s []byte
		s, b, more = bytes.Cut(b, slash)
		// What follows a semicolon is a parameter: some servers drop it before they look for dots.
		name, _, _ := bytes.Cut(s, semicolon)
		switch {
		case len(name) > 0 && len(bytes.Trim(name, ". ")) == 0:
			return "it holds a segment of dots"
		case len(name) == 0 && (more || len(s) > 0):
			return "it holds an empty segment"
		}
	}
	return ""
}

var slash, semicolon = []byte{'/'}, []byte{';'}

// unescape decodes each escape in b once, in place. found is whether there was one. A % that
// begins no escape stays: it was one that was escaped.
func unescape(b []byte) (rest []byte, found bool, why string) {
	n := 0
	for i := 0; i < len(b); n++ {
		c, size := octet(b, i)
		if size > 1 {
			found = true
			switch {
			case c == '/':
				return nil, true, "it holds an escaped slash"
			case c == '\\':
				return nil, true, "it holds an escaped backslash"
			case c < ' ' || c == 0x7f:
				return nil, true, "it holds an escaped control character"
			// The controls beyond ASCII are written with two octets.
			case c >= 0x80 && c < 0xa0 && n > 0 && b[n-1] == 0xc2:
				return nil, true, "it holds an escaped control character"
			}
		}
		b[n] = c
		i += size
	}
	return b[:n], found, ""
}

// octet returns the octet that stands at i, escaped or not, and how many bytes spell it.
func octet[T string | []byte](s T, i int) (c byte, size int) {
	if s[i] != '%' || i+2 >= len(s) {
		return s[i], 1
	}
	high, low := digit(s[i+1]), digit(s[i+2])
	if high > 15 || low > 15 {
		return s[i], 1
	}
	return high<<4 | low, 3
}

func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}
