package clients_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/clients"
)

// everything returns a draft with every secret there is.
func everything() clients.Draft {
	k := testKeys()
	d := oauth()
	signing(k.ec, "ES256")(&d)
	d.ClientSecret = clients.Set("s3cret")
	d.Issuer = "https://jobs.example.com"
	d.Assertion.KeyID = "k1"
	d.Headers = []clients.HeaderDraft{{Name: "X-API-Key", Value: clients.Set("k3y"), Secret: true}}
	d.TokenHeaders = []clients.HeaderDraft{{Name: "X-Gate", Value: clients.Set("g4te"), Secret: true}, {Name: "X-Tenant", Value: clients.Set("7")}}
	d.TLS.CertPEM, d.TLSKey = k.cert, clients.Set(k.ec)
	d.Transport = model.Transport{Proxy: "http://127.0.0.1:3128", ProxyUser: "me", RateLimit: 2.5, Connect: 2 * time.Second, UserAgent: "hub/1"}
	d.ProxyPassword = clients.Set("pr0xy")
	d.Resources, d.Place, d.KeepBodies = []string{"urn:a"}, model.Place{Header: "X-Token", Prefix: "Key"}, true
	return d
}

const secretsOfEverything = 6

// CASES: a client moved by someone who may edit it → the stored secrets are gone.
func TestMovingAClientClearsEverySecret(t *testing.T) {
	for name, move := range map[string]func(*clients.Draft){
		"base URL":        func(d *clients.Draft) { d.BaseURL = "https://evil.example.com" },
		"token URL":       func(d *clients.Draft) { d.TokenURL = "https://evil.example.com/t" },
		"issuer":          func(d *clients.Draft) { d.Issuer = "https://evil.example.com" },
		"device URL":      func(d *clients.Draft) { d.DeviceURL = "https://evil.example.com/d" },
		"trust":           func(d *clients.Draft) { d.TLS.CAPEM = testKeys().cert },
		"server name":     func(d *clients.Draft) { d.TLS.ServerName = "evil.example.com" },
		"insecure":        func(d *clients.Draft) { d.TLS.Insecure = true },
		"proxy":           func(d *clients.Draft) { d.Transport.Proxy = "http://evil.example.com:3128" },
		"port of a proxy": func(d *clients.Draft) { d.Transport.Proxy = "http://127.0.0.1:3129" },
		"kind of proxy":   func(d *clients.Draft) { d.Transport.Proxy = "socks5://127.0.0.1:3128" },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			c := b.create(t, everything())
			if n := len(c.Secrets()); n != secretsOfEverything {
				t.Fatalf("created with %d secrets", n)
			}
			d := clients.DraftOf(c)
			move(&d)
			saved, err := b.Update(b.ctx, b.space, c.ID, d, "")
			if err != nil {
				t.Fatal(err)
			}
			if n := len(saved.Client.Secrets()); n != 0 {
				t.Errorf("still has %d secrets", n)
			}
			cleared := ""
			for _, w := range saved.Warnings {
				if strings.Contains(w.Message, "cleared") {
					cleared += w.Field + " "
				}
			}
			if want := "cert_key client_secret headers.0 key proxy_password token_headers.0 "; cleared != want {
				t.Errorf("warned of %s, want %s", cleared, want)
			}
			again := clients.DraftOf(saved.Client)
			again.Audience = "other fields can still be edited"
			if _, err := b.Update(b.ctx, b.space, c.ID, again, ""); err != nil {
				t.Errorf("an incomplete client cannot be edited: %v", err)
			}
		})
	}
}

func TestWhatDoesNotMoveAClientKeepsItsSecrets(t *testing.T) {
	for name, edit := range map[string]func(*clients.Draft){
		"rate":                            func(d *clients.Draft) { d.Transport.RateLimit = 1 },
		"place":                           func(d *clients.Draft) { d.Place = model.Place{Query: "t"} },
		"token headers":                   func(d *clients.Draft) { d.TokenHeaders[1].Value = clients.Set("8") },
		"device URL beside the token URL": func(d *clients.Draft) { d.DeviceURL = "https://jobs.example.com/d" },
		"case of proxy":                   func(d *clients.Draft) { d.Transport.Proxy = "HTTP://127.0.0.1:3128" },
	} {
		b := newBench(t)
		c := b.create(t, everything())
		d := clients.DraftOf(c)
		edit(&d)
		saved, err := b.Update(b.ctx, b.space, c.ID, d, "")
		if err != nil || len(saved.Client.Secrets()) != secretsOfEverything {
			t.Errorf("%s: %d secrets left, %v", name, len(saved.Client.Secrets()), err)
		}
	}
}

