package model

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
)

// Mask is what every printing of a Secret shows. Its length is fixed, so that it
// says nothing about the secret behind it.
const Mask = "••••••••"

// Secret is text that must not be seen: a client secret, a password, a token, the
// value of a secret header. Every way of printing it (fmt verbs, JSON, slog, text)
// gives a mask; Reveal is the only way to the text itself.
type Secret struct{ text string }

// NewSecret wraps text.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal returns the text. Call it only where the secret leaves ferry on purpose.
func (s Secret) Reveal() string { return s.text }

// IsSet reports whether there is a secret at all.
func (s Secret) IsSet() bool { return s.text != "" }

// Equal compares two secrets in constant time.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.text), []byte(other.text)) == 1
}

// String returns the mask, or "" when there is no secret.
func (s Secret) String() string {
	if s.text == "" {
		return ""
	}
	return Mask
}

// GoString keeps %#v from printing the field.
func (s Secret) GoString() string { return "model.Secret(" + s.String() + ")" }

// Format keeps every verb, %x and %q included, from reaching the text.
func (s Secret) Format(f fmt.State, verb rune) {
	if verb == 'v' && f.Flag('#') {
		fmt.Fprint(f, s.GoString())
		return
	}
	fmt.Fprint(f, s.String())
}

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON returns {"set":true} or {"set":false}, the outside shape of a secret.
func (s Secret) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"set":%t}`, s.IsSet()), nil
}

// MarshalText returns the mask, for encodings that prefer text (map keys, XML).
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
