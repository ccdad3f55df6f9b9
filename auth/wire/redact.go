package wire

import (
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