func TestGoingDirectOrCheckingAgainDoesNotMoveAClient(t *testing.T) {
	b := newBench(t)
	d := oauth()
	d.TLS.Insecure, d.Transport.Proxy = true, "http://127.0.0.1:3128"
	c := b.create(t, d)
	for _, proxy := range []string{model.ProxyNone, ""} {
		edit := clients.DraftOf(c)
		edit.TLS.Insecure, edit.Transport.Proxy = false, proxy
		saved, err := b.Update(b.ctx, b.space, c.ID, edit, "")
		if err != nil || !saved.Client.Auth.ClientSecret.IsSet() {
			t.Fatalf("proxy %q: %+v, %v", proxy, saved, err)
		}
		c = saved.Client
	}
}

// A secret that belongs to something goes with it, so that it cannot come back later.
func TestASecretGoesWithWhatItBelongsTo(t *testing.T) {
	b := newBench(t)
	c := b.create(t, everything())
	d := clients.DraftOf(c)
	d.TLS.CertPEM, d.Transport.ProxyUser = "", ""
	saved, err := b.Update(b.ctx, b.space, c.ID, d, "")
	if err != nil || saved.Client.TLS.KeyPEM.IsSet() || saved.Client.Transport.ProxyPassword.IsSet() {
		t.Errorf("%+v, %v", saved, err)
	}
}

// What a stored client never needed is needed when an edit asks for it: only what was
// lost may stay missing.
func TestAnEditThatNeedsASecretMustGiveIt(t *testing.T) {
	b := newBench(t)
	c := b.create(t, oauth())
	for field, edit := range map[string]func(*clients.Draft){
		"key":            func(d *clients.Draft) { d.Send = model.SendKey },
		"cert_key":       func(d *clients.Draft) { d.TLS.CertPEM = testKeys().cert },
		"proxy_password": func(d *clients.Draft) { d.Transport = model.Transport{Proxy: "http://127.0.0.1:1", ProxyUser: "u"} },
		"token_headers.0": func(d *clients.Draft) {
			d.BaseURL = "https://else.example.com"
			d.TokenHeaders = []clients.HeaderDraft{{Name: "X-New", Secret: true}}
		},
	} {
		d := clients.DraftOf(c)
		edit(&d)
		_, err := b.Update(b.ctx, b.space, c.ID, d, "")
		wantCode(t, err, model.EInvalid)
		if got := model.AsError(err).Field; got != field {
			t.Errorf("the field is %q, want %q", got, field)
		}
	}
}

func TestWhatIsMissingNamesItsFlag(t *testing.T) {
	for field, want := range map[string]string{
		"client_secret": "--client-secret-file FILE", "password": "--password-file FILE", "key": "--key-file FILE",
		"cert_key": "--cert-key-file FILE", "proxy_password": "--proxy-password-file FILE",
		"headers.X-API-Key": "--secret-header-file NAME=FILE", "token_headers.X-Gate": "--secret-token-header-file X-Gate=FILE",
	} {
		k := testKeys()
		c := model.Client{
			Name: "erp", TLS: model.TLS{CertPEM: k.cert, KeyPEM: model.NewSecret("x")},
			Transport: model.Transport{ProxyUser: "u", ProxyPassword: model.NewSecret("x")},
			Headers:   []model.Header{{Name: "X-API-Key", Secret: true, Value: model.NewSecret("x")}},
			Auth: model.Auth{
				Method: model.AuthOAuth2, Send: model.SendAuto, ClientSecret: model.NewSecret("x"),
				Headers: []model.Header{{Name: "X-Gate", Secret: true, Value: model.NewSecret("x")}},
			},
		}
		switch field {
		case "client_secret":
			c.Auth.ClientSecret = model.Secret{}
		case "password":
			c.Auth.Grant = model.GrantPassword
		case "key":
			c.Auth.Send = model.SendKey
		case "cert_key":
			c.TLS.KeyPEM = model.Secret{}
		case "proxy_password":
			c.Transport.ProxyPassword = model.Secret{}
		case "headers.X-API-Key":
			c.Headers[0].Value = model.Secret{}
		default:
			c.Auth.Headers[0].Value = model.Secret{}
		}
		err := clients.RequireUsable(&c)
		wantCode(t, err, model.EIncomplete)
		if e := model.AsError(err); e.Field != field || !strings.HasSuffix(e.Next, want) {
			t.Errorf("%s: field %q, next %q", field, e.Field, e.Next)
		}
	}
}

