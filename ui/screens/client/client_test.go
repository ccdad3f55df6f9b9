package client

import (
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/clients"
	"ferry/model/gateway"
	"ferry/model/modeltest"
	"ferry/storage/storagetest"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
)

// full saves a client in which everything is set, and shows its page.
func full(t *testing.T, w, h int) (*screentest.Fixture, *screentest.Driver) {
	t.Helper()
	store, _ := storagetest.NewWithSpace(t)
	fx := screentest.New(t, store)
	testKey, testCert := modeltest.KeyPair(t)
	secret := func(name, value string) clients.HeaderDraft {
		return clients.HeaderDraft{Name: name, Value: clients.Set(value), Secret: true}
	}
	saved, err := fx.Hub.Clients.Create(fx.Env.Ctx, fx.Hub.Space, clients.Draft{
		Name: "erp", BaseURL: "https://erp.example.com/api", Method: model.AuthOAuth2, Issuer: "https://login.example.com",
		TokenURL: "https://login.example.com/token", ClientID: "hub", Send: model.SendKey, Key: clients.Set(testKey),
		Assertion: model.Assertion{KeyID: "k1", Algorithm: "ES256", Audience: model.AudienceTokenURL},
		Resources: []string{"https://erp.example.com"}, TokenHeaders: []clients.HeaderDraft{secret("X-Token-Key", "token-canary")},
		Headers:   []clients.HeaderDraft{secret("X-API-Key", "key-canary")},
		Place:     model.Place{Header: "X-Access-Token", Prefix: "Token"},
		Transport: model.Transport{Proxy: "http://127.0.0.1:3128", ProxyUser: "u", Connect: 3 * time.Second, RateLimit: 2.5, UserAgent: "hub/1"},
		TLS:       model.TLS{CertPEM: testCert, Insecure: true}, TLSKey: clients.Set(testKey), ProxyPassword: clients.Set("proxy-canary"),
		KeepBodies: true,
		Gateway:    model.Exposure{Origins: []string{"https://app.example.com"}, Methods: []string{"GET"}, Cookies: true},
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"partner", "robot"} {
		if _, err := fx.Hub.Users.Create(fx.Env.Ctx, fx.Hub.Space, apiusers.Draft{Username: name, Permissions: []string{"call:erp"}}, ""); err != nil {
			t.Fatal(err)
		}
	}
	rule := gateway.RuleDraft{User: "partner", Client: "erp", ReadOnly: true, PerDay: 1000}
	if _, err := fx.Hub.Gateway.Set(fx.Env.Ctx, fx.Hub.Space, rule, ""); err != nil {
		t.Fatal(err)
	}
	return fx, screentest.Drive(t, New(fx.Env, saved.Client.ID), w, h).See("CONNECTION")
}

func TestThePageShowsEverySettingAndNoSecret(t *testing.T) {
	_, d := full(t, 80, 60)
	for _, text := range []string{
		"! certificates are not checked", "signed assertion", "Private key ••••••••", "Key ID k1", "the token URL",
		"Resource https://erp.example.com", "X-Token-Key: ••••••••", "in the header X-Access-Token, after Token",
		"http://127.0.0.1:3128", "Proxy password ••••••••", "2.5 at most", "hub/1", "3s", "CN=hub, until", "bodies are kept",
	} {
		d.See(text)
	}
	if v := d.View(); strings.Contains(v, "canary") || strings.Contains(v, "BEGIN") {
		t.Fatalf("a secret shows:\n%s", v)
	}
	if d.Screen.Title() != "erp (insecure)" {
		t.Fatalf("title %q", d.Screen.Title())
	}
}

// Issue 6: where others reach the client, what is let through, and who may call it.
func TestThePageShowsTheGateway(t *testing.T) {
	fx, d := full(t, 80, 90)
	d.See("http://127.0.0.1:8080/gw/erp/…  (no server runs here)").See("https://app.example.com may GET").See("Set-Cookie")
	d.See("partner: reads only, every path · 1,000 a day").See("robot: every method and path")
	fx.Server.Run(&model.ServerStatus{URL: "https://hub.example.com", Ready: true})
	robot, err := fx.Hub.Users.ByName(fx.Env.Ctx, fx.Hub.Space, "robot")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fx.Hub.Users.SetState(fx.Env.Ctx, fx.Hub.Space, robot.ID, model.Disabled, ""); err != nil {
		t.Fatal(err)
	}
	d.Send(screen.Changed{})
	d.See("https://hub.example.com/gw/erp/…").Gone("no server runs").See("robot: disabled · every method")
	for _, name := range []string{"partner", "robot"} {
		u, err := fx.Hub.Users.ByName(fx.Env.Ctx, fx.Hub.Space, name)
		if err != nil {
			t.Fatal(err)
		}
		if err := fx.Hub.Users.Delete(fx.Env.Ctx, fx.Hub.Space, u.ID, 0, name); err != nil {
			t.Fatal(err)
		}
	}
	d.Send(screen.Changed{})
	d.See("nobody: an API user needs the permission call:erp")
}

// Each secret is revealed by itself, and the audit log says which.
func TestEverySecretIsRevealedByItselfAndAudited(t *testing.T) {
	fx, d := full(t, 80, 80)
	for i, c := range []struct{ field, shows string }{
		{"key", "BEGIN PRIVATE KEY"},
		{"token_headers.X-Token-Key", "token-canary"},
		{"cert_key", "BEGIN PRIVATE KEY"},
		{"proxy_password", "proxy-canary"},
		{"headers.X-API-Key", "key-canary"},
	} {
		d.Press("v").See("Reveal for 10 seconds (audited)")
		for range i {
			d.Press("down")
		}
		d.Press("enter").See(c.shows)
		page, _, err := fx.Hub.Audit.List(fx.Env.Ctx, fx.Hub.Space, "", 1)
		if err != nil || len(page) != 1 || page[0].Action != "secret.reveal" || page[0].Changes[0].Field != c.field {
			t.Fatalf("%s: audit %+v, %v", c.field, page, err)
		}
		d.Press("v").Gone(c.shows)
	}
}

func TestGoldens(t *testing.T) {
	for _, size := range screentest.Sizes {
		t.Run(size.Name, func(t *testing.T) {
			_, d := full(t, size.W, size.H)
			d.Golden("full-" + size.Name).Press("G").Golden("full-end-" + size.Name)
		})
	}
}
