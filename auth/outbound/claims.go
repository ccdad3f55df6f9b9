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
// Numbers stay as they are written.
func object(part string) (string, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
	if err != nil {
		return "", false
	}
	raw = bytes.TrimSpace(raw)
	var out bytes.Buffer
	if len(raw) == 0 || raw[0] != '{' || json.Indent(&out, raw, "", "  ") != nil {
		return "", false
	}
	return model.PrintableLines(out.String()), true
}
