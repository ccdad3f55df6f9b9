package outbound

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"

	"ferry/model"
)

// Decode decodes an access token for a person to read, as RFC 9068 and others shape
// it. It never fails: what cannot be decoded is opaque, which a token may well be
// (RFC 6749 §1.4). With a JWKS URL it fetches the keys and verifies the signature.
func (s *Source) Decode(ctx context.Context, c model.Client, jwksURL string, t model.Token) model.Claims {
	parts := strings.Split(t.Access.Reveal(), ".")
	opaque := model.Claims{Opaque: true, Verdict: model.VerdictOpaque, Detail: "the token is not a JWT; only its issuer can read it"}
	if len(parts) == 5 {
		if header, ok := object(parts[0]); ok {
			opaque.Header, opaque.Detail = header, "the token is an encrypted JWT; only the API can read it"
		}
		return opaque
	}
	if len(parts) != 3 {
		return opaque
	}
	header, ok := object(parts[0])
	payload, ok2 := object(parts[1])
	if !ok || !ok2 {
		return opaque
	}
	out := model.Claims{Header: header, Payload: payload}
	out.Verdict, out.Detail = s.verdict(ctx, &c, jwksURL, t.Access.Reveal(), parts[0])
	return out
}

// object decodes one part of a JWT that is a JSON object, indented and sanitised.
func object(part string) (string, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
	if err != nil {
		return "", false
	}
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != '{' || !json.Valid(raw) {
		return "", false
	}
	return model.PrintableLines(indented(raw)), true
}

// maxDepth is how deep JSON is nested that is indented: indentation grows with the
// square of the depth, 12 KiB of brackets to 70 MiB.
const maxDepth = 50

// indented returns JSON with a line for each member, or as it is where it is none or
// nested deeper than anybody reads. Numbers stay as they are written.
func indented(raw []byte) string {
	depth, inString := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case !inString && (c == '{' || c == '['):
			depth++
		case !inString && (c == '}' || c == ']'):
			depth--
		}
		if depth > maxDepth {
			return string(raw)
		}
	}
	var out bytes.Buffer
	if json.Indent(&out, raw, "", "  ") != nil {
		return string(raw)
	}
	return out.String()
}
