package authority

import (
	"encoding/base64"
	"encoding/json"
	"strconv"

	"ferry/model"
)

const (
	// MaxToken is the length of the longest access token, in bytes.
	MaxToken = 8 << 10

	tokenType = "at+jwt" // RFC 9068 §2.1
)

// jwtHeader is the header of an access token (RFC 7515 §4). What else a token brings
// along, keys and places of keys above all, is not even read.
type jwtHeader struct {
	Algorithm string          `json:"alg"`
	Type      string          `json:"typ"`
	KeyID     string          `json:"kid"`
	Critical  json.RawMessage `json:"crit,omitempty"`
}

// Claims are those of an access token (RFC 9068 §2.2). Times are in seconds since 1970.
type Claims struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  Audience `json:"aud"`
	ClientID  string   `json:"client_id"`
	IssuedAt  int64    `json:"iat"`
	NotBefore int64    `json:"nbf,omitempty"`
	Expires   int64    `json:"exp"`
	ID        string   `json:"jti"`
	Scope     string   `json:"scope,omitempty"`
	Space     string   `json:"space,omitempty"` // the space's name
	Key       model.ID `json:"key,omitempty"`   // the API key that it was issued for, so that revoking one ends its tokens
}

// Audience is one string or an array of them (RFC 7519 §4.1.3).
type Audience []string

// UnmarshalJSON reads either form.
func (a *Audience) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, (*[]string)(a))
	}
	*a = make(Audience, 1)
	return json.Unmarshal(text, &(*a)[0])
}

// MarshalJSON writes one member as a string, as most readers expect it.
func (a Audience) MarshalJSON() ([]byte, error) { return a.append(nil), nil }

func (a Audience) append(b []byte) []byte {
	if len(a) == 1 {
		return appendString(b, a[0])
	}
	b = append(b, '[')
	for i, s := range a {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

// Sign returns a JWT (RFC 7519) with these claims.
func (s *Signer) Sign(c *Claims) (string, error) {
	var room [640]byte
	claims := c.append(room[:0])
	out := make([]byte, 0, len(s.header)+base64.RawURLEncoding.EncodedLen(len(claims))+400) // and a signature with RSA
	out = append(out, s.header...)
	out = base64.RawURLEncoding.AppendEncode(out, claims)
	signature, err := s.sign(out)
	if err != nil {
		return "", err
	}
	return string(base64.RawURLEncoding.AppendEncode(append(out, '.'), signature)), nil
}

// append writes what json.Marshal would write, at a tenth of its price.
func (c *Claims) append(b []byte) []byte {
	b = appendString(append(b, `{"iss":`...), c.Issuer)
	b = appendString(append(b, `,"sub":`...), c.Subject)
	b = c.Audience.append(append(b, `,"aud":`...))
	b = appendString(append(b, `,"client_id":`...), c.ClientID)
	b = strconv.AppendInt(append(b, `,"iat":`...), c.IssuedAt, 10)
	if c.NotBefore != 0 {
		b = strconv.AppendInt(append(b, `,"nbf":`...), c.NotBefore, 10)
	}
	b = strconv.AppendInt(append(b, `,"exp":`...), c.Expires, 10)
	b = appendString(append(b, `,"jti":`...), c.ID)
	if c.Scope != "" {
		b = appendString(append(b, `,"scope":`...), c.Scope)
	}
	if c.Space != "" {
		b = appendString(append(b, `,"space":`...), c.Space)
	}
	if c.Key != "" {
		b = appendString(append(b, `,"key":`...), string(c.Key))
	}
	return append(b, '}')
}

// appendString appends text as a JSON string. What needs an escape is left to
// encoding/json, which knows them all.
func appendString(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, err := json.Marshal(text)
			if err != nil {
				quoted = []byte(`""`) // a string always marshals
			}
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), text...), '"')
}
