package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"ferry/auth/wire"
	"ferry/auth/wire/wiretest"
	"ferry/model"
)

// mutual is a server that takes only certificates of its CA, and notes who came.
type mutual struct {
	*httptest.Server
	mu    sync.Mutex
	who   []string // the common name and the form of every request
	forms []url.Values
}

func newMutual(t *testing.T, ca *wiretest.CA, answer string) *mutual {
	t.Helper()
	m := &mutual{}
	m.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		_ = r.ParseForm()
		m.who, m.forms = append(m.who, r.TLS.PeerCertificates[0].Subject.CommonName), append(m.forms, r.PostForm)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, answer)
	}))
	m.TLS = &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, nil)}, ClientCAs: ca.Pool(), ClientAuth: tls.RequireAndVerifyClientCert}
	m.Config.ErrorLog = log.New(io.Discard, "", 0)
	m.StartTLS()
	t.Cleanup(m.Close)
	return m
}

// clientCert issues a client certificate and returns it and its key as PEM.
func clientCert(t *testing.T, ca *wiretest.CA, name string) (cert, key string) {
	t.Helper()
	return ca.IssueClient(t, func(c *x509.Certificate) { c.Subject.CommonName = name })
}

func tlsClient(t *testing.T, ca *wiretest.CA, tokenURL string) model.Client {
	t.Helper()
	c := clientFor(tokenURL)
	cert, key := clientCert(t, ca, "hub-certificate")
	c.Auth.Send, c.TLS = model.SendTLS, model.TLS{CAPEM: ca.PEM, CertPEM: cert, KeyPEM: model.NewSecret(key)}
	return c
}

// RFC 8705 §2: the certificate in the handshake, the client id in the form, and the
// secret nowhere, at every endpoint at which the client authenticates.
func TestTLSClientAuth(t *testing.T) {
	ca := wiretest.NewCA(t)
	s := newMutual(t, ca, `{"access_token":"`+canaryToken+`","active":true,"device_code":"d","user_code":"A-B","verification_uri":"https://auth.example"}`)
	c := tlsClient(t, ca, s.URL+"/token")
	tok := model.Token{Access: model.NewSecret(canaryToken)}
	src := newSource(t, wire.Limits{})
	for name, send := range map[string]func(context.Context) (model.Exchange, error){
		"token": func(ctx context.Context) (model.Exchange, error) {
			_, x, err := src.Fetch(ctx, model.TokenRequest{Client: c, TokenURL: c.Auth.TokenURL, Send: model.SendTLS})
			return x, err
		},
		"revocation": func(ctx context.Context) (model.Exchange, error) {
			return src.Revoke(ctx, c, s.URL+"/revoke", model.SendTLS, tok)
		},
		"introspection": func(ctx context.Context) (model.Exchange, error) {
			_, x, err := src.Introspect(ctx, c, s.URL+"/introspect", model.SendTLS, tok)
			return x, err
		},
		"device": func(ctx context.Context) (model.Exchange, error) {
			_, x, err := src.StartDevice(ctx, c, s.URL+"/device", model.SendTLS)
			return x, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(s.who)
			x, err := send(t.Context())
			noLeak(t, fetched{exchange: x, err: err})
			if err != nil || len(s.who) != before+1 {
				t.Fatalf("%d requests, %s", len(s.who)-before, wiretest.Dump(err))
			}
			if form := s.forms[before]; s.who[before] != "hub-certificate" || form.Get("client_id") != "hub" || form.Has("client_secret") || form.Has("client_assertion") {
				t.Errorf("%s sent %v", s.who[before], form)
			}
			for line := range strings.SplitSeq(c.TLS.KeyPEM.Reveal(), "\n") {
				if len(line) > 20 {
					wiretest.Leaks(t, "exchange", x, line)
				}
			}
		})
	}
}

// A server that metadata names beside the issuer's own host is shown the certificate too.
func TestTLSClientAuthAtADiscoveredEndpoint(t *testing.T) {
	ca := wiretest.NewCA(t)
	s := newMutual(t, ca, tokenJSON(""))
	c := tlsClient(t, ca, "")
	c.Auth.Issuer = "https://issuer.example"
	_, x, err := newSource(t, wire.Limits{}).Fetch(t.Context(), model.TokenRequest{Client: c, TokenURL: s.URL + "/token", Send: model.SendTLS, Issuer: c.Auth.Issuer})
	if err != nil || x.Status != 200 || len(s.who) != 1 {
		t.Errorf("%v %s", s.who, wiretest.Dump(err))
	}
}

// CASES: missing client certificate → refused, reason shown; a wrong one as well.
func TestTLSClientAuthRefused(t *testing.T) {
	ca, other := wiretest.NewCA(t), wiretest.NewCA(t)
	s := newMutual(t, ca, tokenJSON(""))
	good := tlsClient(t, ca, s.URL+"/token")
	for name, tc := range map[string]struct {
		edit  func(*model.Client)
		send  model.ClientAuth
		code  model.Code
		field string
		says  string
	}{
		"no certificate":        {func(c *model.Client) { c.TLS.CertPEM = "" }, model.SendTLS, model.EIncomplete, "cert", "has no client certificate, so nothing was sent"},
		"no key":                {func(c *model.Client) { c.TLS.KeyPEM = model.Secret{} }, model.SendTLS, model.EIncomplete, "cert_key", "has no private key of its certificate"},
		"key of another":        {func(c *model.Client) { _, k := clientCert(t, ca, "x"); c.TLS.KeyPEM = model.NewSecret(k) }, model.SendTLS, model.EInvalid, "cert", "cannot be used together"},
		"plain http":            {func(c *model.Client) { c.Auth.TokenURL = "http://127.0.0.1:1/token" }, model.SendTLS, model.EInvalid, "token_url", "over https only"},
		"none given, by secret": {func(c *model.Client) { c.TLS.CertPEM, c.TLS.KeyPEM = "", model.Secret{} }, model.SendBody, model.EUnreachable, "", "certificate"},
		"of another authority": {func(c *model.Client) {
			cert, k := clientCert(t, other, "x")
			c.TLS.CertPEM, c.TLS.KeyPEM = cert, model.NewSecret(k)
		}, model.SendTLS, model.EUnreachable, "", "certificate"},
		"server is not trusted":  {func(c *model.Client) { c.TLS.CAPEM = other.PEM }, model.SendTLS, model.EUnreachable, "", "not trusted here"},
		"a key that is not text": {func(c *model.Client) { c.TLS.KeyPEM = model.NewSecret("key-canary-nonsense") }, model.SendTLS, model.EInvalid, "cert", "cannot be used together"},
	} {
		t.Run(name, func(t *testing.T) {
			c := good.Clone()
			tc.edit(&c)
			f := fetch(t, wire.Limits{}, c, tc.send)
			e := model.AsError(f.err)
			if e == nil || e.Code != tc.code || e.Field != tc.field || e.Next == "" || !strings.Contains(e.Message, tc.says) {
				t.Error(wiretest.Dump(f.err))
			}
			wiretest.Leaks(t, "exchange", f.exchange, "key-canary-nonsense")
			wiretest.Leaks(t, "error", f.err, "key-canary-nonsense")
		})
	}
	if len(s.who) != 0 {
		t.Errorf("%d requests arrived", len(s.who))
	}
}
