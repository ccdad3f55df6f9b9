package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ferry/auth/wire/wiretest"
	"ferry/model"
)

func contextSoon(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	return ctx, cancel
}

func named(host string) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{host} }
}

// mutual is a server that asks for a certificate of ca as far as how says, and says
// whose it got.
func mutual(t *testing.T, ca *wiretest.CA, how tls.ClientAuthType, version uint16) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			who = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		_, _ = w.Write([]byte(who))
	}))
	srv.EnableHTTP2 = true
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, nil)}, ClientAuth: how, ClientCAs: ca.Pool(), MaxVersion: version}
	srv.Config.ErrorLog = quiet()
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv
}

func withCert(t *testing.T, base string, ca, by *wiretest.CA, edit func(*x509.Certificate)) *model.Client {
	t.Helper()
	c := testClient(base)
	cert, key := by.IssueClient(t, edit)
	c.TLS = model.TLS{CAPEM: ca.PEM, CertPEM: cert, KeyPEM: model.NewSecret(key)}
	return c
}

func TestClientCertificate(t *testing.T) {
	ca := wiretest.NewCA(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		srv := mutual(t, ca, tls.RequireAndVerifyClientCert, version)
		c := withCert(t, srv.URL, ca, ca, nil)
		a, rec, err := get(t, Limits{}, c, srv.URL, nil)
		if err != nil || string(a.Body) != "hub" {
			t.Fatalf("%q %s", a.Body, wiretest.Dump(err))
		}
		wiretest.Leaks(t, "exchange", rec.Exchange(RedactorFor(c)), c.TLS.KeyPEM.Reveal())
	}
}

// CASES: missing client certificate → refused, reason shown.
func TestMissingAndRefusedClientCertificate(t *testing.T) {
	ca, other := wiretest.NewCA(t), wiretest.NewCA(t)
	for name, tc := range map[string]struct {
		client func(base string) *model.Client
		says   string
		next   string
	}{
		"none": {func(base string) *model.Client {
			c := testClient(base)
			c.TLS.CAPEM = ca.PEM
			return c
		}, "asks for a client certificate, and ferry has none to give", "--cert-file FILE --cert-key-file FILE"},
		"unknown authority": {func(base string) *model.Client { return withCert(t, base, ca, other, nil) }, "the client certificate of CN=hub", "--cert-file"},
		"expired": {func(base string) *model.Client {
			return withCert(t, base, ca, ca, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
		}, "the client certificate of CN=hub, which expired on 20", "--cert-file"},
		"of another host": {func(base string) *model.Client {
			c := withCert(t, "https://api.example", ca, ca, nil)
			return c
		}, "the client's own goes to the hosts that it names only, not to 127.0.0.1", "--base-url"},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(name+" "+tls.VersionName(version), func(t *testing.T) {
				srv := mutual(t, ca, tls.RequireAndVerifyClientCert, version)
				c := tc.client(srv.URL)
				_, rec, err := get(t, Limits{}, c, srv.URL, nil)
				failure{model.EUnreachable, tc.says, "while"}.checkAnywhere(t, rec, err)
				if next := model.AsError(err).Next; !strings.Contains(next, tc.next) {
					t.Errorf("next %q", next)
				}
			})
		}
	}
}

// The alerts of TLS 1.2 come before the request, so none is lost.
func TestWhyAClientCertificateIsRefused(t *testing.T) {
	ca := wiretest.NewCA(t)
	srv := mutual(t, ca, tls.RequireAndVerifyClientCert, tls.VersionTLS12)
	_, rec, err := get(t, Limits{}, withCert(t, srv.URL, ca, wiretest.NewCA(t), nil), srv.URL, nil)
	failure{model.EUnreachable, "the server refused the client certificate of CN=hub", "in the TLS handshake"}.check(t, rec, err)
	for text, why := range map[string]string{
		"remote error: tls: unknown certificate authority": "the server refused the client certificate: it does not know who issued it",
		"remote error: tls: expired certificate":           "the server refused the client certificate: it has expired",
		"remote error: tls: access denied":                 "the server refused the client certificate: its owner is not allowed in",
	} {
		x := explainer{err: errors.New(text), asked: true, gave: true, client: testClient(""), settings: &settings{}}
		if got := x.handshake().why; got != why {
			t.Errorf("%q", got)
		}
	}
}

