package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"ferry/model"
)

// Limits bound one exchange. A zero field means its default.
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

// maxTransports bounds how many different TLS settings keep connections open.
const maxTransports = 64

// Pool hands out transports and keeps their connections open for reuse. It is safe
// for use by many goroutines. Close it when nothing is sent any more.
type Pool struct {
	limits   Limits
	resolver *net.Resolver // nil: the system's; tests bring their own
	direct   bool          // no proxy; for tests of look-ups

	mu         sync.Mutex
	transports map[transportKey]*http.Transport
}

// transportKey is everything about a client that a connection depends on.
type transportKey struct {
	caPEM, serverName, minVersion string
	firstByte                     time.Duration
}

// NewPool makes a pool with these limits.
func NewPool(l Limits) *Pool {
	return &Pool{limits: l.filled(), transports: map[transportKey]*http.Transport{}}
}

// Close closes idle connections. A connection in use closes when its body is read.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closeIdle()
}

func (p *Pool) closeIdle() {
	for _, t := range p.transports {
		t.CloseIdleConnections()
	}
	clear(p.transports)
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

// firstByte is 15 s, half of the default timeout, and more by half of whatever the
// client was given beyond that: a slow report needs time before its first byte.
func (p *Pool) firstByte(c *model.Client) time.Duration {
	return p.limits.FirstByte + max(0, c.EffectiveTimeout()-model.DefaultTimeout)/2
}

// transport returns the transport for requests of c to host. EInvalid when the TLS
// settings cannot be used.
func (p *Pool) transport(c *model.Client, host string) (*http.Transport, error) {
	key := transportKey{caPEM: c.TLS.CAPEM, minVersion: c.TLS.MinVersion, firstByte: p.firstByte(c)}
	// The expected name belongs to the host of the base URL: sent elsewhere (a token
	// endpoint, a redirect) it would accept one host's certificate for another.
	if base, err := url.Parse(c.BaseURL); err == nil && strings.EqualFold(base.Hostname(), host) {
		key.serverName = c.TLS.ServerName
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.transports[key]; t != nil {
		return t, nil
	}
	conf, err := tlsConfig(key)
	if err != nil {
		return nil, err
	}
	if len(p.transports) >= maxTransports {
		p.closeIdle()
	}
	dialer := &net.Dialer{Timeout: p.limits.Dial, KeepAlive: 30 * time.Second, Resolver: p.resolver}
	t := &http.Transport{
		Proxy:                  p.proxy,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        conf,
		TLSHandshakeTimeout:    p.limits.TLS,
		ResponseHeaderTimeout:  key.firstByte,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: model.MaxHeaderBytes,
		DisableCompression:     true, // decoded here, within limits
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        30 * time.Second,
	}
	p.transports[key] = t
	return t, nil
}

// proxy honours HTTPS_PROXY, HTTP_PROXY and NO_PROXY, but never for loopback: a
// credential for this machine does not leave it.
func (p *Pool) proxy(r *http.Request) (*url.URL, error) {
	if p.direct || model.IsLoopback(r.URL.Hostname()) {
		return nil, nil
	}
	return http.ProxyFromEnvironment(r)
}

// noCertificate answers a server that asks for a client certificate that there is
// none, and notes it: what such servers do next seldom says why.
func noCertificate(i *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	if tr, ok := i.Context().Value(traceKey{}).(*trace); ok {
		tr.wantsCertificate.Store(true)
	}
	return &tls.Certificate{}, nil
}

func tlsConfig(key transportKey) (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: key.serverName, GetClientCertificate: noCertificate}
	switch key.minVersion {
	case "", "1.2":
	case "1.3":
		conf.MinVersion = tls.VersionTLS13
	default:
		return nil, model.Errorf(model.EInvalid, "TLS version %q is not one of 1.2 and 1.3", model.Printable(key.minVersion)).WithField("tls_min_version")
	}
	if key.caPEM != "" {
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM([]byte(key.caPEM)) {
			return nil, model.Errorf(model.EInvalid, "the CA certificates hold no PEM certificate").WithField("ca").
				WithNext("give a file that has -----BEGIN CERTIFICATE----- in it")
		}
	}
	return conf, nil
}

// CheckURL parses an absolute URL that c is about to send to and refuses what must
// not be sent to: another scheme than http and https, userinfo, no host, and plain
// http beyond loopback unless the client allows it. EInvalid with field.
func CheckURL(c *model.Client, raw, field string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return nil, model.Errorf(model.EInvalid, "%q is not an absolute http or https URL", clip(model.Printable(stripUserinfo(raw)), 200)).WithField(field)
	}
	return u, CheckParsed(c, u, field)
}

// CheckParsed is CheckURL for a URL that was parsed before.
func CheckParsed(c *model.Client, u *url.URL, field string) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return model.Errorf(model.EInvalid, "%q is not an http or https URL", model.Printable(u.Scheme+"://"+u.Host)).WithField(field)
	case u.User != nil:
		return model.Errorf(model.EInvalid, "a URL must not hold a user name or password").WithField(field)
	case u.Scheme == "http" && !c.AllowHTTP && !model.IsLoopback(u.Hostname()):
		return model.Errorf(model.EInvalid, "plain http to %s would show credentials to the network; nothing was sent", model.Printable(u.Host)).WithField(field).
			WithNext("use https, or allow it: ferry client update %s --allow-http", model.Printable(c.Name))
	}
	return nil
}

// stripUserinfo keeps a password in a URL that does not parse out of a message.
func stripUserinfo(raw string) string {
	if i := strings.LastIndex(raw, "@"); i >= 0 {
		return model.Mask + raw[i:]
	}
	return raw
}

// clip cuts s to at most n characters.
func clip(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i] + "…"
		}
		n--
	}
	return s
}

// UserAgent is how ferry names itself.
func UserAgent(version string) string {
	if version == "" {
		version = "dev"
	}
	return "ferry/" + version
}
