package form

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/tokens"
	"ferry/storage/storagetest"
	"ferry/ui/screens/screentest"
)

// pair makes a P-256 key and a certificate of it, both as PEM.
func keyPair(t *testing.T) (key, cert string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "hub"},
		NotBefore: screentest.Start.Add(-time.Hour), NotAfter: screentest.Start.Add(365 * 24 * time.Hour),
	}
	own, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return text("PRIVATE KEY", der), text("CERTIFICATE", own)
}

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
	focus(t, d, "send")
	d.Press("enter").See("HTTP Basic").Press(letter).Until("the choice", func() bool { return d.Overlay == nil })
}

// signed is a new client that signs its assertions, without its key yet.
func signed(t *testing.T, fx *screentest.Fixture, w, h int) *screentest.Driver {
	t.Helper()
	d := blank(t, fx, w, h).Type("erp").Press("tab").Type("https://erp.example.com/api")
	focus(t, d, "token_url")
	d.Type("https://login.example.com/token")
	focus(t, d, "client_id")
	d.Type("hub")
	send(t, d, "k")
	return d
}

// CASES, Terminal: paste with newlines → literal text, never an action. Terminals send a
// carriage return for each line break of a paste.
func TestAPastedKeyIsOneSealedValue(t *testing.T) {
	fx := fixture(t)
	key, _ := keyPair(t)
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
	key, _ := keyPair(t)
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
	key, _ := keyPair(t)
	d := signed(t, fx, 80, 40).Paste(key).See("P-256 key set")
	focus(t, d, "transport")
	d.Press("enter")
	focus(t, d, "proxy")
	d.Type("http://127.0.0.1:3128").Press("ctrl+t").See("✓ token").See("✓ base URL")
	asked := fx.Source.Requests[0]
	c, _ := fx.Caller.Last()
	if asked.Send != model.SendKey || asked.Client.Auth.Assertion.Key.Reveal() != key || c.Transport.Proxy != "http://127.0.0.1:3128" {
		t.Fatalf("asked with %+v", asked)
	}
}

func TestAKeyOfTheWrongTypeNamesItsField(t *testing.T) {
	fx := fixture(t)
	_, cert := keyPair(t)
	d := signed(t, fx, 80, 40).Paste(cert).Press("tab").See("✗ the file holds a certificate, not a private key")
	focus(t, d, "key")
	d.Press("ctrl+u").Type("MIGHAgEAMBMGByqGSM49").Press("ctrl+s").Noticed("not saved").See("no private key in PEM form")
	if strings.Contains(d.View(), "MIGHAg") {
		t.Fatal("half a key shows")
	}
}

