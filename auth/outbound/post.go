package outbound

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"ferry/auth/wire"
	"ferry/model"
)

// endpoint is one beside the token endpoint at which a client authenticates.
type endpoint struct{ what, field, flag string }

// posted is one request to such an endpoint and its answer. What is not the same for
// all of them is added to red before the exchange is let out.
type posted struct {
	client  *model.Client
	who     string
	red     *wire.Redactor
	record  *wire.Record
	answer  wire.Answer
	members map[string]json.RawMessage // of an answer that is a JSON object
}

// post authenticates and sends form. It returns nil when nothing was sent, and what was
// recorded otherwise, beside an error of the network too.
func (s *Source) post(ctx context.Context, c *model.Client, e endpoint, raw string, send model.ClientAuth, form url.Values) (*posted, error) {
	how, err := clientAuthOf(send)
	if err != nil {
		return nil, err
	}
	u, err := wire.CheckURL(c, raw, e.field)
	if err != nil {
		return nil, err
	}
	lack := how.missing(c, false)
	if c.Auth.ClientID == "" {
		lack = append([]string{"client_id"}, lack...)
	}
	if err := incomplete(c, lack); err != nil {
		return nil, err
	}
	header, err := s.headers(c, send)
	if err != nil {
		return nil, err
	}
	if err := how.apply(party{client: c, endpoint: u, now: s.now()}, header, form); err != nil {
		return nil, err
	}
	body := form.Encode()
	ctx, cancel := s.pool.Bound(ctx, c)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(body))
	if err != nil {
		return nil, model.Errorf(model.EInvalid, "the URL of the %s cannot be used", e.what).WithField(e.field)
	}
	req.Header = header
	to := target(c, e.what, e.flag)
	secrets := carried(form)
	p := &posted{client: c, who: to.At(u.Host), red: wire.RedactorFor(c, secrets...)}
	p.answer, p.record, err = s.pool.Send(ctx, wire.Call{
		Client: c, Target: to, Request: req, Body: []byte(body), Limit: model.MaxTokenBody, Strict: true, Own: true, Secrets: secrets, Now: s.now,
	})
	if json.Unmarshal(bytes.TrimPrefix(p.answer.Body, []byte("\xef\xbb\xbf")), &p.members) != nil {
		p.members = nil
	}
	return p, err
}

// headers are those of every request with the client's credentials. The client's own
// come first: it may name another User-Agent, and never replaces what the form needs.
func (s *Source) headers(c *model.Client, send model.ClientAuth) (http.Header, error) {
	h := http.Header{}
	s.decorate(h)
	for _, own := range c.Auth.Headers {
		if send == model.SendHeader && strings.EqualFold(own.Name, "Authorization") {
			return nil, model.Errorf(model.EInvalid, "the header Authorization of token requests is taken by the client's credentials").
				WithField("token_headers").WithNext("send the credentials in the body: %s", update(c, "--send body"))
		}
		h.Set(own.Name, own.Value.Reveal())
	}
	h.Set("Content-Type", "application/x-www-form-urlencoded")
	h.Set("Accept-Encoding", "gzip")
	return h, nil
}

// secretMembers are the members of a form that are credentials in themselves.
var secretMembers = []string{"client_assertion", "device_code", "refresh_token", "token"}

// carried are the secrets of one request beside the client's own: masked wherever they
// turn up, in the record, in the answer, or in a failure that quotes it.
func carried(form url.Values) (out []model.Secret) {
	for _, name := range secretMembers {
		if v := form.Get(name); v != "" {
			out = append(out, model.NewSecret(v))
		}
	}
	return out
}

func (p *posted) member(name string) json.RawMessage { return p.members[name] }

func (p *posted) exchange() model.Exchange { return p.record.Exchange(p.red) }

// refusedUnless2xx is the error for a refusal, a *model.GrantError inside EUpstream. A
// 200 that holds an error is one.
func (p *posted) refusedUnless2xx() error {
	r := parseReply(p.answer.Header.Get("Content-Type"), p.answer.Body)
	if p.answer.Status/100 == 2 && !r.hasError {
		return nil
	}
	return refused(p.who, p.client, &p.answer, &r, p.record, p.red)
}

// useless is the error for an answer that is no refusal and of no use.
func (p *posted) useless(what string) error {
	why := fmt.Sprintf("answered %d %s", p.answer.Status, what)
	if p.members == nil {
		why = fmt.Sprintf("answered %d with something that is no JSON object%s", p.answer.Status, excerpt(&p.answer, p.red))
	}
	p.record.Fail(why)
	return model.Errorf(model.EUpstream, "%s %s", p.who, why).
		WithNext("check the URL, or ask who runs the authorization server: ferry client show %s", model.Printable(p.client.Name))
}