// checkAnywhere is check for failures whose place depends on the version of TLS.
func (f failure) checkAnywhere(t *testing.T, rec *Record, err error) {
	t.Helper()
	f.where = ""
	f.check(t, rec, err)
}

// The certificate goes to the origins of the client's own fields, to what the caller
// vouches for, and nowhere after a redirect.
func TestWhereTheClientCertificateGoes(t *testing.T) {
	ca := wiretest.NewCA(t)
	srv := mutual(t, ca, tls.RequestClientCert, tls.VersionTLS13)
	elsewhere := "https://api.example"
	for name, tc := range map[string]struct {
		edit func(*model.Client)
		call func(*Call)
		want string
	}{
		"base URL":              {func(c *model.Client) { c.BaseURL = srv.URL + "/api" }, nil, "hub"},
		"token URL":             {func(c *model.Client) { c.Auth.TokenURL = srv.URL + "/token" }, nil, "hub"},
		"issuer":                {func(c *model.Client) { c.Auth.Issuer = srv.URL }, nil, "hub"},
		"device URL":            {func(c *model.Client) { c.Auth.DeviceURL = srv.URL + "/device" }, nil, "hub"},
		"vouched for":           {func(*model.Client) {}, func(c *Call) { c.Own = true }, "hub"},
		"another host":          {func(*model.Client) {}, nil, "nobody"},
		"another port":          {func(c *model.Client) { c.BaseURL = "https://127.0.0.1:1" }, nil, "nobody"},
		"a redirect led away":   {func(c *model.Client) { c.Auth.TokenURL = srv.URL }, func(c *Call) { c.Left = true }, "nobody"},
		"left, and vouched for": {func(*model.Client) {}, func(c *Call) { c.Left, c.Own = true, true }, "nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			c := withCert(t, elsewhere, ca, ca, nil)
			tc.edit(c)
			p := NewPool(Limits{})
			defer p.Close()
			// A connection that was made with the certificate is not used without it.
			if _, _, err := getFrom(t, t.Context(), p, withCert(t, srv.URL, ca, ca, nil), srv.URL, nil); err != nil {
				t.Fatal(err)
			}
			a, rec, err := getFrom(t, t.Context(), p, c, srv.URL, tc.call)
			if err != nil || string(a.Body) != tc.want {
				t.Errorf("%q, want %q; %v", a.Body, tc.want, err)
			}
			if notes := rec.Exchange(NewRedactor(nil)).Notes; slices.Contains(notes, noteAsked) != (tc.want == "nobody") && rec.Timing().TLS > 0 {
				t.Errorf("notes %q", notes)
			}
		})
	}
}

func TestUnusableClientCertificate(t *testing.T) {
	ca := wiretest.NewCA(t)
	cert, key := ca.IssueClient(t, nil)
	_, other := ca.IssueClient(t, nil)
	for name, tc := range map[string]struct {
		tls   model.TLS
		code  model.Code
		field string
	}{
		"no key":         {model.TLS{CertPEM: cert}, model.EIncomplete, "cert_key"},
		"another's key":  {model.TLS{CertPEM: cert, KeyPEM: model.NewSecret(other)}, model.EInvalid, "cert"},
		"no certificate": {model.TLS{CertPEM: canary, KeyPEM: model.NewSecret(key)}, model.EInvalid, "cert"},
	} {
		c := testClient("https://127.0.0.1:1")
		c.TLS = tc.tls
		_, _, err := get(t, Limits{}, c, c.BaseURL, nil)
		if e := model.AsError(err); e.Code != tc.code || e.Field != tc.field || e.Next == "" {
			t.Errorf("%s: %s", name, wiretest.Dump(err))
		}
		wiretest.Leaks(t, name, err, canary, key)
	}
}

