package clients_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/clients"
)

func exposed(origins []string, methods ...string) clients.Draft {
	d := clients.Draft{Name: "erp", BaseURL: "https://erp.example.com"}
	d.Gateway = model.Exposure{Origins: origins, Methods: methods}
	return d
}

// An origin is exactly what a browser sends, or it is refused.
func TestOriginsAreExact(t *testing.T) {
	for typed, want := range map[string]string{
		"https://app.example.com": "https://app.example.com", " HTTPS://App.Example.Com ": "https://app.example.com",
		"https://app.example.com:443": "https://app.example.com", "https://app.example.com:8443": "https://app.example.com:8443",
		"http://localhost": "http://localhost", "http://localhost:80": "http://localhost", "http://127.0.0.1:3000": "http://127.0.0.1:3000",
		"http://[::1]:8080": "http://[::1]:8080", "https://[2001:db8::1]": "https://[2001:db8::1]", "https://192.0.2.7": "https://192.0.2.7",
		"https://xn--pfel-koa.example.com": "https://xn--pfel-koa.example.com", "https://intranet": "https://intranet", "https://a_b.example.com": "https://a_b.example.com",
		"https://app.example.com:80": "https://app.example.com:80",
	} {
		b := newBench(t)
		c := b.create(t, exposed([]string{typed}))
		if !slices.Equal(c.Gateway.Origins, []string{want}) {
			t.Errorf("%q is kept as %q", typed, c.Gateway.Origins)
		}
	}
	for _, typed := range []string{
		"", "*", "null", "https://*", "https://*.example.com", "https://app.example.com/", "https://app.example.com/x", "https://app.example.com?x", "https://app.example.com#x",
		"https://user@app.example.com", "https://user:pw@app.example.com", "app.example.com", "//app.example.com", "ftp://app.example.com", "file://", "data:x", "https:app.example.com",
		"https://", "https://:443", "https://app.example.com:", "https://app.example.com:0", "https://app.example.com:99999", "https://app.example.com:x", "http://app.example.com",
		"http://10.0.0.1", "http://localhost.example.com", "https://äpfel.example.com", "https://app..example.com", "https://app.example.com.", "https://a b.example.com", "https://app.example.com\r\nX: y",
		"https://a.example.com,https://b.example.com", "https://a.example.com https://b.example.com", "https://[fe80::1%25eth0]", "https://[::ffff:1.2.3.4", "https://app%2eexample.com", "https://\u202eapp.example.com",
		"https://" + strings.Repeat("a", 64) + ".example.com", "https://" + strings.Repeat("a.", 200) + "com", "https://app.example.com\\x", "https://app.example.com;x",
	} {
		report := clients.Check(exposed([]string{"https://ok.example.com", typed}), nil)
		if len(report.Problems) != 1 || report.Problems[0].Field != "cors_origins" {
			t.Errorf("%q: %v", typed, report.Problems)
			continue
		}
		if msg := report.Problems[0].Message; model.Printable(msg) != msg {
			t.Errorf("%q: the message is not printable: %q", typed, msg)
		}
	}
}

func TestExposureHasLimits(t *testing.T) {
	var origins []string
	for i := range model.MaxGatewayOrigins + 1 {
		origins = append(origins, fmt.Sprintf("https://app-%d.example.com", i))
	}
	if p := clients.Check(exposed(origins[1:]), nil).Problems; len(p) > 0 {
		t.Errorf("%d origins: %v", len(origins)-1, p)
	}
	if p := clients.Check(exposed(origins), nil).Problems; len(p) != 1 || p[0].Field != "cors_origins" {
		t.Errorf("%d origins: %v", len(origins), p)
	}
	for _, m := range []string{"", "G T", "TRACE", "connect", "GÉT", "GET,POST", "GET\nX: y", strings.Repeat("A", 33)} {
		if p := clients.Check(exposed(nil, "GET", m), nil).Problems; len(p) != 1 || p[0].Field != "cors_methods" {
			t.Errorf("%q: %v", m, p)
		}
	}
}

// What is edited is shown, kept by an edit of something else, told in the audit log, and copied.
func TestExposureIsEditedShownAndTold(t *testing.T) {
	b := newBench(t)
	d := exposed([]string{"https://a.example.com", "https://A.example.com:443", "https://b.example.com"}, "put", "GET", "get")
	d.Gateway.Upgrades, d.Gateway.Cookies, d.Gateway.Realm = true, true, true
	c := b.create(t, d)
	want := model.Exposure{Origins: []string{"https://a.example.com", "https://b.example.com"}, Methods: []string{"GET", "PUT"}, Upgrades: true, Cookies: true, Realm: true}
	if diff := cmp.Diff(want, c.Gateway); diff != "" {
		t.Error(diff)
	}
	v := clients.ViewOf(b.space, &c)
	if !slices.Equal(v.CORSOrigins, want.Origins) || !slices.Equal(v.CORSMethods, want.Methods) || !v.Upgrades || !v.Cookies || !v.Realm {
		t.Errorf("shown: %+v", v)
	}
	edit := clients.DraftOf(c)
	edit.Timeout = 7e9
	saved, err := b.Update(b.ctx, b.space, c.ID, edit, "")
	if diff := cmp.Diff(want, saved.Client.Gateway); err != nil || diff != "" {
		t.Error(err, diff)
	}
	copied, err := b.Duplicate(b.ctx, b.space, c.ID, "", "")
	if diff := cmp.Diff(want, copied.Gateway); err != nil || diff != "" {
		t.Error(err, diff)
	}
	edit = clients.DraftOf(saved.Client)
	edit.Gateway = model.Exposure{Origins: []string{"https://b.example.com"}}
	saved, err = b.Update(b.ctx, b.space, c.ID, edit, "")
	if err != nil || saved.Client.Revision != 3 {
		t.Fatalf("revision %d, %v", saved.Client.Revision, err)
	}
	var told []model.Change
	err = b.store.View(b.ctx, func(tx model.Tx) error {
		entries, err := tx.Audit().Page("", 1)
		told = entries[0].Changes
		return err
	})
	wantTold := []model.Change{
		{Field: "cors_origins", From: "https://a.example.com https://b.example.com", To: "https://b.example.com"},
		{Field: "cors_methods", From: "GET PUT"},
		{Field: "gateway_upgrades", From: "true", To: "false"},
		{Field: "gateway_cookies", From: "true", To: "false"},
		{Field: "gateway_realm", From: "true", To: "false"},
	}
	if diff := cmp.Diff(wantTold, told); err != nil || diff != "" {
		t.Error(err, diff)
	}
}
