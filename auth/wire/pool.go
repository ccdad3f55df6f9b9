package wire

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"ferry/auth/wire/h1"
	"ferry/model"
)

// Limits bound one exchange. A zero field means its default. What a client's
// transport says of its own goes before Dial, TLS and FirstByte.
type Limits struct {
	Dial      time.Duration // look-up and connect together, 5 s
	TLS       time.Duration // handshake, 5 s
	FirstByte time.Duration // from request written to first byte, 15 s
	Total     time.Duration // of a whole exchange; 0 means the client's own timeout
}

func (l Limits) filled() Limits {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&l.Dial, 5*time.Second)
	def(&l.TLS, 5*time.Second)
	def(&l.FirstByte, 15*time.Second)
	return l
}

// of returns the limits for exchanges of c. Without a word of the client's the first
// byte has 15 s, half of the default timeout, and more by half of whatever the client
// was given beyond that: a slow report needs time before its first byte.
func (l Limits) of(c *model.Client) Limits {
	l.FirstByte += max(0, c.EffectiveTimeout()-model.DefaultTimeout) / 2
	if d := c.Transport.FirstByte; d > 0 {
		l.FirstByte = d
	}
	if d := c.Transport.Connect; d > 0 {
		l.Dial, l.TLS = d, d
	}
	return l
}

const (
	// maxTransports bounds how many different settings keep connections open.
	maxTransports = 64
	// keepTransport is how long settings that nobody uses are kept: those of a client
	// that was edited hold its old key or proxy password.
	keepTransport = time.Minute
)

// Pool hands out transports and keeps their connections open for reuse, and holds back
// requests of a client that has a rate limit. It is safe for use by many goroutines.
// Share one in a process, and close it when nothing is sent any more.
type Pool struct {
	limits   Limits
	resolver *net.Resolver // nil: the system's; tests bring their own
	direct   bool          // no proxy of the environment; for tests of look-ups
	gates    gates

	salt       [32]byte // of the fingerprints of secrets in keys
	mu         sync.Mutex
	transports map[transportKey]*pooled
	throughs   map[model.ID]*through
}

// pooled is a transport and when it was last asked for.
type pooled struct {
	*http.Transport
	used        atomic.Int64 // Unix time in nanoseconds
	gone        atomic.Bool  // the pool has dropped it
	asked, gave atomic.Bool  // the server asked for a client certificate, and got one; Through only

	mu    sync.Mutex
	plain map[string]*h1.Host // by host and port; Through only
}

// CloseIdleConnections closes what waits for a request.
func (t *pooled) CloseIdleConnections() {
	t.Transport.CloseIdleConnections()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, h := range t.plain {
		h.Close()
	}
	t.plain = nil
}

// host returns the connections to one host that TLS is not spoken with.
func (t *pooled) host(addr string) *h1.Host {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.plain[addr]
	if h == nil {
		h = &h1.Host{
			Dial:      func(ctx context.Context) (net.Conn, error) { return t.DialContext(ctx, "tcp", addr) },
			FirstByte: t.ResponseHeaderTimeout, Idle: t.IdleConnTimeout, MaxIdle: t.MaxIdleConnsPerHost, MaxHeader: t.MaxResponseHeaderBytes,
		}
		if t.plain == nil {
			t.plain = map[string]*h1.Host{}
		}
		t.plain[addr] = h
	}
	return h
}

func (t *pooled) idleSince() time.Time { return time.Unix(0, t.used.Load()) }

// NewPool makes a pool with these limits.
func NewPool(l Limits) *Pool {
	p := &Pool{limits: l.filled(), transports: map[transportKey]*pooled{}}
	_, _ = rand.Read(p.salt[:]) // never fails
	return p
}

// Close closes idle connections. A connection in use closes when its body is read.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key := range p.transports {
		p.drop(key)
	}
}

// drop forgets a transport with its idle connections; p.mu is held. Whoever still uses
// it finishes: the connection closes then.
func (p *Pool) drop(key transportKey) {
	p.transports[key].gone.Store(true)
	p.transports[key].CloseIdleConnections()
	delete(p.transports, key)
}

