package outbound

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"ferry/auth/wire"
	"ferry/model"
)

// Revoke makes one revocation request (RFC 7009 §2.1). An endpoint that does not know
// the token answers 200 all the same (§2.2). A refusal is a *model.GrantError inside
// EUpstream.
func (s *Source) Revoke(ctx context.Context, c model.Client, revocationURL string, send model.ClientAuth, t model.Token) (model.Exchange, error) {
	how, err := clientAuthOf(send)
	if err != nil {
		return model.Exchange{}, err
	}
	u, err := wire.CheckURL(&c, revocationURL, "revocation_url")
	if err != nil {
		return model.Exchange{}, err
	}
	if !t.Access.IsSet() {
		return model.Exchange{}, model.Errorf(model.EIncomplete, "there is no token to revoke")
	}
	form := url.Values{"token": {t.Access.Reveal()}, "token_type_hint": {"access_token"}}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	s.decorate(header)
	how.apply(&c.Auth, header, form)
	body := form.Encode()
	ctx, cancel := s.pool.Bound(ctx, &c)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(body))
	if err != nil {
		return model.Exchange{}, model.Errorf(model.EInvalid, "the revocation URL cannot be used").WithField("revocation_url")
	}
	req.Header = header
	who := target(&c, "revocation endpoint", "--issuer URL")
	a, rec, err := s.pool.Send(ctx, wire.Call{Client: &c, Target: who, Request: req, Body: []byte(body), Limit: model.MaxTokenBody, Strict: true, Now: s.now})
	red := wire.RedactorFor(&c, t.Access)
	if err == nil && a.Status/100 != 2 {
		r := parseReply(a.Header.Get("Content-Type"), a.Body)
		err = refused(who.At(u.Host), &c, &a, &r, rec, red)
	}
	return rec.Exchange(red), err
}
