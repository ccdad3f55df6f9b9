//go:build e2e

package oidctest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// parts are the keys and certificates of one run, as files in dir.
type parts struct {
	t   *testing.T
	dir string
}

func (p *parts) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *parts) file(name string) string { return filepath.Join(p.dir, name) }

// keep writes a private key and returns its public key, both as PEM.
func (p *parts) keep(name string, key crypto.Signer) string {
	p.t.Helper()
	private, err := x509.MarshalPKCS8PrivateKey(key)
	p.must(err)
	p.must(os.WriteFile(p.file(name), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	p.must(err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))
}

func (p *parts) ec() *ecdsa.PrivateKey {
	p.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p.must(err)
	return key
}

// certificate writes NAME.crt and NAME.key, signed by the authority, or by itself when
// there is none, and returns the certificate with its key.
func (p *parts) certificate(name string, ca *x509.Certificate, caKey crypto.Signer, edit func(*x509.Certificate)) (*x509.Certificate, crypto.Signer) {
	p.t.Helper()
	key := p.ec()
	p.keep(name+".key", key)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	edit(tmpl)
	if ca == nil {
		ca, caKey = tmpl, key
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, ca, key.Public(), caKey)
	p.must(err)
	p.must(os.WriteFile(p.file(name+".crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	cert, err := x509.ParseCertificate(der)
	p.must(err)
	return cert, key
}

func (p *parts) read(name string) string {
	p.t.Helper()
	text, err := os.ReadFile(p.file(name))
	p.must(err)
	return string(text)
}

// newParts makes a key for every algorithm, an authority, a server's and a client's
// certificate, and the setup of the server.
func newParts(t *testing.T) (p *parts, setup string) {
	t.Helper()
	p = &parts{t: t, dir: t.TempDir()}
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	p.must(err)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	p.must(err)
	keys := map[string]string{}
	for alg, key := range map[string]crypto.Signer{"ES256": p.ec(), "RS256": r, "PS256": r, "EdDSA": ed} {
		keys[alg] = p.keep(alg+".pem", key)
	}
	p.keep("other.pem", p.ec())
	ca, caKey := p.certificate("ca", nil, nil, func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	})
	p.certificate("server", ca, caKey, func(c *x509.Certificate) {
		c.IPAddresses, c.ExtKeyUsage = []net.IP{net.IPv4(127, 0, 0, 1)}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	})
	for file, name := range map[string]string{"client": "hub.example", "stranger": "other.example"} {
		p.certificate(file, ca, caKey, func(c *x509.Certificate) {
			c.DNSNames, c.ExtKeyUsage = []string{name}, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		})
	}
	out, err := json.Marshal(map[string]any{
		"keys": keys, "name": "hub.example",
		"tls": map[string]string{"key": p.read("server.key"), "cert": p.read("server.crt"), "ca": p.read("ca.crt")},
	})
	p.must(err)
	p.must(os.WriteFile(p.file("setup.json"), out, 0o600))
	return p, p.file("setup.json")
}

// cell is one way to authenticate and what ferry is told for it.
type cell struct {
	name string
	args []string // of client create
	tls  bool     // at the address with TLS
}

func cells(p *parts) []cell {
	secretFile := p.file("secret")
	p.must(os.WriteFile(secretFile, []byte(secret+"\n"), 0o600))
	out := []cell{
		{"client_secret_basic", []string{"--client-id", "by-header", "--client-secret-file", secretFile, "--send", "header"}, false},
		{"client_secret_post", []string{"--client-id", "by-body", "--client-secret-file", secretFile, "--send", "body"}, false},
		{"tls_client_auth", []string{"--client-id", "by-tls", "--send", "tls", "--ca-file", p.file("ca.crt"), "--cert-file", p.file("client.crt"), "--cert-key-file", p.file("client.key")}, true},
		{"private_key_jwt for the token URL", []string{"--client-id", "by-key-ES256", "--key-file", p.file("ES256.pem"), "--key-audience", "token_url"}, false},
		{"private_key_jwt over TLS", []string{"--client-id", "by-key-ES256", "--key-file", p.file("ES256.pem"), "--ca-file", p.file("ca.crt")}, true},
	}
	for _, alg := range []string{"ES256", "RS256", "PS256", "EdDSA"} {
		out = append(out, cell{"private_key_jwt " + alg, []string{"--client-id", "by-key-" + alg, "--key-file", p.file(alg + ".pem"), "--key-alg", alg, "--key-id", "key-" + alg}, false})
	}
	return out
}

// Every cell of client_credentials × client authentication gets a token with one
// request, verifies its signature, has the server introspect it, and revokes it.
func TestCells(t *testing.T) {
	p, setup := newParts(t)
	b := start(t, setup)
	for i, c := range cells(p) {
		t.Run(c.name, func(t *testing.T) {
			sub := *b
			sub.t = t
			issuer := b.issuer
			if c.tls {
				issuer = b.secure
			}
			name := "cell-" + string(rune('a'+i))
			for _, kind := range []string{"jwt", "opaque"} {
				sub.must(append([]string{"client", "create", name + "-" + kind, "--base-url", issuer, "--issuer", issuer, "--scope", "read", "--resource", "urn:test:" + kind}, c.args...)...)
			}
			before := len(b.requests())
			sub.must("token", name+"-jwt")
			if claims := sub.must("token", name+"-jwt", "--claims"); !strings.Contains(claims, "signature: valid") {
				t.Errorf("the claims do not say that the signature is valid:\n%s", claims)
			}
			access := strings.TrimSpace(sub.must("token", name+"-opaque"))
			if out := sub.must("token", name+"-opaque", "--introspect"); !strings.Contains(out, `"active": true`) || strings.Contains(out, access) {
				t.Errorf("introspection says:\n%s", out)
			}
			if got := b.requests()[before:]; len(got) != 2 || got[0].Status != 200 || got[1].Status != 200 {
				t.Errorf("token requests %+v, want one for each of two tokens", got)
			}
			if !strings.Contains(sub.inquire(p, issuer, access), `"active":true`) {
				t.Error("the server does not know the token")
			}
			sub.must("token", name+"-opaque", "--revoke", "--yes")
			if says := sub.inquire(p, issuer, access); says != `{"active":false}` {
				t.Errorf("after it was revoked the server says %s", says)
			}
		})
	}
}

// inquire asks the server about a token as another client, without ferry.
func (b *bench) inquire(p *parts, issuer, token string) string {
	b.t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(p.read("ca.crt")))
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig.RootCAs = roots
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, Timeout: 10 * time.Second}
	resp, err := client.PostForm(issuer+"/token/introspection", url.Values{"token": {token}, "client_id": {"by-body"}, "client_secret": {secret}})
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(out)
}

// A key or a certificate that is not the client's is refused once, with the server's own
// word, and is not sent again.
func TestCellsRefused(t *testing.T) {
	p, setup := newParts(t)
	b := start(t, setup)
	for _, c := range []cell{
		{"another-key", []string{"--client-id", "by-key-ES256", "--key-file", p.file("other.pem")}, false},
		{"another-algorithm", []string{"--client-id", "by-key-RS256", "--key-file", p.file("PS256.pem"), "--key-alg", "PS256"}, false},
		{"another-certificate", []string{"--client-id", "by-tls", "--send", "tls", "--ca-file", p.file("ca.crt"), "--cert-file", p.file("stranger.crt"), "--cert-key-file", p.file("stranger.key")}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			sub := *b
			sub.t = t
			issuer := b.issuer
			if c.tls {
				issuer = b.secure
			}
			before := len(b.requests())
			sub.must(append([]string{"client", "create", c.name, "--base-url", issuer, "--issuer", issuer, "--scope", "read", "--resource", "urn:test:jwt"}, c.args...)...)
			for range 2 {
				if out, errs, code := sub.run("token", c.name); code != 6 || out != "" || !strings.Contains(errs, "invalid_client") {
					t.Errorf("exit code %d, stdout %q\n%s", code, out, errs)
				}
			}
			if got := b.requests()[before:]; len(got) != 1 || got[0].Status != 401 {
				t.Errorf("token requests %+v, want exactly one, refused", got)
			}
		})
	}
}
