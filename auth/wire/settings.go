package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"ferry/model"
)

// settings are everything that a connection depends on.
type settings struct {
	caPEM, serverName, minVersion string
	certPEM                       string
	keyPEM                        model.Secret
	insecure                      bool
	route                         route
	forward                       bool // plain http through a proxy, which reads the request
	limits                        Limits
	guard                         *guard // for requests of others only
}

// transportKey tells settings apart. What is secret is in a keyed digest only; the
// certificates are not, and a bundle of them would take long to digest at every call.
type transportKey struct {
	caPEM, certPEM string
	digest         [sha256.Size]byte
}

func (s *settings) key(salt [32]byte) transportKey {
	h := hmac.New(sha256.New, salt[:])
	var n [8]byte
	number := func(v uint64) {
		binary.BigEndian.PutUint64(n[:], v)
		h.Write(n[:])
	}
	for _, text := range []string{
		s.serverName, s.minVersion, s.keyPEM.Reveal(),
		s.route.scheme(), s.route.host(), s.route.user, s.route.password.Reveal(),
		s.guard.key(),
	} {
		number(uint64(len(text)))
		h.Write([]byte(text))
	}
	for _, b := range []bool{s.insecure, s.forward} {
		if b {
			number(1)
		} else {
			number(0)
		}
	}
	for _, d := range []int64{int64(s.limits.Dial), int64(s.limits.TLS), int64(s.limits.FirstByte)} {
		number(uint64(d)) //nolint:gosec // G115: a digest takes any bits
	}
	return transportKey{s.caPEM, s.certPEM, [sha256.Size]byte(h.Sum(nil))}
}

// settings returns what c's request goes out with. EInvalid when the proxy cannot be.
func (p *Pool) settings(c *Call) (*settings, error) {
	cl, u := c.Client, c.Request.URL
	r, err := p.routeTo(cl, u)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "http" && !cl.AllowHTTP && r.proxy != nil && r.scheme() != "https" && !model.IsLoopback(r.proxy.Hostname()) {
		// Loopback by name, but not on this machine's own wires.
		return nil, model.Errorf(model.EInvalid, "plain http through %s would show credentials to the network; nothing was sent", r).WithField("proxy").
			WithNext("use https, or allow it: ferry client update %s --allow-http", model.Printable(cl.Name))
	}
	s := &settings{
		caPEM: cl.TLS.CAPEM, minVersion: cl.TLS.MinVersion, limits: p.limits.of(cl),
		route: r, forward: u.Scheme == "http" && r.speaksHTTP(),
	}
	if u.Scheme != "https" || c.Left {
		return s, nil
	}
	s.insecure = cl.TLS.Insecure
	// The expected name belongs to the host of the base URL: sent elsewhere (a token
	// endpoint, a redirect) it would accept one host's certificate for another.
	if base, err := url.Parse(cl.BaseURL); err == nil && strings.EqualFold(base.Hostname(), u.Hostname()) {
		s.serverName = cl.TLS.ServerName
	}
	if c.Own || slices.Contains(ownOrigins(cl), model.Origin(u.String())) {
		s.certPEM, s.keyPEM = cl.TLS.CertPEM, cl.TLS.KeyPEM
	}
	return s, nil
}

// ownOrigins are where c's certificate goes: the origins that its own fields name. A
// certificate says who asks; a host that a redirect or a document names gets it only
// when the caller vouches for it (Call.Own).
func ownOrigins(c *model.Client) []string {
	var out []string
	for _, raw := range []string{c.BaseURL, c.Auth.TokenURL, c.Auth.Issuer, c.Auth.DeviceURL} {
		if o := model.Origin(raw); strings.HasPrefix(o, "https:") && !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return out
}

func (s *settings) tlsConfig() (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: s.serverName}
	switch s.minVersion {
	case "", "1.2":
	case "1.3":
		conf.MinVersion = tls.VersionTLS13
	default:
		return nil, model.Errorf(model.EInvalid, "TLS version %q is not one of 1.2 and 1.3", model.Printable(s.minVersion)).WithField("tls_min_version")
	}
	if s.caPEM != "" {
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM([]byte(s.caPEM)) {
			return nil, model.Errorf(model.EInvalid, "the CA certificates hold no PEM certificate").WithField("ca").
				WithNext("give a file that has -----BEGIN CERTIFICATE----- in it")
		}
	}
	own, err := s.certificate()
	if err != nil {
		return nil, err
	}
	conf.GetClientCertificate = present(own)
	conf.InsecureSkipVerify = s.insecure // the client says so, and the exchange says it with a word
	return conf, nil
}

// certificate is the client's own, nil when it has none for this host.
func (s *settings) certificate() (*tls.Certificate, error) {
	if s.certPEM == "" {
		return nil, nil
	}
	if !s.keyPEM.IsSet() {
		return nil, model.Errorf(model.EIncomplete, "the client certificate has no private key, so nothing was sent").WithField("cert_key").
			WithNext("give it with --cert-key-file FILE")
	}
	pair, err := tls.X509KeyPair([]byte(s.certPEM), []byte(s.keyPEM.Reveal()))
	if err != nil {
		// The failure's own text may quote the file.
		return nil, model.Errorf(model.EInvalid, "the client certificate and its private key cannot be used together").WithField("cert").
			WithNext("give both as PEM, the certificate of the key first: --cert-file FILE --cert-key-file FILE")
	}
	return &pair, nil
}

// present answers a server that asks for a client certificate, and notes that it did:
// what such servers do next seldom says why.
func present(own *tls.Certificate) func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	return func(i *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		tr := traceOf(i.Context())
		tr.wantsCertificate.Store(true)
		if own == nil {
			return &tls.Certificate{}, nil
		}
		tr.gaveCertificate.Store(true)
		return own, nil
	}
}

// agent puts the client's own user agent in the place of ferry's. A header of the
// request's stays, and nothing of the client's goes where a redirect led away.
func (c *Call) agent() error {
	own := c.Client.Transport.UserAgent
	if own == "" || c.Left || !strings.HasPrefix(c.Request.Header.Get("User-Agent"), agentName) {
		return nil
	}
	for i := range len(own) {
		if own[i] < ' ' || own[i] == 0x7f {
			return model.Errorf(model.EInvalid, "the user agent holds a control character").WithField("user_agent")
		}
	}
	h := c.Request.Header.Clone()
	h.Set("User-Agent", own)
	c.Request = withHeader(c.Request, h)
	return nil
}

func withHeader(r *http.Request, h http.Header) *http.Request {
	out := *r
	out.Header = h
	return &out
}
