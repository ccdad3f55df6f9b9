package form

import (
	"path/filepath"
	"strings"
	"testing"

	"ferry/model"
	"ferry/model/clients"
	"ferry/storage/storagetest"
	"ferry/ui/screens/screentest"
)

func fixture(t *testing.T) *screentest.Fixture {
	t.Helper()
	store, _ := storagetest.NewAt(t, filepath.Join(storagetest.Dir(t), "ferry.db"), screentest.First)
	return screentest.New(t, store)
}

// erp saves a client with every kind of secret.
func erp(t *testing.T, fx *screentest.Fixture) model.Client {
	t.Helper()
	saved, err := fx.Hub.Clients.Create(fx.Env.Ctx, fx.Hub.Space, clients.Draft{
		Name: "erp", BaseURL: "https://erp.example.com/api", Method: model.AuthOAuth2,
		TokenURL: "https://erp.example.com/oauth2/token", ClientID: "hub", ClientSecret: clients.Set("secret-canary"),
		Scopes: []string{"read", "write"}, Params: []model.Param{{Name: "resource", Value: "urn:erp"}},
		Headers: []clients.HeaderDraft{
			{Name: "X-API-Key", Value: clients.Set("key-canary"), Secret: true},
			{Name: "Accept-Language", Value: clients.Set("de")},
		},
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	return saved.Client
}

func TestCreateFromTheKeyboard(t *testing.T) {
	fx := fixture(t)
	d := screentest.Drive(t, New(fx.Env, ""), 80, 20)
	d.See("API Client").Press("enter").See("Connection name *")
	d.Type("djust-erp").Press("tab").Type("https://erp.example.com/api").Press("enter")
	d.Press("tab", "tab", "tab", "tab") // protected, timeout, TLS, method
	d.Type("").See("Access token URL *").Type("https://erp.example.com/oauth2/token")
	d.Press("down", "down").Type("hub").Press("down").Type("s3cret-canary")
	if v := d.View(); strings.Contains(v, "canary") {
		t.Fatalf("the secret shows:\n%s", v)
	}
	d.Press("ctrl+s").Noticed("Created djust-erp")
	d.Until("the pop", func() bool { return d.Popped })
	saved, ok := d.Result.(clients.Saved)
	if !ok || saved.Client.Name != "djust-erp" || saved.Client.Auth.ClientSecret.Reveal() != "s3cret-canary" ||
		saved.Client.Auth.ClientID != "hub" || saved.Client.Auth.TokenURL != "https://erp.example.com/oauth2/token" {
		t.Fatalf("saved %+v", d.Result)
	}
}