func TestRotateAndRevealKnowEverySecret(t *testing.T) {
	k := testKeys()
	b := newBench(t)
	c := b.create(t, everything())
	for field, want := range map[string]string{
		"client_secret": "s3cret", "key": k.ec, "cert_key": k.ec, "proxy_password": "pr0xy",
		"headers.x-api-key": "k3y", "token_headers.X-Gate": "g4te",
	} {
		if got, err := b.Reveal(b.ctx, b.space, c.ID, field); err != nil || got.Reveal() != want {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, field := range []string{"password", "token_headers.X-None", "name", ""} {
		_, err := b.Reveal(b.ctx, b.space, c.ID, field)
		wantCode(t, err, model.ENotFound)
	}
	key, proxy := model.NewSecret(k.ecSEC1), model.NewSecret("n3w")
	got, err := b.Rotate(b.ctx, b.space, c.ID, clients.Rotation{
		Key: &key, ProxyPassword: &proxy, TokenHeaders: map[string]model.Secret{"x-gate": model.NewSecret("g2")},
	}, "")
	if err != nil || !got.Auth.Assertion.Key.Equal(key) || !got.Transport.ProxyPassword.Equal(proxy) || got.Auth.Headers[0].Value.Reveal() != "g2" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = b.Rotate(b.ctx, b.space, c.ID, clients.Rotation{Cert: k.cert, CertKey: &key}, ""); err != nil || !got.TLS.KeyPEM.Equal(key) {
		t.Errorf("certificate: %v", err)
	}
	rsa, empty := model.NewSecret(k.rsa), model.Secret{}
	for field, r := range map[string]clients.Rotation{
		"key_alg": {Key: &rsa}, "cert_key": {CertKey: &rsa}, "key": {Key: &empty}, "password": {Password: &proxy},
		"token_headers.X-None": {TokenHeaders: map[string]model.Secret{"X-None": proxy}},
	} {
		_, err := b.Rotate(b.ctx, b.space, c.ID, r, "")
		wantCode(t, err, model.EInvalid)
		if got := model.AsError(err).Field; got != field {
			t.Errorf("the field is %q, want %q", got, field)
		}
	}
	_, err = b.Rotate(b.ctx, b.space, c.ID, clients.Rotation{Cert: k.cert}, "")
	wantCode(t, err, model.EInvalid)
	noAuth := b.create(t, clients.Draft{Name: "plain", BaseURL: "https://erp.example.com"})
	_, err = b.Rotate(b.ctx, b.space, noAuth.ID, clients.Rotation{Key: &key}, "")
	wantCode(t, err, model.EInvalid)
}

// Neither the outside shape nor the audit log nor the lines for curl hold a secret, and
// all three tell of every field.
func TestEveryFieldIsToldAndNoSecret(t *testing.T) {
	b := newBench(t)
	d := everything()
	d.Assertion.Audience = model.AudienceTokenURL
	d.DeviceURL = "" // the grant is client_credentials
	c := b.create(t, d)
	shape, err := json.Marshal(clients.ViewOf(b.space, &c))
	if err != nil {
		t.Fatal(err)
	}
	log, lines := strings.Join(b.log(t), "\n"), clients.Curl(&c)
	for name, text := range map[string]string{"shape": string(shape), "log": log, "lines": lines} {
		for _, secret := range []string{"s3cret", "k3y", "g4te", "pr0xy", "PRIVATE", "BEGIN"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in the %s", secret, name)
			}
		}
	}
	for _, part := range []string{
		`"key":{"set":true},"key_id":"k1","key_alg":"ES256","key_audience":"token_url"`, `"resources":["urn:a"]`,
		`"token_headers":[{"name":"X-Gate","value":{"set":true},"secret":true},{"name":"X-Tenant","value":"7","secret":false}]`,
		`"place":{"header":"X-Token","prefix":"Key"}`, `"tls":{"ca":false,"certificate":true,"key":{"set":true},"insecure":false}`,
		`"transport":{"proxy":"http://127.0.0.1:3128","proxy_user":"me","proxy_password":{"set":true},"connect_timeout":"2s","user_agent":"hub/1","rate_limit":2.5}`,
		`"keep_bodies":true`,
	} {
		if !strings.Contains(string(shape), part) {
			t.Errorf("no %s in %s", part, shape)
		}
	}
	for _, part := range []string{
		"{send  key}", "{key  set}", "{key_id  k1}", "{key_alg  ES256}", "{key_audience  token_url}", "{resources  urn:a}",
		"{token header X-Gate  set}", "{token header X-Tenant  7}", "{place  header X-Token, prefix Key}", "{cert  set}", "{cert_key  set}",
		"{proxy  http://127.0.0.1:3128}", "{proxy_user  me}", "{proxy_password  set}", "{connect_timeout 0s 2s}", "{user_agent  hub/1}",
		"{rate_limit 0 2.5}", "{keep_bodies false true}",
	} {
		if !strings.Contains(log, part) {
			t.Errorf("no %s in the log %s", part, log)
		}
	}
	for _, part := range []string{
		"--cert client.pem --key client-key.pem", "--proxy http://127.0.0.1:3128 --proxy-user 'me:" + model.Mask, "--connect-timeout 2",
		"--user-agent hub/1", `-H "X-Token: Key $TOKEN"`, "resource=urn:a", "'X-Tenant: 7'", "client_assertion_type", "$ASSERTION",
	} {
		if !strings.Contains(lines, part) {
			t.Errorf("no %s in\n%s", part, lines)
		}
	}
	// An edit that changes nothing finds nothing to change.
	if saved, err := b.Update(b.ctx, b.space, c.ID, clients.DraftOf(c), ""); err != nil || saved.Client.Revision != c.Revision {
		t.Errorf("revision %d, %v", saved.Client.Revision, err)
	}
	again, err := b.Duplicate(b.ctx, b.space, c.ID, "copy", "")
	if err != nil {
		t.Fatal(err)
	}
	equal := cmp.Comparer(func(a, b model.Secret) bool { return a.Equal(b) })
	if diff := cmp.Diff(c.Auth, again.Auth, equal) + cmp.Diff(c.TLS, again.TLS, equal) + cmp.Diff(c.Transport, again.Transport, equal); diff != "" {
		t.Errorf("the copy differs: %s", diff)
	}
}

func TestCurlOfEveryWay(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*clients.Draft)
		want []string
	}{
		"insecure, query": {
			func(d *clients.Draft) { d.TLS.Insecure, d.Place.Query = true, "t&k" },
			[]string{"TOKEN=$(curl -s --insecure ", "curl --insecure 'https://jobs.example.com/api?t%26k='\"$TOKEN\"\n"},
		},
		"prefix":  {func(d *clients.Draft) { d.Place.Prefix = `a"$b` }, []string{`-H "Authorization: a\"\$b $TOKEN"`}},
		"direct":  {func(d *clients.Draft) { d.Transport.Proxy = "none" }, []string{"--noproxy '*'"}},
		"device":  {device, []string{"TOKEN=$(ferry token dvinci)"}},
		"trust":   {func(d *clients.Draft) { d.TLS.CAPEM, d.TLS.MinVersion = testKeys().cert, "1.3" }, []string{"--cacert ca.pem --tlsv1.3 "}},
		"another": {func(d *clients.Draft) { d.Place.Header = "X-Token" }, []string{`-H "X-Token: $TOKEN"`}},
		"mTLS": {func(d *clients.Draft) {
			d.Send, d.ClientSecret, d.TLS.CertPEM, d.TLSKey = model.SendTLS, clients.SecretEdit{}, testKeys().cert, clients.Set(testKeys().ec)
		}, []string{"--cert client.pem", "--data-urlencode client_id=hub"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			d := oauth()
			c.edit(&d)
			stored := b.create(t, d)
			got := clients.Curl(&stored)
			for _, part := range c.want {
				if !strings.Contains(got, part) {
					t.Errorf("no %s in\n%s", part, got)
				}
			}
		})
	}
}

// The text of a place in the audit log tells every place from every other.
func TestEveryChangeOfPlaceIsAudited(t *testing.T) {
	b := newBench(t)
	c := b.create(t, oauth())
	for i, p := range []model.Place{{Header: "X"}, {Prefix: "X"}, {Query: "X"}, {Header: "X", Prefix: "Y"}, {}} {
		d := clients.DraftOf(c)
		d.Place = p
		saved, err := b.Update(b.ctx, b.space, c.ID, d, "")
		if err != nil || saved.Client.Revision != uint64(i+2) || saved.Client.Auth.Place != p {
			t.Fatalf("%+v: revision %d, %v", p, saved.Client.Revision, err)
		}
		if log := b.log(t)[0]; !strings.Contains(log, fmt.Sprintf("r%d", i+2)) || !strings.Contains(log, "place") {
			t.Errorf("%+v: %s", p, log)
		}
		c = saved.Client
	}
}
