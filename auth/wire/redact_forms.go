package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// addKey adds a private key. It never travels, so nobody echoes it in a form of theirs;
// the many forms of a text that long would cost a millisecond at every call.
func (r *Redactor) addKey(pem string) {
	r.forms = append(r.forms, pem, strings.TrimSpace(pem))
	for _, p := range unique(pem, strings.TrimSpace(pem)) {
		r.forms = append(r.forms, strings.ReplaceAll(p, "\n", `\n`), url.QueryEscape(p), base64.StdEncoding.EncodeToString([]byte(p)))
	}
}

// addForms adds the ways a server may write text back. A secret of unreserved
// characters, as most are, is written the same by every escape: the hot path.
func (r *Redactor) addForms(text string) {
	for _, p := range unique(text, strings.TrimSpace(text)) {
		if p == "" {
			continue
		}
		r.forms = append(r.forms, p, hex.EncodeToString([]byte(p)), strings.ToUpper(hex.EncodeToString([]byte(p))))
		r.forms = append(r.forms, encode64(p)...)
		if strict := allPercent(p); strict != p {
			r.addEscapes(p, strict)
		}
	}
}

func (r *Redactor) addEscapes(p, strict string) {
	query, path := url.QueryEscape(p), url.PathEscape(p)
	spaced := strings.ReplaceAll(query, "+", "%20")
	r.forms = append(r.forms,
		query, path, spaced, strict, lowerHex(query), lowerHex(path), lowerHex(spaced), lowerHex(strict), url.QueryEscape(query),
		html.EscapeString(p), strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace(p))
	once := unique(jsonForms(p)...)
	r.forms = append(r.forms, once...)
	for _, q := range once {
		if q != p {
			r.forms = append(r.forms, jsonForms(q)...) // JSON in a JSON string
		}
	}
}

// unique returns the different ones of all.
func unique(all ...string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}

// encode64 returns the alphabets of base64 with and without padding, and the padded
// one in a query.
func encode64(s string) []string {
	std := base64.StdEncoding.EncodeToString([]byte(s))
	safe := strings.NewReplacer("+", "-", "/", "_").Replace(std)
	return unique(std, strings.TrimRight(std, "="), safe, strings.TrimRight(safe, "="), url.QueryEscape(std))
}

// jsonForms returns how JSON writers spell s inside quotes: Go with and without
// HTML escapes, writers that escape the slash, and those that keep to ASCII.
func jsonForms(s string) []string {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return nil // cannot be: a string always encodes
	}
	bare := strings.TrimSuffix(buf.String(), "\n")
	bare = bare[1 : len(bare)-1]
	safe := strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`).Replace(bare)
	out := []string{bare, safe, strings.ReplaceAll(bare, "/", `\/`), strings.ReplaceAll(safe, "/", `\/`)}
	var ascii strings.Builder
	for _, c := range bare {
		switch {
		case c < utf8.RuneSelf:
			ascii.WriteRune(c)
		case c > 0xFFFF:
			c -= 0x10000
			fmt.Fprintf(&ascii, `\u%04x\u%04x`, 0xD800+c>>10, 0xDC00+c&0x3FF)
		default:
			fmt.Fprintf(&ascii, `\u%04x`, c)
		}
	}
	a := ascii.String()
	return append(out, a, strings.ReplaceAll(a, "/", `\/`), strings.ToUpper(a))
}

// lowerHex writes percent escapes with small letters.
func lowerHex(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], bytes.ToLower(b[i+1:i+3]))
		}
	}
	return string(b)
}

// allPercent escapes what RFC 3986 does not call unreserved, as JavaScript's and
// Python's strictest writers do.
func allPercent(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c == '-' || c == '.' || c == '_' || c == '~' || c < utf8.RuneSelf && (unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c))) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
