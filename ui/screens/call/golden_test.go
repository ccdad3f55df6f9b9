package call

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	caller "ferry/auth/call"
	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
)

// large is a JSON array of 5 MB on one line, as APIs send it: the same each time.
func large() string {
	var b strings.Builder
	b.WriteByte('[')
	for i := 0; b.Len() < 5_000_000; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"sku":"A-%05d","name":"Bolt M%d","price":%d.50,"active":%t,"stock":{"hub":%d,"store":null}}`,
			i, i, i%40, i%900, i%3 > 0, i%70)
	}
	b.WriteByte(']')
	return b.String()
}

func TestALargeBodyIsReadAndSearched(t *testing.T) {
	shown := sizes[:2]
	if testing.Short() {
		shown = sizes[:1]
	}
	for _, size := range shown {
		t.Run(size.name, func(t *testing.T) {
			fx, c := fixture(t, nil)
			answers(fx, screentest.JSON(200, large()), nil)
			d := screentest.Drive(t, New(fx.Env, screen.Call{ID: c.ID}), size.w, size.h)
			d.Until("the client", func() bool { return d.Screen.(*Call).client != nil }).Type("products").Press("enter").See("✓ 200 OK").See("5.0 MB")
			d.Press("G").See("]").Press("/").Type("a-00777").See("1 of 1 line").Press("esc")
			d.Press("g", "/").Type("bolt m39").Press("enter", "n").See("2 of ").Golden("large-" + size.name)
		})
	}
}

// selfSigned is the certificate of a server that nobody vouches for.
func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "erp"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// The error and the exchange are those of the real caller and of a real server; only the
// port and what was measured are made the same for every run.
func TestACertificateThatIsNotTrusted(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the refused handshake is what is wanted
	server.StartTLS()
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	network := caller.New(caller.Options{})
	t.Cleanup(network.Close)
	for _, size := range sizes[:2] {
		t.Run(size.name, func(t *testing.T) {
			fx, c := fixture(t, func(d *clients.Draft) { d.BaseURL = server.URL + "/api" })
			same := func(s string) string { return strings.ReplaceAll(s, ":"+port, ":8443") }
			fx.Caller.Answer = func(ctx context.Context, _ int, client model.Client, r model.Request) (model.Response, error) {
				resp, err := network.Do(ctx, client, model.Token{}, r)
				x := &resp.Exchange
				if x.Timing.Connect <= 0 || x.Timing.Total <= 0 {
					t.Errorf("not measured: %+v", x.Timing)
				}
				x.At, x.URL, x.Failure = fx.Now(), same(x.URL), same(x.Failure)
				x.Timing = model.Timing{Connect: time.Millisecond, TLS: 4 * time.Millisecond, Total: 5 * time.Millisecond}
				e := model.AsError(err)
				e.Message, e.Next = same(e.Message), same(e.Next)
				return resp, e
			}
			d := screentest.Drive(t, New(fx.Env, screen.Call{ID: c.ID}), size.w, size.h)
			d.Until("the client", func() bool { return d.Screen.(*Call).client != nil }).Type("products").Press("enter")
			d.See("the certificate is self-signed").Gone("key-canary").Golden("tls-" + size.name)
		})
	}
}
