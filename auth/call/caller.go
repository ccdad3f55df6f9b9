package call

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"ferry/auth/wire"
	"ferry/model"
	"ferry/model/clients"
)

// Options say how a Caller is built. The zero value works.
type Options struct {
	Now     model.Clock // time.Now when nil
	Version string      // of ferry, for User-Agent
	Pool    *wire.Pool  // shared connections; a pool of its own when nil
}

// Caller implements model.Caller. It is safe for use by many goroutines.
type Caller struct {
	now   model.Clock
	agent string
	pool  *wire.Pool
}

var _ model.Caller = (*Caller)(nil)

// New makes a Caller.
func New(o Options) *Caller {
	s := &Caller{now: o.Now, agent: wire.UserAgent(o.Version), pool: o.Pool}
	if s.now == nil {
		s.now = time.Now
	}
	if s.pool == nil {
		s.pool = wire.NewPool(wire.Limits{})
	}
	return s
}

// Close closes idle connections.
func (s *Caller) Close() { s.pool.Close() }

// maxRedirects is how many redirects are followed.
const maxRedirects = 10

// Do implements model.Caller. Redirects of safe methods and 303 are followed, at most
// ten. The token, wherever it is placed, every header of client and request, and the client
// certificate go to the client's own origin only; once a redirect has left it, they are
// not sent again even if another one comes back. Errors: EInvalid with field "method", "path", "query" or "headers";
// EUnreachable, ETimeout, EInterrupted, EUpstream; EInternal when the sink fails.
func (s *Caller) Do(ctx context.Context, c model.Client, t model.Token, r model.Request) (model.Response, error) {
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	if !model.IsToken(r.Method) || r.Method == http.MethodConnect {
		return model.Response{}, model.Errorf(model.EInvalid, "%q is not a method that can be sent", model.Printable(r.Method)).WithField("method")
	}
	u, err := BuildURL(&c, r)
	if err != nil {
		return model.Response{}, err
	}
	if err := placeInQuery(&c, t, u); err != nil {
		return model.Response{}, err
	}
	h, err := s.headers(&c, t, r)
	if err != nil {
		return model.Response{}, err
	}
	var cancel context.CancelFunc
	if r.Sink != nil && r.Flow {
		ctx, r.Sink, cancel = s.pool.BoundFlow(ctx, &c, r.Sink)
	} else {
		ctx, cancel = s.pool.Bound(ctx, &c)
	}
	defer cancel()
	hop := &hop{caller: s, client: &c, token: t, red: redactor(&c, t, h), method: r.Method, url: u, header: h, body: r.Body, stream: r.Stream, sink: r.Sink}
	return hop.run(ctx)
}

// redactor knows every secret that this request carries.
func redactor(c *model.Client, t model.Token, h http.Header) *wire.Redactor {
	red := wire.RedactorFor(c, t.Access)
	for name, values := range h {
		if !clients.SecretByName(name) {
			continue
		}
		for _, v := range values {
			// "Bearer x" is a scheme and a secret; most others are all secret.
			_, cred, schemed := strings.Cut(v, " ")
			red.Add([]model.Secret{model.NewSecret(cred)})
			if !schemed || name != "Authorization" {
				red.Add([]model.Secret{model.NewSecret(v)})
			}
		}
	}
	return red
}

// hop is where a request is on its way through redirects.
type hop struct {
	caller *Caller
	client *model.Client
	token  model.Token
	red    *wire.Redactor
	left   bool // a redirect led to another origin: nothing of the client's is sent any more
	method string
	url    *url.URL
	header http.Header
	body   []byte
	stream io.Reader // instead of body; of the first hop only
	sink   io.Writer
	// Of the hops before: what they took, how long of that they queued, and what is to be
	// known of them.
	total, queue time.Duration
	notes        []string
}

func (p *hop) run(ctx context.Context) (model.Response, error) {
	for n := 0; ; n++ {
		a, rec, err := p.send(ctx)
		resp := p.response(a, rec)
		if err != nil {
			return resp, err
		}
		p.total, p.queue, p.notes = resp.Exchange.Timing.Total, resp.Exchange.Timing.Queue, resp.Exchange.Notes
		more, err := p.follow(&a, n)
		if err != nil {
			resp.Exchange.Failure = p.red.Line(err.Error(), 500)
			return resp, err
		}
		if !more {
			return resp, nil
		}
	}
}

func (p *hop) target() wire.Target {
	return wire.Target{What: "the API of \"" + model.Printable(p.client.Name) + "\"", Flag: "--base-url URL"}
}

func (p *hop) send(ctx context.Context) (wire.Answer, *wire.Record, error) {
	var body io.Reader
	switch {
	case p.stream != nil:
		// A closer of its own would close what is not ours; one that hides the type keeps
		// the length unknown and the body from being read a second time.
		body, p.stream = io.NopCloser(p.stream), nil
	case len(p.body) > 0:
		body = bytes.NewReader(p.body)
	}
	req, err := http.NewRequestWithContext(ctx, p.method, p.url.String(), body)
	if err != nil {
		return wire.Answer{}, nil, model.Errorf(model.EInvalid, "the request cannot be made").WithField("path")
	}
	// Parsing the text again may normalise an escape; what was built is what is sent.
	req.URL, req.Host, req.Header = p.url, p.url.Host, p.header
	c := wire.Call{Client: p.client, Target: p.target(), Request: req, Body: p.body, Limit: model.MaxShownBody, Now: p.caller.now, Left: p.left, Secrets: []model.Secret{p.token.Access}}
	if p.sink != nil {
		// Only what was asked for goes to the sink: an error's body is for a person, and a
		// 401 is called again.
		c.Sink = func(status int) io.Writer {
			if status/100 == 2 {
				return p.sink
			}
			return nil
		}
	}
	return p.caller.pool.Send(ctx, c)
}

// response makes the model's response of an answer. Without a record nothing was sent.
func (p *hop) response(a wire.Answer, rec *wire.Record) model.Response {
	if rec == nil {
		return model.Response{}
	}
	r := model.Response{
		Status: a.Status, Proto: a.Proto, Headers: wire.Sorted(a.Header), Body: a.Body,
		Size: a.Size, Truncated: a.Truncated, Exchange: rec.Exchange(p.red),
	}
	if a.Sunk {
		r.Body = nil
	}
	r.Exchange.Timing.Total += p.total
	r.Exchange.Timing.Queue += p.queue
	for _, note := range p.notes {
		if !slices.Contains(r.Exchange.Notes, note) {
			r.Exchange.Notes = append(r.Exchange.Notes, note)
		}
	}
	return r
}