// CASES: expired, wrong-host, self-signed certificate, with insecure: the call works, and
// says with a word that nothing was checked and what a check would have said.
func TestInsecureSaysSo(t *testing.T) {
	ca := wiretest.NewCA(t)
	for name, tc := range map[string]struct {
		cert tls.Certificate
		says string
	}{
		"expired":           {ca.Issue(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), "the certificate expired on 20"},
		"wrong host":        {ca.Issue(t, named("other.example")), "the certificate is for other.example"},
		"self-signed":       {wiretest.SelfSigned(t), "the certificate is self-signed"},
		"unknown authority": {wiretest.NewCA(t).Issue(t, nil), "an authority that is not trusted here"},
		"good":              {ca.Issue(t, nil), "a check would have accepted it"},
	} {
		t.Run(name, func(t *testing.T) {
			url := tlsServer(t, &tls.Config{Certificates: []tls.Certificate{tc.cert}})
			c := testClient(url)
			c.TLS = model.TLS{CAPEM: ca.PEM, Insecure: true}
			p := NewPool(Limits{})
			defer p.Close()
			a, rec, err := getFrom(t, t.Context(), p, c, url, nil)
			if err != nil || string(a.Body) != "ok" {
				t.Fatal(wiretest.Dump(err))
			}
			notes := rec.Exchange(NewRedactor(nil)).Notes
			if len(notes) != 1 || !strings.HasPrefix(notes[0], "certificate not checked; ") || !strings.Contains(notes[0], tc.says) {
				t.Errorf("notes %q, want %q", notes, tc.says)
			}
			if name == "good" {
				return
			}
			// It is this client's alone, and ends where a redirect leads away.
			strict := *c
			strict.TLS.Insecure = false
			for what, err := range map[string]error{
				"another client": second(getFrom(t, t.Context(), p, &strict, url, nil)),
				"a redirect":     second(getFrom(t, t.Context(), p, c, url, func(c *Call) { c.Left = true })),
			} {
				if model.CodeOf(err) != model.EUnreachable {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

func second(_ Answer, _ *Record, err error) error { return err }

func TestInsecureSaysSoBesideAFailureToo(t *testing.T) {
	s := wiretest.NewRaw(t, &tls.Config{Certificates: []tls.Certificate{wiretest.SelfSigned(t)}}, func(*wiretest.Conn) {})
	c := testClient("https://" + s.Host)
	c.TLS.Insecure = true
	_, rec, err := get(t, Limits{}, c, c.BaseURL, nil)
	failure{model.EUnreachable, "the connection was closed", "while"}.check(t, rec, err)
	if notes := rec.Exchange(NewRedactor(nil)).Notes; !slices.Contains(notes, noteInsecure) {
		t.Errorf("notes %q", notes)
	}
}

func TestUserAgentOfTheClient(t *testing.T) {
	var got atomic.Value
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got.Store(r.UserAgent()) }))
	defer srv.Close()
	for name, tc := range map[string]struct {
		set, own, want string
		left           bool
	}{
		"ferry's":                {"", "ferry/1", "ferry/1", false},
		"the client's":           {"hub/2 (ops)", "ferry/1", "hub/2 (ops)", false},
		"the request's":          {"hub/2", "curl/8", "curl/8", false},
		"not where it led away":  {"hub/2", "ferry/1", "ferry/1", true},
		"a break is not allowed": {"hub\r\nX-Evil: 1", "ferry/1", "", false},
	} {
		got.Store("")
		c := testClient(srv.URL)
		c.Transport.UserAgent = tc.set
		_, rec, err := get(t, Limits{}, c, srv.URL, func(c *Call) { c.Request.Header.Set("User-Agent", tc.own); c.Left = tc.left })
		if got.Load() != tc.want || (tc.want == "") != (model.CodeOf(err) == model.EInvalid) {
			t.Errorf("%s: %q, %v", name, got.Load(), err)
		}
		if x := dumped(rec); tc.want != "" && !strings.Contains(x, tc.want) {
			t.Errorf("%s: the record has %s", name, x)
		}
	}
}

// dumped is a record as it is shown.
func dumped(r *Record) string { return wiretest.Dump(r.Exchange(NewRedactor(nil))) }
