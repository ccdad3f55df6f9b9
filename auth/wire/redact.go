package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"ferry/model"
	"ferry/model/clients"
)

// Redactor masks secrets in text that came from or went to another system, in every
// form in which servers are known to echo them. It is not safe for concurrent use.
type Redactor struct {
	forms   []string // longest first
	longest int
}

// NewRedactor masks these secrets, and user:secret as Basic writes it for each of
// users.
func NewRedactor(secrets []model.Secret, users ...string) *Redactor {
	r := &Redactor{}
	r.Add(secrets, users...)
	return r
}

// RedactorFor masks every secret of c and the given ones.
func RedactorFor(c *model.Client, more ...model.Secret) *Redactor {
	r := NewRedactor(nil)
	r.Add([]model.Secret{c.Auth.ClientSecret, c.Auth.Password}, c.Auth.ClientID, c.Auth.Username)
	r.Add([]model.Secret{c.Transport.ProxyPassword}, c.Transport.ProxyUser)
	r.Add(append(c.Secrets(), more...)) // what has no user name
	return r
}

// Add masks more secrets from now on.
func (r *Redactor) Add(secrets []model.Secret, users ...string) {
	for _, s := range secrets {
		text := s.Reveal()
		if text == "" || len(users) == 0 && slices.Contains(r.forms, text) {
			continue
		}
		if strings.Contains(text, "-----BEGIN ") {
			r.addKey(text)
			continue
		}
		r.addForms(text)
		for _, u := range users {
			for _, pair := range unique(u+":"+text, url.QueryEscape(u)+":"+url.QueryEscape(text)) {
				r.forms = append(r.forms, encode64(pair)...)
			}
		}
	}
	// The longest come first, so that no form is masked inside a longer one.
	slices.SortFunc(r.forms, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	r.forms = slices.Compact(r.forms)
	if len(r.forms) > 0 {
		r.longest = len(r.forms[0])
	}
}

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

// shortSecret is the length below which a secret is masked only where it stands as a
// word of its own: masking every "a" would garble the text and give the secret away.
const shortSecret = 4

// mask replaces every form of every secret.
func (r *Redactor) mask(s string) string {
	for _, f := range r.forms {
		if len(f) >= shortSecret {
			s = strings.ReplaceAll(s, f, model.Mask)
			continue
		}
		s = maskWord(s, f)
	}
	return s
}

func maskWord(s, word string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, word)
		if i < 0 {
			return b.String() + s
		}
		end := i + len(word)
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[end:])
		b.WriteString(s[:i])
		if (i == 0 || !wordRune(before)) && (end == len(s) || !wordRune(after)) {
			b.WriteString(model.Mask)
		} else {
			b.WriteString(word)
		}
		s = s[end:]
	}
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

// secretFields are the members of forms, queries and JSON objects whose value is
// never shown, whatever it is.
const secretFields = `client_secret|password|assertion|client_assertion|refresh_token|access_token|id_token|subject_token|actor_token|device_code|code_verifier|api_?key|secret`

// The patterns are compiled at the first exchange, not at start-up. Both also match
// a value that was cut off before its end.
var patterns = sync.OnceValue(func() (p struct{ json, form *regexp.Regexp }) {
	p.json = regexp.MustCompile(`(?i)(\\*["'](?:` + secretFields + `)\\*["']\s*:\s*)(?:\\"(?:[^"\\]|\\[^"])*(?:\\"|$)|"(?:\\(?:.|$)|[^"\\])*(?:"|$)|'[^']*(?:'|$)|[^\s,}\]"'\\]+)`)
	p.form = regexp.MustCompile(`(?i)((?:^|[?&;\s"'])(?:` + secretFields + `)=)[^&\s"'<>]+`)
	return p
})

// stems are what every one of secretFields holds.
var stems = []string{"secret", "password", "assertion", "token", "device_code", "code_verifier", "apikey", "api_key"}

// namesSecret reports whether the patterns may match at all: most bodies name no secret,
// and the patterns take longer than all else of an exchange.
func namesSecret(s string) bool {
	// The long s and the Kelvin sign match s and k where case is ignored.
	low := strings.ReplaceAll(strings.ToLower(s), "ſ", "s")
	return slices.ContainsFunc(stems, func(stem string) bool { return strings.Contains(low, stem) })
}

// Holds reports whether text gives one of the secrets away, in whatever form.
func (r *Redactor) Holds(s string) bool { return r.mask(s) != s }

// Mask masks secrets, and the values of fields that are secret by their name. The
// result still holds whatever control characters s held.
func (r *Redactor) Mask(s string) string {
	if s = r.mask(s); !namesSecret(s) {
		return s
	}
	p := patterns()
	s = p.json.ReplaceAllString(s, `${1}"`+model.Mask+`"`)
	return p.form.ReplaceAllString(s, `${1}`+model.Mask)
}

// Line returns outside text for one line: masked, sanitised, at most n characters.
func (r *Redactor) Line(s string, n int) string {
	s = model.Printable(r.Mask(head(s, r.window(4*n))))
	return clip(strings.TrimSpace(s), n)
}

// Text returns outside text of several lines: masked, sanitised, at most
// MaxErrorBody bytes; cut reports that there was more.
func (r *Redactor) Text(s string) (text string, cut bool) {
	h := head(s, r.window(model.MaxErrorBody))
	text = model.PrintableLines(r.Mask(h))
	if len(text) > model.MaxErrorBody {
		n := model.MaxErrorBody
		for n > 0 && !utf8.RuneStart(text[n]) {
			n--
		}
		return text[:n], true
	}
	return text, len(h) < len(s)
}

// window is how much is looked at to keep n bytes: a secret that begins before the
// cut is seen whole.
func (r *Redactor) window(n int) int { return n + max(r.longest, model.MaxTokenText) }

func head(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// header returns a header value for the record.
func (r *Redactor) header(name, value string, secret bool) string {
	if !secret && !clients.SecretByName(name) {
		return r.Line(value, 1024)
	}
	// The scheme tells how a credential was sent, and is none itself.
	if scheme, _, ok := strings.Cut(value, " "); ok && strings.HasSuffix(strings.ToLower(name), "authorization") && (scheme == "Bearer" || scheme == "Basic") {
		return scheme + " " + model.Mask
	}
	return model.Mask
}
