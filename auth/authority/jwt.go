package authority

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"ferry/model"
)

// strict refuses bits that do not count, so that a token has one spelling only.
var strict = base64.RawURLEncoding.Strict()

// InvalidToken is the refusal of a token that is there and no good.
func InvalidToken(description string) *BearerError {
	return &BearerError{Status: http.StatusUnauthorized, Code: "invalid_token", Description: description}
}

// What is wrong with a token, whoever presents it.
var (
	errMalformed = InvalidToken("the access token is malformed")
	errSignature = InvalidToken("the access token was not signed by this hub, or with a key that is no longer in use")
	errIssuer    = InvalidToken("the access token is of another issuer")
	errExpired   = InvalidToken("the access token has expired")
	errFuture    = InvalidToken("the access token was issued in the future: check the clock")
	errNotYet    = InvalidToken("the access token is not valid yet")
)

// readJWT checks what RFC 9068 §4 asks of the token itself: form, type and signature. The
// algorithm is that of the key; the token's word for it must agree and decides nothing.
func readJWT(text string, key func(kid string) *Signer) (Claims, *BearerError) {
	if len(text) > MaxToken {
		return Claims{}, errMalformed
	}
	dot1, dot2 := strings.IndexByte(text, '.'), strings.LastIndexByte(text, '.')
	if dot1 <= 0 || dot1 == dot2 || strings.Count(text, ".") != 2 {
		return Claims{}, errMalformed
	}
	var head jwtHeader
	if !decode(text[:dot1], &head) || head.Critical != nil {
		return Claims{}, errMalformed
	}
	if !strings.EqualFold(strings.TrimPrefix(head.Type, "application/"), tokenType) {
		return Claims{}, InvalidToken("the token is not an access token: its type is not at+jwt")
	}
	signer := key(head.KeyID)
	if signer == nil || head.Algorithm != string(signer.key.Algorithm) {
		return Claims{}, errSignature
	}
	signature, err := strict.DecodeString(text[dot2+1:])
	if err != nil {
		return Claims{}, errMalformed
	}
	if !signer.verify([]byte(text[:dot2]), signature) {
		return Claims{}, errSignature
	}
	var c Claims
	if !decode(text[dot1+1:dot2], &c) {
		return Claims{}, errMalformed
	}
	return c, nil
}

// decode reads one part of a token. The decoder of base64 skips newlines; a token has none.
func decode(part string, v any) bool {
	if strings.ContainsAny(part, "\r\n") {
		return false
	}
	raw, err := strict.DecodeString(part)
	return err == nil && json.Unmarshal(raw, v) == nil
}

// inTime checks the times of a token with model.ClockSkew of tolerance.
func (c *Claims) inTime(now time.Time) *BearerError {
	early, late := now.Add(-model.ClockSkew), now.Add(model.ClockSkew)
	switch {
	case time.Unix(c.IssuedAt, 0).After(late):
		return errFuture
	case time.Unix(c.NotBefore, 0).After(late):
		return errNotYet
	case c.Expires <= 0 || !early.Before(time.Unix(c.Expires, 0)):
		return errExpired
	}
	return nil
}
