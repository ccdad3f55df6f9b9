package clients_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ferry/model"
	"ferry/model/clients"
)

// oauth returns a draft of a valid OAuth 2.0 client.
func oauth() clients.Draft {
	return clients.Draft{
		Name: "dvinci", BaseURL: "https://jobs.example.com/api", Method: model.AuthOAuth2,
		TokenURL: "https://jobs.example.com/oauth2/token", ClientID: "hub", ClientSecret: clients.Set("s3cret"),
	}
}

func TestCheckNamesTheField(t *testing.T) {
	for _, c := range []struct {
		name  string
		edit  func(*clients.Draft)
		field string // "" means valid
	}{
		{"valid", func(*clients.Draft) {}, ""},
		{"no auth", func(d *clients.Draft) { *d = clients.Draft{Name: "erp", BaseURL: "https://erp.example.com"} }, ""},
		{"empty name", func(d *clients.Draft) { d.Name = "" }, "name"},
		{"64 characters", func(d *clients.Draft) { d.Name = strings.Repeat("a", 64) }, ""},
		{"65 characters", func(d *clients.Draft) { d.Name = strings.Repeat("a", 65) }, "name"},
		{"space in name", func(d *clients.Draft) { d.Name = "a b" }, "name"},
		{"umlaut in name", func(d *clients.Draft) { d.Name = "käse" }, "name"},
		{"newline in name", func(d *clients.Draft) { d.Name = "a\nb" }, "name"},
		{"a pasted token as name", func(d *clients.Draft) { d.Name = "eyJhbGciOiJFUzI1NiJ9." + strings.Repeat("x", 100) }, "name"},
		{"a flag as name", func(d *clients.Draft) { d.Name = "--yes" }, "name"},
		{"dots", func(d *clients.Draft) { d.Name = ".." }, "name"},
		{"all kinds of characters", func(d *clients.Draft) { d.Name = "Erp_2.prod-eu" }, ""},
		{"no base URL", func(d *clients.Draft) { d.BaseURL = "" }, "base_url"},
		{"relative base URL", func(d *clients.Draft) { d.BaseURL = "/api" }, "base_url"},
		{"no scheme", func(d *clients.Draft) { d.BaseURL = "erp.example.com" }, "base_url"},
		{"ftp", func(d *clients.Draft) { d.BaseURL = "ftp://x" }, "base_url"},
		{"no host", func(d *clients.Draft) { d.BaseURL = "https:///x" }, "base_url"},
		{"only a port", func(d *clients.Draft) { d.BaseURL = "https://:443" }, "base_url"},
		{"userinfo", func(d *clients.Draft) { d.BaseURL = "https://u:p@x.example.com" }, "base_url"},
		{"fragment", func(d *clients.Draft) { d.BaseURL = "https://x.example.com/#f" }, "base_url"},
		{"query", func(d *clients.Draft) { d.BaseURL = "https://x.example.com/?q=1" }, "base_url"},
		{"port 0", func(d *clients.Draft) { d.BaseURL = "https://x.example.com:0" }, "base_url"},
		{"port 65536", func(d *clients.Draft) { d.BaseURL = "https://x.example.com:65536" }, "base_url"},
		{"space in URL", func(d *clients.Draft) { d.BaseURL = "https://x.example.com/a b" }, "base_url"},
		{"plain http", func(d *clients.Draft) { d.BaseURL = "http://x.example.com" }, "base_url"},
		{"plain http allowed", func(d *clients.Draft) { d.BaseURL, d.AllowHTTP = "http://x.example.com", true }, ""},
		{"plain http to loopback", func(d *clients.Draft) { d.BaseURL = "http://127.0.0.1:8080" }, ""},
		{"plain http to IPv6 loopback", func(d *clients.Draft) { d.BaseURL = "http://[::1]:8080" }, ""},
		{"plain http to a name that looks like loopback", func(d *clients.Draft) { d.BaseURL = "http://localhost.evil.example" }, "base_url"},
		{"plain http token URL", func(d *clients.Draft) { d.TokenURL = "http://x.example.com/t" }, "token_url"},
		{"token URL with a query", func(d *clients.Draft) { d.TokenURL = "https://x.example.com/t?tenant=1" }, ""},
		{"no token URL and no issuer", func(d *clients.Draft) { d.TokenURL = "" }, "token_url"},
		{"issuer instead", func(d *clients.Draft) { d.TokenURL, d.Issuer = "", "https://x.example.com/realms/a" }, ""},
		{"bad issuer", func(d *clients.Draft) { d.TokenURL, d.Issuer = "", "x" }, "issuer"},
		{"no client id", func(d *clients.Draft) { d.ClientID = "" }, "client_id"},
		{"no client secret", func(d *clients.Draft) { d.ClientSecret = clients.SecretEdit{} }, "client_secret"},
		{"a secret to keep where none is stored", func(d *clients.Draft) { d.ClientSecret = clients.Keep() }, "client_secret"},
		{"newline in secret", func(d *clients.Draft) { d.ClientSecret = clients.Set("a\nb") }, "client_secret"},
		{"username alone", func(d *clients.Draft) { d.Username = "u" }, "password"},
		{"password alone", func(d *clients.Draft) { d.Password = clients.Set("p") }, "username"},
		{"password grant", func(d *clients.Draft) { d.Username, d.Password = "u", clients.Set("p") }, ""},
		{"public client with password grant", func(d *clients.Draft) {
			d.Username, d.Password, d.ClientSecret = "u", clients.Set("p"), clients.SecretEdit{}
		}, ""},
		{"scope with a space", func(d *clients.Draft) { d.Scopes = []string{"a b"} }, "scopes"},
		{"scope twice", func(d *clients.Draft) { d.Scopes = []string{"a", "a"} }, "scopes"},
		{"unknown send", func(d *clients.Draft) { d.Send = "carrier pigeon" }, "send"},
		{"unknown method", func(d *clients.Draft) { d.Method = "basic" }, "auth"},
		{"reserved parameter", func(d *clients.Draft) { d.Params = []model.Param{{Name: "client_secret", Value: "x"}} }, "params"},
		{"extra parameter", func(d *clients.Draft) { d.Params = []model.Param{{Name: "tenant", Value: "x"}} }, ""},
		{"timeout too short", func(d *clients.Draft) { d.Timeout = time.Millisecond }, "timeout"},
		{"timeout too long", func(d *clients.Draft) { d.Timeout = time.Hour }, "timeout"},
		{"CA that is none", func(d *clients.Draft) { d.TLS.CAPEM = "hello" }, "ca"},
		{"TLS 1.0", func(d *clients.Draft) { d.TLS.MinVersion = "1.0" }, "tls_min_version"},
		{"header", header("X-Tenant", "a", false), ""},
		{"header with a colon", header("X:Tenant", "a", false), "headers.0"},
		{"header without a name", header("", "a", false), "headers.0"},
		{"header value with CR LF", header("X-A", "a\r\nX-Evil: 1", false), "headers.0"},
		{"header value with NUL", header("X-A", "a\x00", false), "headers.0"},
		{"Host", header("host", "a", false), "headers.0"},
		{"Content-Length", header("Content-Length", "1", false), "headers.0"},
		{"hop-by-hop", header("Connection", "close", false), "headers.0"},
		{"secret header without a value", header("X-API-Key", "", true), "headers.0"},
		{"header twice", func(d *clients.Draft) {
			d.Headers = []clients.HeaderDraft{{Name: "X-A", Value: clients.Set("1")}, {Name: "x-a", Value: clients.Set("2")}}
		}, "headers.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := oauth()
			c.edit(&d)
			got := clients.Check(d, nil).Problems
			switch {
			case c.field == "" && len(got) > 0:
				t.Errorf("refused: %v", got)
			case c.field != "" && (len(got) != 1 || got[0].Field != c.field):
				t.Errorf("problems %v, want one with %s", got, c.field)
			}
		})
	}
}

