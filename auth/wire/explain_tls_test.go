package wire

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ferry/auth/wire/wiretest"
	"ferry/model"
)

// tlsServer answers every handshake with this configuration.
func tlsServer(t *testing.T, conf *tls.Config) string {
	t.Helper()
	return "https://" + wiretest.NewRaw(t, conf, func(c *wiretest.Conn) { c.Say(200, "", "ok") }).Host
}

// CASES: expired, wrong-host, self-signed certificate; TLS 1.0; missing client
// certificate → refused, reason shown.
func TestCertificates(t *testing.T) {
	ca := wiretest.NewCA(t)
	conf := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	good := ca.Issue(t, nil)
	for name, tc := range map[string]struct {
		conf *tls.Config
		tls  model.TLS
		want failure
	}{
		"expired": {
			conf: conf(ca.Issue(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })),
			want: failure{says: "the certificate expired on 20"},
		},
		"not yet valid": {
			conf: conf(ca.Issue(t, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) })),
			want: failure{says: "the certificate is not valid before 20"},
		},
		"wrong host": {
			conf: conf(ca.Issue(t, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.example"} })),
			want: failure{says: `the certificate is for other.example, not for "127.0.0.1"`},
		},
		"wrong expected name": {
			conf: conf(good), tls: model.TLS{ServerName: "api.internal"},
			want: failure{says: `the certificate is for 127.0.0.1, not for "api.internal"`},
		},
		"self-signed":       {conf: conf(wiretest.SelfSigned(t)), want: failure{says: "the certificate is self-signed"}},
		"unknown authority": {conf: conf(wiretest.NewCA(t).Issue(t, nil)), want: failure{says: "an authority that is not trusted here: CN=ferry test CA"}},
		"TLS 1.0": {
			conf: &tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10},
			want: failure{says: "no TLS version that is allowed (TLS 1.2 or newer)"},
		},
		"TLS 1.2 where 1.3 is asked for": {
			conf: &tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS12}, tls: model.TLS{MinVersion: "1.3"},
			want: failure{says: "no TLS version that is allowed (TLS 1.3 or newer)"},
		},
		"no client certificate, TLS 1.3": {
			conf: &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAnyClientCert},
			want: failure{says: "asks for a client certificate", where: "while"},
		},
		"no client certificate, TLS 1.2": {
			conf: &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12},
			want: failure{says: "asks for a client certificate"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			url := tlsServer(t, tc.conf)
			c := testClient(url)
			c.TLS = tc.tls
			c.TLS.CAPEM = ca.PEM
			tc.want.code = model.EUnreachable
			if tc.want.where == "" {
				tc.want.where = "in the TLS handshake"
			}
			_, rec, err := get(t, Limits{}, c, url, nil)
			tc.want.check(t, rec, err)
		})
	}
}

func TestNoTLSOnThePort(t *testing.T) {
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { c.Say(200, "", "ok") })
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for _, host := range []string{s.Host, strings.TrimPrefix(plain.URL, "http://")} {
		_, rec, err := get(t, quick, testClient("https://"+host), "https://"+host, nil)
		if code := model.CodeOf(err); code != model.EUnreachable && code != model.ETimeout {
			t.Errorf("%s", wiretest.Dump(err))
		}
		wiretest.Leaks(t, "exchange", rec.Exchange(NewRedactor(nil)), canary)
	}
}

func TestPrivateCAAndExpectedName(t *testing.T) {
	ca := wiretest.NewCA(t)
	url := tlsServer(t, &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"api.internal"} })}})
	c := testClient(url)
	c.TLS = model.TLS{CAPEM: ca.PEM, ServerName: "api.internal", MinVersion: "1.3"}
	a, _, err := get(t, Limits{}, c, url, nil)
	if err != nil || string(a.Body) != "ok" {
		t.Fatal(wiretest.Dump(err))
	}
	// The name belongs to the host of the base URL: another host must show its own.
	c.BaseURL = "https://api.example"
	_, rec, err := get(t, Limits{}, c, url, nil)
	failure{model.EUnreachable, "the certificate is for api.internal", "in the TLS handshake"}.check(t, rec, err)
}

func TestUnusableTLSSettings(t *testing.T) {
	for field, set := range map[string]model.TLS{"ca": {CAPEM: "no PEM"}, "tls_min_version": {MinVersion: "1.0"}} {
		c := testClient("https://127.0.0.1:1")
		c.TLS = set
		_, _, err := get(t, Limits{}, c, "https://127.0.0.1:1/", nil)
		if e := model.AsError(err); e.Code != model.EInvalid || e.Field != field {
			t.Errorf("%s: %v", field, wiretest.Dump(err))
		}
	}
}
