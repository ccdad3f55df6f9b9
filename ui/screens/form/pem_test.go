package form

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/storage/storagetest"
	"ferry/ui/screens/screentest"
)

// hides fails when any line of a key is on screen.
func hides(t *testing.T, d *screentest.Driver, key string) {
	t.Helper()
	v := d.View()
	for _, l := range strings.Split(key, "\n") {
		if len(l) > 12 && !strings.HasPrefix(l, "-----") && strings.Contains(v, l[:12]) {
			t.Fatalf("a line of the key shows:\n%s", v)
		}
	}
}

// send chooses how credentials travel.
func send(t *testing.T, d *screentest.Driver, letter string) {
	t.Helper()
	d.Focus("send")
	d.Press("enter").See("HTTP Basic").Press(letter).Until("the choice", func() bool { return d.Overlay == nil })
}

// signed is a new client that signs its assertions, without its key yet.
func signed(t *testing.T, fx *screentest.Fixture, w, h int) *screentest.Driver {
	t.Helper()
	d := blank(t, fx, w, h).Type("erp").Press("tab").Type("https://erp.example.com/api")
	d.Focus("token_url")
	d.Type("https://login.example.com/token")
	d.Focus("client_id")
	d.Type("hub")
	send(t, d, "k")
	return d
}

// CASES, Terminal: paste with newlines → literal text, never an action. Terminals send a
// carriage return for each line break of a paste.
func TestAPastedKeyIsOneSealedValue(t *testing.T) {
	fx := fixture(t)
	key, _ := modeltest.KeyPair(t)
	d := signed(t, fx, 80, 40)
	if f := d.Screen.(*Form); f.Focus != "key" {
		t.Fatalf("focus on %s after choosing a private key", f.Focus)
	}
	d.Paste(strings.ReplaceAll(key, "\n", "\r")).See("P-256 key set")
	hides(t, d, key)
	d.Press("tab").Type("kid-1").See("P-256 key set")
	d.Press("ctrl+s").Noticed("Created erp")
	c := d.Screen.(*Form).saved.Client
	if c.Auth.Assertion.Key.Reveal() != key || c.Auth.Assertion.KeyID != "kid-1" || c.Auth.Send != model.SendKey || c.Auth.ClientSecret.IsSet() {
		t.Fatalf("saved %+v", c.Auth)
	}
}

// Where a terminal does not mark a paste, it arrives as keys: enter must not carry the
// rest of a key into the next field.
func TestAKeyThatArrivesAsKeysStaysInItsField(t *testing.T) {
	fx := fixture(t)
	key, _ := modeltest.KeyPair(t)
	key = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + key
	d := signed(t, fx, 80, 40)
	for _, r := range strings.TrimSpace(key) {
		if r == '\n' {
			d.Press("enter")
			continue
		}
		d.Type(string(r))
	}
	f := d.Screen.(*Form)
	if f.Focus != "key" || !f.in.keyID.Empty() {
		t.Fatalf("the key ran on into %s", f.Focus)
	}
	d.See("P-256 key set")
	hides(t, d, key)
	d.Press("left").Type("x").See("P-256 key set").Press("delete").See("its key: paste PEM")
}

// The connection is tested with what the form says, saved or not: key, proxy and all.
func TestTheConnectionIsTestedWithAPastedKey(t *testing.T) {
	fx := fixture(t)
	key, _ := modeltest.KeyPair(t)
	d := signed(t, fx, 80, 40).Paste(key).See("P-256 key set")
	d.Focus("transport")
	d.Press("enter")
	d.Focus("proxy")
	d.Type("http://127.0.0.1:3128").Press("ctrl+t").See("✓ token").See("✓ base URL")
	asked := fx.Source.Requests[0]
	c, _ := fx.Caller.Last()
	if asked.Send != model.SendKey || asked.Client.Auth.Assertion.Key.Reveal() != key || c.Transport.Proxy != "http://127.0.0.1:3128" {
		t.Fatalf("asked with %+v", asked)
	}
}

func TestAKeyOfTheWrongTypeNamesItsField(t *testing.T) {
	fx := fixture(t)
	_, cert := modeltest.KeyPair(t)
	d := signed(t, fx, 80, 40).Paste(cert).Press("tab").See("✗ the file holds a certificate, not a private key")
	d.Focus("key")
	d.Press("ctrl+u").Type("MIGHAgEAMBMGByqGSM49").Press("ctrl+s").Noticed("not saved").See("no private key in PEM form")
	if strings.Contains(d.View(), "MIGHAg") {
		t.Fatal("half a key shows")
	}
}

func TestAKeyAndACertificateComeFromFiles(t *testing.T) {
	fx := fixture(t)
	key, cert := modeltest.KeyPair(t)
	dir := storagetest.Dir(t)
	for name, text := range map[string]string{"key.pem": key, "cert.pem": cert} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := signed(t, fx, 120, 40).Type(filepath.Join(dir, "key.pem")).Press("tab").See("in the file: P-256 key")
	send(t, d, "c")
	d.Focus("cert")
	d.Type(filepath.Join(dir, "cert.pem")).Press("tab").See("CN=hub, until 2027-03-04")
	// The key's file is read on saving: the focus is still in its field.
	d.Type(filepath.Join(dir, "key.pem")).Press("ctrl+s").Noticed("Created erp")
	c := d.Screen.(*Form).saved.Client
	if c.TLS.CertPEM != cert || c.TLS.KeyPEM.Reveal() != key || c.Auth.Send != model.SendTLS || c.Auth.Assertion.Key.IsSet() {
		t.Fatalf("saved %+v", c.TLS)
	}
}

func TestRestrictedReadsNoKeyFile(t *testing.T) {
	fx := fixture(t)
	fx.Env.Restricted = true
	path := filepath.Join(storagetest.Dir(t), "key.pem")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := signed(t, fx, 80, 40).See("(its key: paste it as PEM)").Type(path).Press("tab").See("no private key in PEM form")
	if len(d.Screen.(*Form).paths()) != 0 {
		t.Fatal("a file is named")
	}
}