func TestAKeyAndACertificateComeFromFiles(t *testing.T) {
	fx := fixture(t)
	key, cert := keyPair(t)
	dir := storagetest.Dir(t)
	for name, text := range map[string]string{"key.pem": key, "cert.pem": cert} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := signed(t, fx, 120, 40).Type(filepath.Join(dir, "key.pem")).Press("tab").See("in the file: P-256 key")
	send(t, d, "c")
	focus(t, d, "cert")
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

// signing saves a client with every secret that issue of a person's key brings.
func signing(t *testing.T, fx *screentest.Fixture) (model.Client, string) {
	t.Helper()
	key, cert := keyPair(t)
	return erp(t, fx, func(d *clients.Draft) {
		d.Send, d.Key, d.ClientSecret, d.Params = model.SendKey, clients.Set(key), clients.SecretEdit{}, nil
		d.TLS, d.TLSKey = model.TLS{CertPEM: cert}, clients.Set(key)
		d.Transport, d.ProxyPassword = model.Transport{Proxy: "http://127.0.0.1:3128", ProxyUser: "u"}, clients.Set("proxy-canary")
		d.TokenHeaders = []clients.HeaderDraft{{Name: "X-Token-Key", Value: clients.Set("token-canary"), Secret: true}}
	}), key
}

// CASES, Vault: a client's URL moved to another origin → the stored secrets are gone.
func TestMovingClearsEveryKindOfKey(t *testing.T) {
	for name, move := range map[string]func(*testing.T, *screentest.Driver){
		"base URL": func(t *testing.T, d *screentest.Driver) {
			focus(t, d, "base_url")
			d.Press("ctrl+u").Type("https://evil.example.net")
		},
		"insecure": func(t *testing.T, d *screentest.Driver) {
			focus(t, d, "tls")
			d.Press("enter")
			focus(t, d, "insecure")
			d.Press("space")
		},
		"proxy": func(t *testing.T, d *screentest.Driver) {
			focus(t, d, "transport")
			d.Press("enter")
			focus(t, d, "proxy")
			d.Press("ctrl+u").Type("http://127.0.0.1:9")
		},
	} {
		t.Run(name, func(t *testing.T) {
			fx := fixture(t)
			c, _ := signing(t, fx)
			d := edit(t, fx, c)
			if d.Screen.(*Form).Unsaved() != "" {
				t.Fatal("an edit begins with changes")
			}
			move(t, d)
			d.See("this points elsewhere").See("Private key").See("Token-Key").See("Proxy password")
			d.Press("ctrl+s").Noticed("Saved erp")
			got := stored(t, fx, c.ID)
			if len(got.Secrets()) != 0 {
				t.Fatalf("kept %d secrets", len(got.Secrets()))
			}
		})
	}
}

func TestGoingThroughTheFormKeepsEverySetting(t *testing.T) {
	fx := fixture(t)
	c, key := signing(t, fx)
	d := edit(t, fx, c)
	for _, at := range []string{"tls", "transport", "advanced"} {
		focus(t, d, at)
		d.Press("enter")
	}
	f := d.Screen.(*Form)
	for range 50 {
		d.Press("tab")
	}
	if f.Unsaved() != "" {
		t.Fatal("going through changed something")
	}
	d.See("a certificate is stored").See("http://127.0.0.1:3128")
	focus(t, d, "audience")
	d.Type("urn:x").Press("ctrl+s").Noticed("Saved erp")
	got := stored(t, fx, c.ID)
	if got.Auth.Assertion.Key.Reveal() != key || got.TLS != c.TLS || got.Transport != c.Transport || got.Auth.Headers[0] != c.Auth.Headers[0] {
		t.Fatalf("stored %+v", got)
	}
}

func TestAProblemInsideAClosedSectionOpensIt(t *testing.T) {
	fx := fixture(t)
	d := blank(t, fx, 80, 40).Type("a").Press("tab").Type("https://a.example.com")
	focus(t, d, "transport")
	d.Press("enter", "tab")
	focus(t, d, "rate_limit")
	d.Type("many")
	focus(t, d, "transport")
	d.Press("enter").Gone("Requests a second").See("many/s").Press("ctrl+s").Noticed("not saved")
	d.See("Requests a second").See("✗ between")
}

func TestInsecureIsSaidWhileTheSectionIsClosed(t *testing.T) {
	d := blank(t, fixture(t), 80, 40)
	focus(t, d, "tls")
	d.Press("enter")
	focus(t, d, "insecure")
	d.Press("space").See("! certificates are not checked")
	focus(t, d, "tls")
	d.Press("enter").See("INSECURE (nothing is checked)").See("! certificates are not checked")
}

// late is an authorization server whose metadata comes when a test lets it.
type late struct {
	*screentest.Source
	asked chan model.Client
	reply chan model.Metadata
}

func (l *late) Discover(ctx context.Context, c model.Client) (model.Metadata, error) {
	l.asked <- c
	select {
	case m, ok := <-l.reply:
		if !ok {
			return model.Metadata{}, model.Errorf(model.EUnreachable, "connection refused")
		}
		return m, nil
	case <-ctx.Done():
		return model.Metadata{}, ctx.Err()
	}
}

// discovering is a form whose issuer is asked behind a gate.
func discovering(t *testing.T) (*screentest.Driver, *late) {
	t.Helper()
	store, _ := storagetest.NewAt(t, filepath.Join(storagetest.Dir(t), "ferry.db"), screentest.First)
	fx := screentest.New(t, store)
	src := &late{Source: fx.Source, asked: make(chan model.Client, 4), reply: make(chan model.Metadata)}
	fx.Hub.Tokens = tokens.New(store, src, fx.Now, func(time.Time) model.ID { return "00000000000000000000009999" })
	return blank(t, fx, 80, 40), src
}

func TestWhatAnIssuerOffersArrivesLate(t *testing.T) {
	d, src := discovering(t)
	focus(t, d, "issuer")
	d.Type("https://login.example.com").Press("tab").See("asking what it offers")
	if c := <-src.asked; len(c.Secrets()) != 0 || c.Auth.Issuer != "https://login.example.com" {
		t.Fatalf("asked with %+v", c)
	}
	d.Type("hub") // the form is used meanwhile
	src.reply <- model.Metadata{
		TokenURL: "https://login.example.com/t", DeviceURL: "https://login.example.com/d", JWKSURL: "https://login.example.com/k",
		AuthMethods: []string{"private_key_jwt"}, GrantTypes: []string{"client_credentials"}, Algorithms: []string{"RS256"},
		Scopes: []string{"orders:read", "orders:write"},
	}
	d.See("offers: private key (JWT) · device code · 2 scopes · signing keys").See("(https://login.example.com/t)")
	focus(t, d, "scopes")
	d.Type("own").Press("tab", "enter").See("[ ] orders:read").Press("down", "space", "enter").See("own orders:write")
	focus(t, d, "send")
	d.Press("enter").See("header ✗ not named by the issuer").See("private key (JWT) a signed").Press("h").See("it names: private_key_jwt")
	focus(t, d, "grant")
	d.Press("right").See("the issuer does not name this grant").See("(https://login.example.com/d)")
	if f := d.Screen.(*Form); f.in.clientID.Value() != "hub" {
		t.Fatalf("client id %q", f.in.clientID.Value())
	}
}

func TestOffersOfAnotherIssuerAreDropped(t *testing.T) {
	d, src := discovering(t)
	focus(t, d, "issuer")
	d.Type("https://old.example.com").Press("tab")
	<-src.asked
	d.Press("shift+tab", "ctrl+u").Type("https://new.example.com").Press("tab")
	if c := <-src.asked; c.Auth.Issuer != "https://new.example.com" {
		t.Fatalf("asked %s", c.Auth.Issuer)
	}
	src.reply <- model.Metadata{Issuer: "https://new.example.com", Scopes: []string{"new"}}
	d.See("offers: 1 scope")
	f := d.Screen.(*Form)
	if f.offers.issuer != "https://new.example.com" || f.offers.meta.Scopes[0] != "new" {
		t.Fatalf("offers %+v", f.offers)
	}
	focus(t, d, "issuer")
	d.Type("/x").Gone("offers:")
}

func TestAnIssuerThatCannotBeAskedIsInNobodysWay(t *testing.T) {
	d, src := discovering(t)
	close(src.reply)
	focus(t, d, "issuer")
	d.Type("https://login.example.com").Press("tab").See("· what it offers is not known: connection refused")
	d.Type("hub").Press("tab").Type("s3cret")
	focus(t, d, "name")
	d.Type("a").Press("tab").Type("https://a.example.com").Press("ctrl+s").Noticed("Created a")
}

func TestConflictMergesWhatIsNew(t *testing.T) {
	fx := fixture(t)
	c := erp(t, fx, nil)
	d := edit(t, fx, c)
	focus(t, d, "transport")
	d.Press("enter", "tab", "tab", "tab", "tab").Type("none")
	theirs := clients.DraftOf(c)
	theirs.Transport.Proxy, theirs.Resources = "http://127.0.0.1:3128", []string{"https://erp.example.com"}
	theirs.KeepBodies = true
	if _, err := fx.Hub.Clients.Update(fx.As("bob"), fx.Hub.Space, c.ID, theirs, ""); err != nil {
		t.Fatal(err)
	}
	d.Press("ctrl+s").See("Changed by somebody else").Press("r").See("yours is kept; theirs: http://127.0.0.1:3128").See("1 resource")
	d.Press("ctrl+s").Noticed("Saved erp")
	got := stored(t, fx, c.ID)
	if got.Transport.Proxy != "none" || len(got.Auth.Resources) != 1 || !got.KeepBodies {
		t.Fatalf("stored %+v", got)
	}
}

func TestTheDeviceGrantIsChosen(t *testing.T) {
	fx := fixture(t)
	d := blank(t, fx, 80, 40).Type("erp").Press("tab").Type("https://erp.example.com")
	focus(t, d, "token_url")
	d.Type("https://login.example.com/t")
	focus(t, d, "client_id")
	d.Type("hub")
	focus(t, d, "grant")
	d.Press("right").See("a person allows it on another device").Gone("Username").Press("tab").Type("https://login.example.com/d")
	send(t, d, "n")
	d.Gone("Client secret").Press("ctrl+s").Noticed("Created erp")
	a := d.Screen.(*Form).saved.Client.Auth
	if a.Grant != model.GrantDevice || a.Send != model.SendNone || a.DeviceURL != "https://login.example.com/d" {
		t.Fatalf("saved %+v", a)
	}
}

func TestAdvancedSettingsAreSaved(t *testing.T) {
	fx := fixture(t)
	c := erp(t, fx, nil)
	d := edit(t, fx, c)
	focus(t, d, "advanced")
	d.See("▸ 1 parameter").Press("enter")
	focus(t, d, "resource.add")
	d.Press("enter").Type("https://erp.example.com/api")
	focus(t, d, "token_header.add")
	d.Press("enter").Type("X-Tenant").Press("tab").Type("t1")
	focus(t, d, "place_header")
	d.Type("X-Access-Token")
	focus(t, d, "advanced")
	d.Press("enter").See("1 parameter, 1 resource").Press("ctrl+s").Noticed("Saved erp")
	a := stored(t, fx, c.ID).Auth
	if len(a.Resources) != 1 || len(a.Headers) != 1 || a.Headers[0].Name != "X-Tenant" || a.Place.Header != "X-Access-Token" || len(a.Params) != 1 {
		t.Fatalf("stored %+v", a)
	}
}

func TestGoldensOfSettings(t *testing.T) {
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			fx := fixture(t)
			key, _ := keyPair(t)
			d := signed(t, fx, size.w, size.h).Paste(key).See("P-256 key set").Golden("key-" + size.name)
			focus(t, d, "tls")
			d.Press("enter")
			focus(t, d, "insecure")
			d.Press("space").Golden("tls-" + size.name)
			focus(t, d, "tls")
			d.Press("enter")
			focus(t, d, "transport")
			d.Press("enter")
			focus(t, d, "proxy")
			d.Type("http://proxy.example.com:3128").Golden("transport-" + size.name)
			focus(t, d, "transport")
			d.Press("enter")
			focus(t, d, "advanced")
			d.Press("enter")
			focus(t, d, "token_header.add")
			d.Press("enter").Type("X-Tenant").Golden("advanced-" + size.name)
			focus(t, d, "send")
			d.Press("enter").See("form parameters").Golden("send-80x24") // as wide as an overlay in a driver
		})
	}
}
