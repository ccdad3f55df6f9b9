package form

import (
	"context"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/tokens"
	"ferry/storage/storagetest"
	"ferry/ui/screens/screentest"
)

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
	store, _ := storagetest.NewWithSpace(t)
	fx := screentest.New(t, store)
	src := &late{Source: fx.Source, asked: make(chan model.Client, 4), reply: make(chan model.Metadata)}
	fx.Hub.Tokens = tokens.New(store, src, fx.Now, func(time.Time) model.ID { return "00000000000000000000009999" })
	return blank(t, fx, 80, 40), src
}

func TestWhatAnIssuerOffersArrivesLate(t *testing.T) {
	d, src := discovering(t)
	d.Focus("issuer")
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
	d.Focus("scopes")
	d.Type("own").Press("tab", "enter").See("[ ] orders:read").Press("down", "space", "enter").See("own orders:write")
	d.Focus("send")
	d.Press("enter").See("header ✗ not named by the issuer").See("private key (JWT) a signed").Press("h").See("it names: private_key_jwt")
	d.Focus("grant")
	d.Press("right").See("the issuer does not name this grant").See("(https://login.example.com/d)")
	if f := d.Screen.(*Form); f.in.clientID.Value() != "hub" {
		t.Fatalf("client id %q", f.in.clientID.Value())
	}
}

func TestOffersOfAnotherIssuerAreDropped(t *testing.T) {
	d, src := discovering(t)
	d.Focus("issuer")
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
	d.Focus("issuer")
	d.Type("/x").Gone("offers:")
}

func TestAnIssuerThatCannotBeAskedIsInNobodysWay(t *testing.T) {
	d, src := discovering(t)
	close(src.reply)
	d.Focus("issuer")
	d.Type("https://login.example.com").Press("tab").See("· what it offers is not known: connection refused")
	d.Type("hub").Press("tab").Type("s3cret")
	d.Focus("name")
	d.Type("a").Press("tab").Type("https://a.example.com").Press("ctrl+s").Noticed("Created a")
}
