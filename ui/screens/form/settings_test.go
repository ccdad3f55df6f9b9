package form

import (
	"testing"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/modeltest"
	"ferry/ui/screens/screentest"
)

// signing saves a client that signs its assertions, with every kind of secret.
func signing(t *testing.T, fx *screentest.Fixture) (model.Client, string) {
	t.Helper()
	key, cert := modeltest.KeyPair(t)
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
			d.Focus("base_url")
			d.Press("ctrl+u").Type("https://evil.example.net")
		},
		"insecure": func(t *testing.T, d *screentest.Driver) {
			d.Focus("tls")
			d.Press("enter")
			d.Focus("insecure")
			d.Press("space")
		},
		"proxy": func(t *testing.T, d *screentest.Driver) {
			d.Focus("transport")
			d.Press("enter")
			d.Focus("proxy")
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
		d.Focus(at)
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
	d.Focus("audience")
	d.Type("urn:x").Press("ctrl+s").Noticed("Saved erp")
	got := stored(t, fx, c.ID)
	if got.Auth.Assertion.Key.Reveal() != key || got.TLS != c.TLS || got.Transport != c.Transport || got.Auth.Headers[0] != c.Auth.Headers[0] {
		t.Fatalf("stored %+v", got)
	}
}

func TestAProblemInsideAClosedSectionOpensIt(t *testing.T) {
	fx := fixture(t)
	d := blank(t, fx, 80, 40).Type("a").Press("tab").Type("https://a.example.com")
	d.Focus("transport")
	d.Press("enter", "tab")
	d.Focus("rate_limit")
	d.Type("many")
	d.Focus("transport")
	d.Press("enter").Gone("Requests a second").See("many/s").Press("ctrl+s").Noticed("not saved")
	d.See("Requests a second").See("✗ between")
}

func TestInsecureIsSaidWhileTheSectionIsClosed(t *testing.T) {
	d := blank(t, fixture(t), 80, 40)
	d.Focus("tls")
	d.Press("enter")
	d.Focus("insecure")
	d.Press("space").See("! certificates are not checked")
	d.Focus("tls")
	d.Press("enter").See("INSECURE (nothing is checked)").See("! certificates are not checked")
}

func TestConflictMergesWhatIsNew(t *testing.T) {
	fx := fixture(t)
	c := erp(t, fx, nil)
	d := edit(t, fx, c)
	d.Focus("transport")
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
	d.Focus("token_url")
	d.Type("https://login.example.com/t")
	d.Focus("client_id")
	d.Type("hub")
	d.Focus("grant")
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
	d.Focus("advanced")
	d.See("▸ 1 parameter").Press("enter")
	d.Focus("resource.add")
	d.Press("enter").Type("https://erp.example.com/api")
	d.Focus("token_header.add")
	d.Press("enter").Type("X-Tenant").Press("tab").Type("t1")
	d.Focus("place_header")
	d.Type("X-Access-Token")
	d.Focus("advanced")
	d.Press("enter").See("1 parameter, 1 resource").Press("ctrl+s").Noticed("Saved erp")
	a := stored(t, fx, c.ID).Auth
	if len(a.Resources) != 1 || len(a.Headers) != 1 || a.Headers[0].Name != "X-Tenant" || a.Place.Header != "X-Access-Token" || len(a.Params) != 1 {
		t.Fatalf("stored %+v", a)
	}
}

func TestGoldensOfSettings(t *testing.T) {
	for _, size := range screentest.Sizes {
		t.Run(size.Name, func(t *testing.T) {
			fx := fixture(t)
			key, _ := modeltest.KeyPair(t)
			d := signed(t, fx, size.W, size.H).Paste(key).See("P-256 key set").Golden("key-" + size.Name)
			d.Focus("tls")
			d.Press("enter")
			d.Focus("insecure")
			d.Press("space").Golden("tls-" + size.Name)
			d.Focus("tls")
			d.Press("enter")
			d.Focus("transport")
			d.Press("enter")
			d.Focus("proxy")
			d.Type("http://proxy.example.com:3128").Golden("transport-" + size.Name)
			d.Focus("transport")
			d.Press("enter")
			d.Focus("advanced")
			d.Press("enter")
			d.Focus("token_header.add")
			d.Press("enter").Type("X-Tenant").Golden("advanced-" + size.Name)
			d.Focus("send")
			d.Press("enter").See("form parameters").Golden("send-80x24") // as wide as an overlay in a driver
		})
	}
}
