package outbound

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"ferry/auth/wire"
	"ferry/model"
)

// Fetch makes exactly one token request (RFC 6749 §4.3.2, §4.4.2, §6; RFC 8628 §3.4).
// Errors: EInvalid, EIncomplete and EPermission (nobody allowed a client of the device
// grant yet) before anything is sent; EUnreachable, ETimeout, EInterrupted, EUpstream
// after. A refusal by the endpoint is a *model.GrantError inside EUpstream; so is
// authorization_pending.
func (s *Source) Fetch(ctx context.Context, r model.TokenRequest) (model.Token, model.Exchange, error) {
	c := &r.Client
	g, conf, err := s.config(&r)
	if err != nil {
		return model.Token{}, model.Exchange{}, err
	}
	header, err := s.headers(c, r.Send)
	if err != nil {
		return model.Token{}, model.Exchange{}, err
	}
	ctx, cancel := s.pool.Bound(ctx, c)
	defer cancel()
	trip := &tokenTrip{source: s, client: c, secrets: carried(conf.EndpointParams), header: header, target: target(c, "token endpoint", "--token-url URL")}
	// No redirect is followed: a 307 would carry the secret in the body along.
	hc := &http.Client{Transport: trip, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	sent := s.now()
	got, err := conf.Token(context.WithValue(ctx, oauth2.HTTPClient, hc))
	red := wire.RedactorFor(c, append(trip.reply.secrets(), trip.secrets...)...)
	if err != nil {
		err = trip.explain(err, red)
		return model.Token{}, trip.exchange(red), err
	}
	t, err := trip.token(got, red)
	x := trip.exchange(red)
	if err != nil {
		return model.Token{}, x, err
	}
	// The life counts from before the request: rather renew early than use late.
	t.Fetched, t.SentAs, t.Refresh = sent, r.Send, refreshOf(g, &r, trip.reply.refresh)
	if life := trip.reply.lifetime; life > 0 {
		t.Expires = sent.Add(life)
	}
	if t.Scope == "" {
		t.Scope = scopeOf(c)
	}
	return t, x, nil
}

// config maps a request to x/oauth2. Its auto-detection, which sends a secret twice,
// is never reached, because the style is always given. It writes the header of
// client_secret_basic; what goes into the form is ours.
func (s *Source) config(r *model.TokenRequest) (grant, *clientcredentials.Config, error) {
	a := &r.Client.Auth
	g, err := grantOf(a)
	if err != nil {
		return grant{}, nil, err
	}
	how, err := clientAuthOf(r.Send)
	if err != nil {
		return grant{}, nil, err
	}
	params, err := g.params(r, how)
	if err != nil {
		return grant{}, nil, err
	}
	u, err := wire.CheckURL(&r.Client, r.TokenURL, "token_url")
	if err != nil {
		return grant{}, nil, err
	}
	conf := &clientcredentials.Config{ClientID: a.ClientID, TokenURL: r.TokenURL, EndpointParams: params, AuthStyle: how.style}
	if !g.keeps { // a poll and a refresh are about a scope that was settled before
		conf.Scopes = a.Scopes
	}
	if how.style == oauth2.AuthStyleInHeader {
		conf.ClientSecret = a.ClientSecret.Reveal()
		return g, conf, nil
	}
	err = how.apply(party{client: &r.Client, endpoint: u, issuer: r.Issuer, tokenURL: r.TokenURL, now: s.now()}, http.Header{}, params)
	return g, conf, err
}

// tokenTrip is the transport below x/oauth2 for one token request. It sends through
// wire, keeps the record, and hands x/oauth2 an answer in which odd members (an
// expires_in it would fail on) are made plain. A second request is refused.
type tokenTrip struct {
	source  *Source
	client  *model.Client
	secrets []model.Secret // of the request, beside the client's own
	header  http.Header    // beside what x/oauth2 sets
	target  wire.Target
	host    string
	sent    bool
	record  *wire.Record
	answer  wire.Answer
	reply   reply
}

var errSecondRequest = errors.New("a second token request was about to be sent")

// RoundTrip implements http.RoundTripper.
func (t *tokenTrip) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.sent {
		return nil, errSecondRequest
	}
	t.sent, t.host = true, req.URL.Host
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	_ = req.Body.Close()
	out := req.Clone(req.Context())
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	// GetBody lets the transport use another connection when an idle one turns out
	// closed before a byte was written; it never sends a POST a second time.
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	for name, values := range t.header {
		out.Header[name] = values
	}
	t.answer, t.record, err = t.source.pool.Send(req.Context(), wire.Call{
		Client: t.client, Target: t.target, Request: out, Body: body,
		Limit: model.MaxTokenBody, Strict: true, Own: true, Secrets: t.secrets, Now: t.source.now,
	})
	if err != nil {
		return nil, err
	}
	t.reply = parseReply(t.answer.Header.Get("Content-Type"), t.answer.Body)
	plain := t.reply.plain()
	return &http.Response{
		Status: http.StatusText(t.answer.Status), StatusCode: t.answer.Status, Proto: t.answer.Proto,
		Header: http.Header{"Content-Type": {"application/json"}, "Location": t.answer.Header.Values("Location")},
		Body:   io.NopCloser(bytes.NewReader(plain)), ContentLength: int64(len(plain)), Request: req,
	}, nil
}

// decorate sets the headers that every request to an authorization server has.
func (s *Source) decorate(h http.Header) {
	h.Set("Accept", "application/json")
	h.Set("Accept-Encoding", "gzip")
	h.Set("User-Agent", s.agent)
}

// exchange returns the record; the zero Exchange when nothing was sent.
func (t *tokenTrip) exchange(red *wire.Redactor) model.Exchange {
	if t.record == nil {
		return model.Exchange{}
	}
	return t.record.Exchange(red)
}
