package serve

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ferry/auth/wire/wiretest"
	"ferry/model"
)

// writePair writes a certificate and a key as PEM files.
func writePair(t testing.TB, dir string, cert, key *tls.Certificate) (certFile, keyFile string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key.PrivateKey)
	must(t, err)
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	must(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}), 0o600))
	must(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	return certFile, keyFile
}

// A certificate is replaced while the server runs; a pair that does not fit together
// leaves the old one, and is told of.
func TestTLSReload(t *testing.T) {
	k, ca, dir := newKit(t), wiretest.NewCA(t), t.TempDir()
	first, second := ca.Issue(t, nil), ca.Issue(t, nil)
	certFile, keyFile := writePair(t, dir, &first, &first)
	lim := defaults
	lim.certs = 10 * time.Millisecond
	k.start(func(o *Options) {
		o.Config.TLSCert, o.Config.TLSKey, o.limits = certFile, keyFile, &lim
	})
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(ca.PEM))
	served := func() string {
		tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true, DisableKeepAlives: true}
		a, err := k.try(&http.Client{Transport: tr}, "POST", k.URL()+"/oauth2/token", grant(k.key), formType)
		must(t, err)
		if a.StatusCode != http.StatusOK || a.ProtoMajor != 2 {
			t.Fatalf("%s %d %s", a.Proto, a.StatusCode, a.body)
		}
		return string(a.TLS.PeerCertificates[0].Raw)
	}
	if !strings.HasPrefix(k.URL(), "https://") || served() != string(first.Certificate[0]) {
		t.Fatal("the first certificate is not served")
	}
	writePair(t, dir, &second, &first) // the certificate of one, the key of another
	until(t, 5*time.Second, "the broken pair is told of", func() bool { return strings.Contains(k.status().Problem, "cannot be used") })
	if served() != string(first.Certificate[0]) || !k.status().Ready {
		t.Error("a broken pair ended the old one")
	}
	writePair(t, dir, &second, &second)
	until(t, 5*time.Second, "the new pair is in use", func() bool { return k.status().Problem == "" })
	if served() != string(second.Certificate[0]) {
		t.Error("the new certificate is not served")
	}
	if until := k.status().TLSUntil; until == nil || until.Before(time.Now()) {
		t.Errorf("not after: %v", until)
	}
	old := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}}
	if _, err := k.try(&http.Client{Transport: old}, "GET", k.URL()+"/oauth2/jwks", ""); err == nil {
		t.Error("TLS 1.1 was accepted")
	}
	if strings.Contains(logged.String(), "PRIVATE KEY") {
		t.Error("the log holds a key")
	}
}

func TestTLSFilesThatCannotBe(t *testing.T) {
	k, dir := newKit(t), t.TempDir()
	pair, other := wiretest.SelfSigned(t), wiretest.SelfSigned(t)
	certFile, keyFile := writePair(t, dir, &pair, &other)
	for name, file := range map[string]string{"mismatch": certFile, "missing": filepath.Join(dir, "none.pem"), "no certificate": keyFile} {
		o := k.options()
		o.Config.TLSCert, o.Config.TLSKey = file, keyFile
		if _, err := Start(t.Context(), o); model.CodeOf(err) != model.EInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
