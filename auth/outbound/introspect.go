package outbound

import (
	"context"
	"net/url"

	"ferry/model"
)

var introspectionEndpoint = endpoint{what: "introspection endpoint", field: "introspection_url", flag: "--issuer URL"}

// Introspect makes one introspection request (RFC 7662 §2.1) and returns the answer as
// JSON, indented and sanitised, its secrets masked. A refusal is a *model.GrantError
// inside EUpstream; "active": false is an answer.
func (s *Source) Introspect(ctx context.Context, c model.Client, introspectionURL string, send model.ClientAuth, t model.Token) (string, model.Exchange, error) {
	if !t.Access.IsSet() {
		return "", model.Exchange{}, model.Errorf(model.EIncomplete, "there is no token to ask about")
	}
	form := url.Values{"token": {t.Access.Reveal()}, "token_type_hint": {"access_token"}}
	p, err := s.post(ctx, &c, introspectionEndpoint, introspectionURL, send, form)
	if p == nil {
		return "", model.Exchange{}, err
	}
	if err == nil {
		err = p.refusedUnless2xx()
	}
	out := ""
	if err == nil {
		// RFC 7662 §2.2 requires the one member.
		if p.member("active") == nil {
			err = p.useless("without saying whether the token is active")
		} else {
			out = model.PrintableLines(p.red.Mask(indented(p.answer.Body)))
		}
	}
	return out, p.exchange(), err
}
