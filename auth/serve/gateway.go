package serve

import (
	"cmp"
	"io"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"ferry/auth/gateway"
	"ferry/model"
)

// gatewayRoute stands in logs and labels for every request to the gateway.
const gatewayRoute = "/gw/{client}"

// ofGateway reports whether a request is the gateway's to answer: by its path as it was sent,
// or because it would be if somebody behind us read another path out of it.
func ofGateway(r *http.Request) bool {
	sent, _, _ := strings.Cut(r.RequestURI, "?")
	return r.Method == http.MethodConnect || gateway.Owns(sent) || !isPlain(sent) && (gateway.Owns(clean(r.URL.Path)) || gateway.Owns(clean(r.URL.EscapedPath())))
}

// isPlain reports whether a path can be read in one way only: origin-form, nothing escaped, no
// empty or dot segment.
func isPlain(sent string) bool {
	return sent != "" && sent[0] == '/' && !strings.Contains(sent, "//") && !strings.Contains(sent, "/.") && strings.IndexByte(sent, '%') < 0
}

// clean is a path as a careless reader may take it, with something below it.
func clean(p string) string { return path.Clean("/"+strings.ReplaceAll(p, `\`, "/")) + "/" }

// forward hands a request to the gateway, in the one form that it takes.
func (s *Server) forward(x *exchange, r *http.Request) {
	w := &x.w
	sent, _, _ := strings.Cut(r.RequestURI, "?")
	switch upgrade := r.Header["Upgrade"] != nil; {
	case r.Method == http.MethodConnect || !gateway.Owns(sent):
		// Authority-form, absolute-form, an escaped or doubled way to say /gw/…: two readers may differ on it.
		w.problem(http.StatusBadRequest, "path_unclean", "send the path as it is: /gw/CLIENT/…, with nothing to be taken out of it")
	case sent != r.URL.EscapedPath() || strings.Contains(sent, "//") || strings.IndexByte(r.RequestURI, '#') >= 0:
		w.problem(http.StatusBadRequest, "path_unclean", "the path holds an empty segment, or what has to be escaped in one (RFC 3986)")
	case r.ProtoMajor > 1 && lies(r):
		w.problem(http.StatusBadRequest, "malformed_length", "the length of the body is not what the request says")
	case upgrade && r.ContentLength != 0:
		w.problem(http.StatusBadRequest, "upgrade_with_body", "a request for an upgrade has no body")
	default:
		p := &x.p
		p.w, p.limit, p.written = w.ResponseWriter, s.lim.still, x.began
		w.progress = p
		if r.ProtoMajor > 1 {
			// There a deadline ends the stream when it comes, whether anything is written or not.
			_ = p.control().SetWriteDeadline(time.Time{})
		}
		if r.ContentLength != 0 {
			r.Body = &sending{ReadCloser: r.Body, p: p}
		}
		defer p.end()
		s.gate.ServeHTTP(w, r)
	}
}

// lies reports whether a request over HTTP/2 says two lengths, or one without a body
// (RFC 9113 §8.1.1): net/http takes the end of the stream for the truth and leaves the field.
func lies(r *http.Request) bool {
	said := r.Header["Content-Length"]
	return len(said) > 1 || len(said) == 1 && r.ContentLength == 0 && said[0] != "0"
}

// progress moves the deadlines of a connection along with what happens on it. An upload or a
// stream may take for ever, but no side may be still for longer than the limit. Deadlines are
// not free, so what is over within a second never touches one.
type progress struct {
	w     http.ResponseWriter
	limit time.Duration

	written time.Time // when the deadline of writing was last set; of the handler's goroutine
	slow    bool      // the last write had to wait

	mu    sync.Mutex // the body is read by the transport, perhaps still when the handler has ended
	over  bool
	fixed bool // the gateway set a deadline itself: none is moved any more
}

func (p *progress) control() *http.ResponseController { return http.NewResponseController(p.w) }

// progressStep is how old a deadline gets before it is moved.
const progressStep = time.Second

// slowPiece is what is written at once to a client that is slow, so that each piece shows that
// it still reads.
const slowPiece = 4 << 10

// write writes b with a deadline that every piece of it moves.
func (p *progress) write(b []byte) (n int, err error) {
	for {
		piece := b[n:]
		if p.slow && len(piece) > slowPiece {
			piece = piece[:slowPiece]
		}
		began := p.moveWrite()
		k, err := p.w.Write(piece)
		n += k
		if len(b) >= slowPiece { // of less the time is not asked
			p.slow = time.Since(began) > progressStep
		}
		if err != nil || n == len(b) {
			return n, err
		}
	}
}

// moveWrite moves the deadline of writing, and returns what time it is.
func (p *progress) moveWrite() time.Time {
	now := time.Now()
	if p.slow || now.Sub(p.written) > progressStep {
		p.written = now
		p.move(p.control().SetWriteDeadline, now.Add(p.limit))
	}
	return now
}

// moveRead moves the deadline of reading; the zero time takes it away.
func (p *progress) moveRead(to time.Time) { p.move(p.control().SetReadDeadline, to) }

func (p *progress) move(set func(time.Time) error, to time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	// Once the handler has ended the deadlines are net/http's own.
	if !p.over && !p.fixed {
		_ = set(to)
	}
}

// fix sets a deadline that stays: a stream that is cut must not be given more time.
func (p *progress) fix(set func(time.Time) error, to time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return http.ErrHandlerTimeout
	}
	p.fixed = true
	return set(to)
}

func (p *progress) end() {
	p.mu.Lock()
	p.over = true
	p.mu.Unlock()
}

// sending is a body that moves the deadline of reading as it comes in.
type sending struct {
	io.ReadCloser
	p     *progress
	moved time.Time
}

// Read implements io.Reader.
func (s *sending) Read(b []byte) (int, error) {
	n, err := s.ReadCloser.Read(b)
	switch now := time.Now(); {
	case err == io.EOF:
		// From here on a read only waits for the connection to close: it may take any time.
		s.p.moveRead(time.Time{})
	case err == nil && n > 0 && now.Sub(s.moved) > progressStep:
		s.moved = now
		s.p.moveRead(now.Add(s.p.limit))
	}
	return n, err
}

// maxShownPath is how many bytes of a path are told on the admin socket.
const maxShownPath = 200

// shownPath is a request target without its query, fit to be shown: what looks like a credential
// in it is masked, and it is clipped.
func shownPath(target string) string {
	sent, _, _ := strings.Cut(target, "?")
	segments := strings.Split(sent, "/")
	for i, seg := range segments {
		if len(seg) > 64 || strings.HasPrefix(seg, "ferry_") || strings.HasPrefix(seg, "eyJ") {
			segments[i] = "…"
		}
	}
	if sent = strings.Join(segments, "/"); len(sent) > maxShownPath {
		sent = strings.ToValidUTF8(sent[:maxShownPath], "") + "…"
	}
	return model.Printable(sent)
}

// gatewayMetrics tells of the clients behind the gateway.
func (s *Server) gatewayMetrics(m metricsWriter) {
	m.one("ferry_gateway_requests_in_flight", "gauge", "Requests of the gateway under way.", float64(s.gateFlight.Load()))
	all := s.stats.gateway.all()
	m.family("ferry_gateway_requests_total", "counter", "Requests answered for API clients behind the gateway.")
	byName := func(a, b upstream) int {
		return cmp.Or(strings.Compare(a.space, b.space), strings.Compare(a.name, b.name))
	}
	for _, name := range slices.SortedFunc(maps.Keys(all), byName) {
		for i, class := range classLabels {
			if n := all[name][i].Load(); n > 0 {
				m.sample("ferry_gateway_requests_total", clientLabels(name)+","+label("status", class), float64(n))
			}
		}
	}
	m.family("ferry_gateway_breaker_open", "gauge", "Whether requests to an API client are answered without being sent: 1 or 0.")
	for i, c := range s.gate.Traffic() {
		if i == maxUpstreams {
			break
		}
		m.sample("ferry_gateway_breaker_open", clientLabels(upstream{c.Space, c.Client}), truth(c.Breaker == model.BreakerOpen))
	}
}

func clientLabels(u upstream) string { return label("space", u.space) + "," + label("client", u.name) }
