package calls

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"ferry/model"
	"ferry/model/clients"
)

// keptBody is the part of a call's body that its history may hold: all of it, or none.
func keptBody(c *model.Client, body []byte) []byte {
	if !c.KeepBodies || len(body) > model.MaxKeptBody || holdsSecret(c, body) {
		return nil
	}
	return body
}

// holdsSecret reports whether a body seems to carry a credential: a secret of the client
// itself, or something under a name that is secret, in a form, JSON, XML or parts.
func holdsSecret(c *model.Client, body []byte) bool {
	for _, s := range c.Secrets() {
		if text := s.Reveal(); text != "" && (bytes.Contains(body, []byte(text)) || bytes.Contains(body, []byte(url.QueryEscape(text)))) {
			return true
		}
	}
	var v any
	if json.Unmarshal(body, &v) == nil {
		return secretKey(v)
	}
	for pair := range strings.SplitSeq(string(body), "&") {
		name, _, has := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); has && err == nil && secretName(name) {
			return true
		}
	}
	for _, m := range nameLike().FindAllSubmatch(body, -1) {
		if secretName(string(m[1]) + string(m[2]) + string(m[3])) {
			return true
		}
	}
	return false
}

// nameLike finds what names something in text of an unknown kind: tags and attributes,
// keys before = or :, and the names of parts of a form.
var nameLike = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`name="([^"]*)"|<([\w.:-]+)|([\w.:-]+)["']?\s*[=:]`)
})

func secretKey(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if secretName(name) || secretKey(value) {
				return true
			}
		}
	case []any:
		for _, value := range v {
			if secretKey(value) {
				return true
			}
		}
	}
	return false
}

// secretName is clients.SecretByName for names of any kind of writing: clientSecret,
// ns:password, user.password and user[password] too.
func secretName(name string) bool {
	if clients.SecretByName(name) {
		return true
	}
	var b strings.Builder
	small := false
	for _, r := range name {
		if unicode.IsUpper(r) && small {
			b.WriteByte('-')
		}
		if small = unicode.IsLower(r) || unicode.IsDigit(r); unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
		} else {
			b.WriteByte('-')
		}
	}
	for word := range strings.FieldsFuncSeq(strings.ToLower(b.String()), func(r rune) bool { return r == '-' }) {
		switch word {
		case "secret", "token", "password", "passwd", "pwd", "passphrase", "apikey", "credential", "credentials", "assertion":
			return true
		}
	}
	return strings.HasSuffix(strings.ToLower(b.String()), "api-key")
}