func header(name, value string, secret bool) func(*clients.Draft) {
	return func(d *clients.Draft) {
		d.Headers = []clients.HeaderDraft{{Name: name, Value: clients.Set(value), Secret: secret}}
	}
}

func TestSecretByName(t *testing.T) {
	for name, want := range map[string]bool{
		"Authorization": true, "cookie": true, "x-api-key": true, "X_API_KEY": true, "X-Vendor-Api-Key": true, "X-Auth-Token": true,
		"My-Secret": true, "Accept": false, "X-Tenant": false, "Content-Type": false, "X-Tokenizer": false, "": false,
	} {
		if got := clients.SecretByName(name); got != want {
			t.Errorf("SecretByName(%q) = %t", name, got)
		}
	}
}

// Whatever is typed, a check never panics and its messages are printable.
func TestCheckSurvivesAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String()
		d := clients.Draft{
			Name: s.Draw(t, "name"), BaseURL: s.Draw(t, "url"), Method: model.AuthOAuth2, TokenURL: s.Draw(t, "token"),
			ClientID: s.Draw(t, "id"), Scopes: rapid.SliceOf(s).Draw(t, "scopes"), Username: s.Draw(t, "user"),
			Headers: []clients.HeaderDraft{{Name: s.Draw(t, "header"), Value: clients.Set(s.Draw(t, "value"))}},
		}
		for _, p := range clients.Check(d, nil).Problems {
			if p.Message != model.Printable(p.Message) {
				t.Fatalf("the message of %s is not printable: %q", p.Field, p.Message)
			}
		}
	})
}

func TestFilter(t *testing.T) {
	d := oauth()
	if clients.Check(d, nil).Err() != nil {
		t.Fatal("the draft is not valid")
	}
	if got := clients.Filter(nil, []clients.Summary{{}}, ""); len(got) != 1 {
		t.Errorf("an empty query matches everything, got %v", got)
	}
}
