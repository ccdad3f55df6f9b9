package token

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/clients"
	"ferry/storage/storagetest"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC // times are shown in the person's zone
	os.Exit(m.Run())
}

func fixture(t *testing.T) (*screentest.Fixture, model.Client) {
	t.Helper()
	store, _ := storagetest.NewAt(t, filepath.Join(storagetest.Dir(t), "ferry.db"), screentest.First)
	fx := screentest.New(t, store)
	saved, err := fx.Hub.Clients.Create(fx.Env.Ctx, fx.Hub.Space, clients.Draft{
		Name: "erp", BaseURL: "https://erp.example.com/api", Method: model.AuthOAuth2, Send: model.SendHeader,
		TokenURL: "https://erp.example.com/oauth2/token", ClientID: "hub", ClientSecret: clients.Set("secret-canary"),
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	return fx, saved.Client
}

func TestOpeningFetchesNothing(t *testing.T) {
	fx, c := fixture(t)
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 18)
	d.See("press r to fetch one").Golden("none-80x18")
	if fx.Source.Count() != 0 {
		t.Fatal("opening the panel asked for a token")
	}
}

func TestFetchRenewCountdownAndExpiry(t *testing.T) {
	fx, c := fixture(t)
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 18)
	d.See("press r").Press("r").See("● valid").See("opaque token").Golden("valid-80x18")
	fx.Pass(time.Minute)
	d.Send(screen.Tick{})
	d.See("9:00 left").Press("enter").Noticed("Renewed the token").See("10:00 left")
	if n := fx.Source.Count(); n != 2 {
		t.Fatalf("%d requests, want 2", n)
	}
	fx.Pass(9*time.Minute + 10*time.Second)
	d.See("◐ due for renewal")
	fx.Pass(3 * time.Minute)
	d.See("○ expired").Golden("expired-80x18")
	if strings.Contains(d.View(), "canary") {
		t.Fatalf("the token shows:\n%s", d.View())
	}
}

func TestRevealIsAuditedAndEnds(t *testing.T) {
	fx, c := fixture(t)
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 18)
	d.See("press r").Press("r").See("● valid").Press("v").See("tok-1-canary").See("hidden in 10s")
	if n := reveals(t, fx); n != 1 {
		t.Fatalf("%d reveals in the audit log, want 1", n)
	}
	fx.Pass(10 * time.Second)
	d.Send(screen.Tick{})
	d.Gone("tok-1-canary")
	d.Press("v").See("tok-1-canary").Press("v").Gone("tok-1-canary")
}

func reveals(t *testing.T, fx *screentest.Fixture) int {
	t.Helper()
	entries, _, err := fx.Hub.Audit.List(context.Background(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		if e.Action == "token.reveal" {
			n++
		}
	}
	return n
}
