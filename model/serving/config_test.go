package serving_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ferry/model"
	"ferry/model/serving"
)

func TestSettingsOfAStoreThatNobodyServed(t *testing.T) {
	k := newKit(t)
	rows, err := k.Settings(k.ctx)
	k.do(err)
	var got []string
	for _, r := range rows {
		if got = append(got, r.Name+"="+r.Value); !r.Default || r.Help == "" {
			t.Errorf("%+v", r)
		}
	}
	want := "listen=127.0.0.1:8080 public_url= aliases= algorithm=ES256 default_ttl=10m rotate_every=90d behind_proxy= tls_cert= tls_key= admin_listen="
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
	c, err := k.Config(k.ctx)
	if err != nil || c.Revision != 0 || c.RotateEvery != serving.DefaultRotateEvery || c.DefaultTTL != model.DefaultTTL {
		t.Errorf("%+v, %v", c, err)
	}
	if err := serving.Check(c); err != nil {
		t.Errorf("the defaults are wrong: %v", err)
	}
}

func TestSettingOneAfterTheOther(t *testing.T) {
	k := newKit(t)
	for _, c := range []struct{ name, value, shown string }{
		{"public_url", "HTTPS://Hub.Example.com:8443/", "https://hub.example.com:8443"},
		{"behind_proxy", " 10.1.2.3/8, 192.0.2.7,::ffff:10.0.0.0/104 ", "10.0.0.0/8,192.0.2.7/32"},
		{"listen", "0.0.0.0:0", "0.0.0.0:0"},
		{"aliases", "/plt/oauth2/token, /realms/{space}/protocol/openid-connect/token", "/plt/oauth2/token,/realms/{space}/protocol/openid-connect/token"},
		{"algorithm", "eddsa", "EdDSA"},
		{"default_ttl", "1440m", "1440m"},
		{"default_ttl", "1h", "60m"},
		{"rotate_every", "30d", "30d"},
		{"rotate_every", "0", "0"},
		{"rotate_every", "36h", "2160m"},
		{"rotate_every", "1d", "1d"},
		{"default_ttl", "1d", "1440m"},
		{"tls_cert", "/etc/ferry/tls.crt", "/etc/ferry/tls.crt"},
		{"tls_key", "/etc/ferry/tls.key", "/etc/ferry/tls.key"},
		{"behind_proxy", "", ""},
		{"admin_listen", "127.0.0.1:9090", "127.0.0.1:9090"},
		{"rotate_every", "", "90d"},
	} {
		_, err := k.Set(k.ctx, c.name, c.value)
		if err != nil {
			t.Errorf("set %s %s: %v", c.name, c.value, err)
		}
		rows, err := k.Settings(k.ctx)
		k.do(err)
		i := slices.IndexFunc(rows, func(r serving.Setting) bool { return r.Name == c.name })
		if rows[i].Value != c.shown || rows[i].Default != (c.value == "") {
			t.Errorf("set %s %s: %+v, want %s", c.name, c.value, rows[i], c.shown)
		}
	}
	c, err := k.Config(k.ctx)
	k.do(err)
	if c.Revision != 17 || c.Updated.By != "alice" || serving.Check(c) != nil {
		t.Errorf("%+v, %v", c, serving.Check(c))
	}
	log := k.log()
	if want := "serve.config r3 by alice [{listen 127.0.0.1:8080 0.0.0.0:0}]"; len(log) != 17 || log[2] != want {
		t.Errorf("the audit log is\n%s", strings.Join(log, "\n"))
	}
	if _, err := k.Set(k.ctx, "admin_listen", "127.0.0.1:9090"); err != nil || len(k.log()) != 17 {
		t.Errorf("setting what is set leaves an entry, %v", err)
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	k := newKit(t)
	long := "/" + strings.Repeat("a", 300)
	for _, c := range []struct{ name, value, message string }{
		{"port", "1", "there is no setting"},
		{"listen", "8080", "host:port"},
		{"listen", "127.0.0.1:65536", "the port is not between 0 and 65535"},
		{"listen", "a b:1", "no address and no host name"},
		{"listen", "0.0.0.0:8080", "beyond loopback"},
		{"listen", ":8080", "beyond loopback"},
		{"listen", "[::]:8080", "beyond loopback"},
		{"listen", "hub.example.com:8080", "beyond loopback"},
		{"public_url", "hub.example.com", "an origin, as in"},
		{"public_url", "ftp://hub.example.com", "an origin, as in"},
		{"public_url", "https://", "an origin, as in"},
		{"public_url", "https://hub.example.com/path", "an origin alone"},
		{"public_url", "https://hub.example.com?x", "an origin alone"},
		{"public_url", "https://hub.example.com#x", "an origin alone"},
		{"public_url", "https://u:p@hub.example.com", "user name or password"},
		{"public_url", "https://hub.example.com:0", "no host with a port"},
		{"public_url", "https://hub.example.com:", "no host with a port"},
		{"public_url", "https://hub_x.example.com", "no host with a port"},
		{"public_url", "http://hub.example.com", "in the clear"},
		{"public_url", "https://" + strings.Repeat("a", 300), "at most 256"},
		{"aliases", "plt/token", "does not begin with '/'"},
		{"aliases", "/", "ends in '/'"},
		{"aliases", "/plt/", "ends in '/'"},
		{"aliases", "//token", "holds '//'"},
		{"aliases", "/a//b", "holds '//'"},
		{"aliases", "/a/../b", "holds the segment '..'"},
		{"aliases", "/a/./b", "holds the segment '.'"},
		{"aliases", "/a b", "holds more than"},
		{"aliases", "/a/%2e", "holds more than"},
		{"aliases", "/a/{id}", "holds more than"},
		{"aliases", "/a/{space...}", "holds more than"},
		{"aliases", "/a/x{space}", "holds more than"},
		{"aliases", "/a/*", "holds more than"},
		{"aliases", "/{space}/token", "begins with {space}"},
		{"aliases", "/a/{space}/{space}", "holds {space} twice"},
		{"aliases", long, "is too long"},
		{"aliases", "/a/b,/a/b", "is given twice"},
		{"aliases", "/a/{space}/b,/a/c/{space}", "both stand for one path"},
		{"aliases", "/oauth2/token", "one of the hub's own paths"},
		{"aliases", "/oauth2", "one of the hub's own paths"},
		{"aliases", "/spaces/{space}/token", "one of the hub's own paths"},
		{"aliases", "/restApi/token", "one of the hub's own paths"},
		{"aliases", "/hooks/{space}", "one of the hub's own paths"},
		{"aliases", "/odata/v4/token", "one of the hub's own paths"},
		{"aliases", "/openapi.json", "one of the hub's own paths"},
		{"aliases", "/.well-known/token", "one of the hub's own paths"},
		{"aliases", "/gw/token", "one of the hub's own paths"},
		{"aliases", "/healthz", "one of the hub's own paths"},
		{"aliases", strings.Repeat("/a,", 21), "at most 20"},
		{"algorithm", "HS256", "ES256, EdDSA or RS256"},
		{"algorithm", "none", "ES256, EdDSA or RS256"},
		{"default_ttl", "0", "whole minutes"},
		{"default_ttl", "30s", "no span of time"},
		{"default_ttl", "90s", "no span of time"},
		{"default_ttl", "1441m", "whole minutes"},
		{"default_ttl", "ten", "no span of time"},
		{"default_ttl", "-1m", "no span of time"},
		{"rotate_every", "23h", "from 1d to 3650d"},
		{"rotate_every", "3651d", "from 1d to 3650d"},
		{"rotate_every", "-1ns", "no span of time"},
		{"rotate_every", "99999999999d", "no span of time"},
		{"behind_proxy", "proxy.example.com", "no network"},
		{"behind_proxy", "10.0.0.0/33", "no network"},
		{"behind_proxy", "fe80::1%eth0", "a zone"},
		{"behind_proxy", "::ffff:10.0.0.0/90", "holds more than IPv4 addresses mapped"},
		{"behind_proxy", "0.0.0.0/0", "is everybody"},
		{"behind_proxy", "::/0", "is everybody"},
		{"behind_proxy", "10.0.0.0/8,::ffff:0.0.0.0/96", "is everybody"},
		{"tls_cert", "tls.crt", "an absolute path"},
		{"tls_key", "./tls.key", "an absolute path"},
		{"tls_key", "/etc/\x1b[31m", "no path of a file"},
		{"admin_listen", "nowhere", "host:port"},
		{"admin_listen", "127.0.0.1:8080", "another port"},
	} {
		_, err := k.Set(k.ctx, c.name, c.value)
		if err == nil {
			t.Errorf("set %s %q: done", c.name, c.value)
			continue
		}
		e := refused(t, err, model.EInvalid)
		if e.Field != c.name || !strings.Contains(e.Message, c.message) {
			t.Errorf("set %s %q: field %q, %q; want %q", c.name, c.value, e.Field, e.Message, c.message)
		}
		if strings.ContainsRune(e.Message, 0x1b) {
			t.Errorf("set %s %q: raw outside text in %q", c.name, c.value, e.Message)
		}
	}
	if got := k.log(); len(got) != 0 {
		t.Errorf("the audit log is %q", got)
	}
}

func TestASettingThatOthersNeedStays(t *testing.T) {
	k := newKit(t)
	for _, s := range [][2]string{
		{"public_url", "https://hub.example.com"}, {"tls_cert", "/t.crt"}, {"tls_key", "/t.key"}, {"listen", ":8443"},
	} {
		_, err := k.Set(k.ctx, s[0], s[1])
		k.do(err)
	}
	_, err := k.Set(k.ctx, "public_url", "")
	if e := refused(t, err, model.EInvalid); e.Field != "public_url" {
		t.Errorf("the field is %q", e.Field)
	}
	for _, name := range []string{"tls_cert", "tls_key"} {
		_, err = k.Set(k.ctx, name, "")
		if e := refused(t, err, model.EInvalid); e.Field != name || !strings.Contains(e.Message, "beyond loopback") {
			t.Errorf("%q: %s", e.Field, e)
		}
	}
	c, err := k.Config(k.ctx)
	k.do(err)
	k.do(serving.Check(c))
}

// To clear a certificate or its key clears both: a server starts with what is left. A
// certificate comes before its key, and Check says so.
func TestACertificateGoesWithItsKey(t *testing.T) {
	for _, name := range []string{"tls_cert", "tls_key"} {
		k := newKit(t)
		c, err := k.Set(k.ctx, "tls_cert", "/t.crt")
		k.do(err)
		if e := refused(t, serving.Check(c), model.EInvalid); e.Field != "tls_key" {
			t.Errorf("%q: %s", e.Field, e)
		}
		_, err = k.Set(k.ctx, "algorithm", "EdDSA")
		k.do(err) // what is wrong elsewhere does not stand in the way
		_, err = k.Set(k.ctx, "tls_key", "/t.key")
		k.do(err)
		c, err = k.Set(k.ctx, name, "")
		k.do(err)
		k.do(serving.Check(c))
		stored, err := k.Config(k.ctx)
		k.do(err)
		log := k.log()
		last := log[len(log)-1]
		if c.TLSCert+c.TLSKey+stored.TLSCert+stored.TLSKey != "" || !strings.Contains(last, "/t.crt") || !strings.Contains(last, "/t.key") {
			t.Errorf("after clearing %s: %+v, and the log ends with %s", name, stored, last)
		}
	}
}

func TestEveryFieldAtFaultIsNamed(t *testing.T) {
	err := serving.Check(model.ServeConfig{
		Listen: "0.0.0.0:80", Algorithm: "HS256", DefaultTTL: time.Second, RotateEvery: time.Second,
		Aliases: []string{"token"}, BehindProxy: []netip.Prefix{{}}, TLSCert: "a", AdminListen: "x",
	})
	var got []string
	for _, f := range refused(t, err, model.EInvalid).Fields {
		got = append(got, f.Field)
	}
	want := "aliases algorithm default_ttl rotate_every behind_proxy tls_cert tls_key admin_listen public_url"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
}

func TestWhereAServerMayListen(t *testing.T) {
	proxy := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct {
		name string
		c    model.ServeConfig
		ok   bool
	}{
		{"nothing set", model.ServeConfig{}, true},
		{"loopback", model.ServeConfig{Listen: "localhost:0"}, true},
		{"loopback, IPv6", model.ServeConfig{Listen: "[::1]:8080"}, true},
		{"loopback, a public URL for the proxy on this host", model.ServeConfig{Listen: "127.0.0.1:8080", PublicURL: "https://hub.example.com"}, true},
		{"beyond, alone", model.ServeConfig{Listen: "10.0.0.1:80"}, false},
		{"beyond, with TLS", model.ServeConfig{Listen: "10.0.0.1:443", TLSCert: "/c", TLSKey: "/k"}, false},
		{"beyond, with a URL", model.ServeConfig{Listen: "10.0.0.1:443", PublicURL: "https://hub.example.com"}, false},
		{"beyond, with both", model.ServeConfig{Listen: "10.0.0.1:443", PublicURL: "https://hub.example.com", TLSCert: "/c", TLSKey: "/k"}, true},
		{"beyond, behind a proxy", model.ServeConfig{Listen: "10.0.0.1:80", PublicURL: "https://hub.example.com", BehindProxy: proxy}, true},
		{"a URL that is not in its one form", model.ServeConfig{PublicURL: "https://hub.example.com/"}, false},
		{"a URL in capitals", model.ServeConfig{PublicURL: "https://Hub.example.com"}, false},
		{"a URL in the clear", model.ServeConfig{PublicURL: "http://hub.example.com"}, false},
		{"a URL in the clear on loopback", model.ServeConfig{PublicURL: "http://127.0.0.1:8080"}, true},
		{"a certificate without its key", model.ServeConfig{TLSCert: "/c"}, false},
		{"a key without its certificate", model.ServeConfig{TLSKey: "/k"}, false},
	} {
		if err := serving.Check(c.c); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// What With takes and Check lets pass is shown so that it reads back the same.
func TestSettingsReadBackAsTheyAreShown(t *testing.T) {
	k := newKit(t)
	names := []string{"listen", "public_url", "aliases", "algorithm", "default_ttl", "rotate_every", "behind_proxy", "tls_cert", "tls_key", "admin_listen"}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "name")
		value := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			"127.0.0.1:1", "https://a.b", "/a/{space}", "/a,/b", "1d", "48h", "1m", "10.0.0.0/8", "::1", "/x/y", "ES256", "0",
		})).Draw(t, "value")
		c, err := k.Set(k.ctx, name, value)
		if err != nil {
			return
		}
		rows, err := k.Settings(k.ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if r.Name != name {
				continue
			}
			again, err := k.Set(k.ctx, name, r.Value)
			if err != nil || again.Revision != c.Revision {
				t.Fatalf("%s %q is shown as %q, which makes revision %d of %d, %v", name, value, r.Value, again.Revision, c.Revision, err)
			}
		}
	})
}
