package clients_test

import (
	"strings"
	"testing"

	"ferry/model"
	"ferry/model/clients"
)

// CASES: a client's base or token URL moved to another origin by someone who may edit
// it → the stored secret is gone, never sent there.
func TestMovingAClientClearsItsSecrets(t *testing.T) {
	full := oauth()
	full.Username, full.Password = "user", clients.Set("pa55")
	full.Headers = []clients.HeaderDraft{
		{Name: "X-API-Key", Value: clients.Set("k3y"), Secret: true},
		{Name: "X-Tenant", Value: clients.Set("tenant-1")},
	}
	for name, move := range map[string]func(*clients.Draft){
		"base URL host":          func(d *clients.Draft) { d.BaseURL = "https://evil.example.com/api" },
		"base URL port":          func(d *clients.Draft) { d.BaseURL = "https://jobs.example.com:8443/api" },
		"base URL scheme":        func(d *clients.Draft) { d.BaseURL, d.AllowHTTP = "http://jobs.example.com/api", true },
		"token URL":              func(d *clients.Draft) { d.TokenURL = "https://evil.example.com/oauth2/token" },
		"token URL to an issuer": func(d *clients.Draft) { d.TokenURL, d.Issuer = "", "https://evil.example.com" },
		"an issuer beside it":    func(d *clients.Draft) { d.Issuer = "https://evil.example.com" },
		"server name":            func(d *clients.Draft) { d.TLS.ServerName = "evil.example.com" },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			c := b.create(t, full)
			d := clients.DraftOf(c)
			move(&d)
			saved, err := b.Update(b.ctx, b.space, c.ID, d, "")
			if err != nil {
				t.Fatal(err)
			}
			got, err := b.Get(b.ctx, b.space, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Secrets()) != 0 {
				t.Errorf("still has %d secrets", len(got.Secrets()))
			}
			if got.Headers[1].Value.Reveal() != "tenant-1" {
				t.Error("a header that is no secret was lost")
			}
			if len(saved.Warnings) < 3 {
				t.Errorf("warnings %v", saved.Warnings)
			}
			wantCode(t, clients.RequireUsable(&got), model.EIncomplete)

			again := clients.DraftOf(got)
			again.Audience = "other fields can still be edited"
			if _, err := b.Update(b.ctx, b.space, c.ID, again, ""); err != nil {
				t.Errorf("an incomplete client cannot be edited: %v", err)
			}
		})
	}
	t.Run("given again in the same edit", func(t *testing.T) {
		b := newBench(t)
		c := b.create(t, full)
		d := clients.DraftOf(c)
		d.BaseURL = "https://new.example.com"
		d.ClientSecret, d.Password, d.Headers[0].Value = clients.Set("n1"), clients.Set("n2"), clients.Set("n3")
		saved, err := b.Update(b.ctx, b.space, c.ID, d, "")
		if err != nil || len(saved.Client.Secrets()) != 3 || clients.RequireUsable(&saved.Client) != nil {
			t.Errorf("%+v, %v", saved, err)
		}
	})
	t.Run("another path keeps them", func(t *testing.T) {
		b := newBench(t)
		c := b.create(t, full)
		d := clients.DraftOf(c)
		d.BaseURL, d.TokenURL = "https://JOBS.example.com:443/v2", "https://jobs.example.com/token2"
		saved, err := b.Update(b.ctx, b.space, c.ID, d, "")
		if err != nil || len(saved.Client.Secrets()) != 3 {
			t.Errorf("%d secrets left, %v", len(saved.Client.Secrets()), err)
		}
	})
}

// A move by way of a client without a secret must not win one back.
func TestMovingThereAndBackDoesNotRestoreASecret(t *testing.T) {
	b := newBench(t)
	c := b.create(t, oauth())
	for _, u := range []string{"https://evil.example.com", c.BaseURL} {
		d := clients.DraftOf(c)
		d.BaseURL = u
		d.ClientSecret = clients.Keep()
		saved, err := b.Update(b.ctx, b.space, c.ID, d, "")
		if err != nil {
			t.Fatal(err)
		}
		c = saved.Client
	}
	if len(c.Secrets()) != 0 {
		t.Error("the secret came back")
	}
}

// A stored secret is read by revealing it, which is audited, and in no other way.
func TestAKeptSecretHeaderStaysSecret(t *testing.T) {
	b := newBench(t)
	d := oauth()
	d.Headers = []clients.HeaderDraft{{Name: "X-Partner", Value: clients.Set("k3y"), Secret: true}}
	c := b.create(t, d)
	edit := clients.DraftOf(c)
	edit.Headers[0].Secret = false
	saved, err := b.Update(b.ctx, b.space, c.ID, edit, "")
	if err != nil || !saved.Client.Headers[0].Secret {
		t.Errorf("the mark was taken off a kept value: %v", err)
	}
	edit = clients.DraftOf(saved.Client)
	edit.Headers[0] = clients.HeaderDraft{Name: "X-Partner", Value: clients.Set("for all to see")}
	if saved, err = b.Update(b.ctx, b.space, c.ID, edit, ""); err != nil || saved.Client.Headers[0].Secret {
		t.Errorf("a value that was given again: %v", err)
	}
}

func TestRotateReplacesOnlyWhatIsThere(t *testing.T) {
	b := newBench(t)
	d := oauth()
	d.Headers = []clients.HeaderDraft{{Name: "X-API-Key", Value: clients.Set("old"), Secret: true}}
	c := b.create(t, d)
	secret, empty := model.NewSecret("n3w"), model.Secret{}
	got, err := b.Rotate(b.ctx, b.space, c.ID, clients.Rotation{
		ClientSecret: &secret, Headers: map[string]model.Secret{"x-api-key": model.NewSecret("k2")},
	}, "")
	if err != nil || got.Auth.ClientSecret.Reveal() != "n3w" || got.Headers[0].Value.Reveal() != "k2" {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = b.Rotate(b.ctx, b.space, c.ID, clients.Rotation{ClientSecret: &empty}, "")
	wantCode(t, err, model.EInvalid)
	_, err = b.Rotate(b.ctx, b.space, c.ID, clients.Rotation{Headers: map[string]model.Secret{"X-None": secret}}, "")
	wantCode(t, err, model.EInvalid)
}

func TestRevealIsAudited(t *testing.T) {
	b := newBench(t)
	c := b.create(t, oauth())
	s, err := b.Reveal(b.ctx, b.space, c.ID, "client_secret")
	if err != nil || s.Reveal() != "s3cret" {
		t.Fatalf("%v", err)
	}
	if log := b.log(t); !strings.HasPrefix(log[0], "secret.reveal dvinci") || strings.Contains(log[0], "s3cret") {
		t.Errorf("audit log %v", log)
	}
	_, err = b.Reveal(b.ctx, b.space, c.ID, "password")
	wantCode(t, err, model.ENotFound)
}
