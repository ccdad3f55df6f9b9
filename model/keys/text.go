package keys

import (
	"crypto/rand"
	"hash/crc32"
	"math/big"
	"strings"
	"unicode"

	"ferry/model"
)

// The parts of a key's text.
const (
	prefix    = "ferry_k"
	idLen     = 26
	secretLen = 43 // 32 bytes in base62
	sumLen    = 6  // a CRC-32 in base62
	textLen   = len(prefix) + idLen + secretLen + sumLen
)

// digits are those of big.Int.Text(62).
const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// format returns the text of the key with id around 32 random bytes.
func format(id model.ID, random []byte) string {
	secret := new(big.Int).SetBytes(random).Text(62)
	body := prefix + string(id) + strings.Repeat("0", max(0, secretLen-len(secret))) + secret
	sum := checksum(body)
	return body + string(sum[:])
}

func checksum(body string) (out [sumLen]byte) {
	n := crc32.ChecksumIEEE([]byte(body))
	for i := sumLen - 1; i >= 0; i-- {
		out[i] = digits[n%62]
		n /= 62
	}
	return out
}

// Parse reads the text of a key: "ferry_k", the key's id (26 characters), 256 random bits
// (43 of base62) and a CRC-32 of all before it (6 of base62). ok is false when it was
// mistyped or is something else; nothing needs to be looked up then.
func Parse(text string) (id model.ID, ok bool) {
	if len(text) != textLen || !strings.HasPrefix(text, prefix) {
		return "", false
	}
	for i := len(prefix); i < textLen; i++ {
		if !base62(text[i]) {
			return "", false
		}
	}
	if sum := checksum(text[:textLen-sumLen]); string(sum[:]) != text[textLen-sumLen:] {
		return "", false
	}
	return model.ID(text[len(prefix) : len(prefix)+idLen]), true
}

func base62(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// SecretProblem says that text, meant for a field that everybody may read, looks like a
// secret: an API key, also a mistyped one, an access token or a private key. "" when it
// does not. The answer does not repeat the text.
func SecretProblem(text string) string {
	if !looksSecret(text) {
		return ""
	}
	return "this looks like a secret, and everybody can read this field: leave it out"
}

func looksSecret(text string) bool {
	if strings.Contains(text, "AGE-SECRET-KEY-1") || strings.Contains(text, "PRIVATE KEY-----") {
		return true
	}
	for _, word := range strings.Fields(text) {
		if _, ok := Parse(word); ok {
			return true
		}
		if strings.HasPrefix(word, "eyJ") && strings.Count(word, ".") == 2 && len(word) > 40 { // a JWT
			return true
		}
	}
	// An id begins with its time, whose first digit stays a 0 for the next thousand years.
	if _, after, ok := strings.Cut(text, prefix+"0"); ok && runLen(after) >= 20 {
		return true
	}
	for len(text) >= 40 {
		n := runLen(text)
		if n >= 40 && mixed(text[:n]) {
			return true
		}
		text = text[min(n+1, len(text)):]
	}
	return false
}

// runLen is how many letters and digits text begins with.
func runLen(text string) int {
	for i := range len(text) {
		if !base62(text[i]) {
			return i
		}
	}
	return len(text)
}

// mixed reports whether text has letters of both cases and digits, as random text has;
// a hash in hexadecimal, which may well be somebody's name for a system, has not.
func mixed(text string) bool {
	return strings.ContainsFunc(text, unicode.IsLower) && strings.ContainsFunc(text, unicode.IsUpper) &&
		strings.ContainsFunc(text, unicode.IsDigit)
}

// random returns n random bytes.
func (s *Service) random(n int) []byte {
	if s.p.Random != nil {
		return s.p.Random(n)
	}
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