// room makes room for one more transport: what was not used for a while goes, or else
// what was not used for longest.
func (p *Pool) room(now time.Time) {
	var oldest transportKey
	var at time.Time
	for key, t := range p.transports {
		used := t.idleSince()
		if now.Sub(used) > keepTransport {
			p.drop(key)
			continue
		}
		if at.IsZero() || used.Before(at) {
			oldest, at = key, used
		}
	}
	for id, t := range p.throughs { // they hold a client's secrets
		if now.Sub(time.Unix(0, t.used.Load())) > keepTransport {
			delete(p.throughs, id)
		}
	}
	if len(p.transports) >= maxTransports {
		p.drop(oldest)
	}
}

// total is how long a whole exchange of c may take.
func (p *Pool) total(c *model.Client) time.Duration {
	if p.limits.Total > 0 {
		return p.limits.Total
	}
	return c.EffectiveTimeout()
}

// errTotal is the cause of a context that ended because the exchange took too long,
// which tells it from a person's cancel and from a deadline of the caller's own.
var errTotal = errors.New("the time for the whole exchange is over")

// Bound returns a context that ends when an exchange of c has taken its whole time.
func (p *Pool) Bound(ctx context.Context, c *model.Client) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, p.total(c), errTotal)
}

// transport returns the transport for these settings. EInvalid or EIncomplete when
// they cannot be used.
func (p *Pool) transport(s *settings) (*http.Transport, error) {
	t, err := p.pooled(s)
	if err != nil {
		return nil, err
	}
	return t.Transport, nil
}

func (p *Pool) pooled(s *settings) (*pooled, error) {
	key, now := s.key(p.salt), time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.transports[key]; t != nil {
		t.used.Store(now.UnixNano())
		return t, nil
	}
	conf, err := s.tlsConfig()
	if err != nil {
		return nil, err
	}
	p.room(now)
	d := &dialer{
		direct: net.Dialer{Timeout: s.limits.Dial, KeepAlive: 30 * time.Second, Resolver: p.resolver},
		route:  s.route, forward: s.forward, limits: s.limits, caPEM: s.caPEM, guard: s.guard,
	}
	t := &pooled{Transport: &http.Transport{
		DialContext:            d.dial,
		TLSClientConfig:        conf,
		TLSHandshakeTimeout:    s.limits.TLS,
		ResponseHeaderTimeout:  s.limits.FirstByte,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: model.MaxHeaderBytes,
		DisableCompression:     true, // decoded here, within limits
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    model.MaxParallel,
		IdleConnTimeout:        30 * time.Second,
	}}
	t.used.Store(now.UnixNano())
	if s.guard != nil {
		t.tune(d)
	}
	if s.forward {
		// The dialer speaks TLS to a proxy that wants it: net/http would use the settings
		// that are for the target, its client certificate among them.
		via := &url.URL{Scheme: "http", Host: s.route.host(), User: s.route.userinfo()}
		t.Proxy = http.ProxyURL(via)
	}
	p.transports[key] = t
	return t, nil
}

// How connections for requests of others are kept.
const (
	throughIdle = 512 // connections to one host that wait for a request
	throughPing = 15 * time.Second
)

// tune makes t one for many requests of others at once. A proxy's own address is the
// operator's choice, and is not guarded.
func (t *pooled) tune(d *dialer) {
	if d.route.proxy == nil {
		d.direct.ControlContext = d.guard.control
	}
	t.MaxIdleConnsPerHost = throughIdle
	t.IdleConnTimeout = 90 * time.Second
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: throughPing, PingTimeout: 5 * time.Second}
	if own := t.TLSClientConfig.GetClientCertificate; own != nil {
		t.TLSClientConfig.GetClientCertificate = func(i *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			cert, err := own(i)
			t.asked.Store(true)
			t.gave.Store(err == nil && len(cert.Certificate) > 0)
			return cert, err
		}
	}
}
