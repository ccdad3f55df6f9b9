package token

import (
	"context"
	"fmt"
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
	return fixtureOf(t, clients.Draft{Send: model.SendHeader, ClientSecret: clients.Set("secret-canary")})
}

// fixtureOf is a fixture with a client as d says, which needs no more than what differs.
func fixtureOf(t *testing.T, d clients.Draft) (*screentest.Fixture, model.Client) {
	t.Helper()
	store, _ := storagetest.NewAt(t, filepath.Join(storagetest.Dir(t), "ferry.db"), screentest.First)
	fx := screentest.New(t, store)
	d.Name, d.BaseURL, d.Method, d.ClientID = "erp", "https://erp.example.com/api", model.AuthOAuth2, "hub"
	if d.Issuer == "" {
		d.TokenURL = "https://erp.example.com/oauth2/token"
	}
	saved, err := fx.Hub.Clients.Create(fx.Env.Ctx, fx.Hub.Space, d, "")
	if err != nil {
		t.Fatal(err)
	}
	return fx, saved.Client
}

// sizes are those of a screen's body in terminals of 80×24, 120×40 and 60×16.
var sizes = []struct {
	name string
	w, h int
}{{"80x24", 80, 19}, {"120x40", 120, 35}, {"60x16", 60, 11}}

// jwt is what a decoded access token looks like.
var jwt = model.Claims{
	Header: "{\n  \"alg\": \"ES256\",\n  \"kid\": \"k1\"\n}", Verdict: model.VerdictValid, Detail: "key k1 of https://login.example.com",
	Payload: "{\n  \"aud\": \"erp\",\n  \"exp\": 1772617200,\n  \"scope\": \"read write\"\n}",
}

func refused(_ context.Context, _ int, r model.TokenRequest) (model.Token, model.Exchange, error) {
	x := screentest.Exchange(screentest.Start, r.TokenURL, 401)
	x.ResponseBody = `{"error":"invalid_client","error_description":"no such client \u202e"}`
	g := &model.GrantError{Code: "invalid_client", Status: 401}
	return model.Token{}, x, model.Errorf(model.EUpstream, "the token endpoint answered 401: invalid_client").WithCause(g)
}

func TestGoldens(t *testing.T) {
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			fx, c := fixture(t)
			fx.Source.Decoded = jwt
			d := screentest.Drive(t, New(fx.Env, c.ID), size.w, size.h)
			d.See("press r to fetch one").Golden("none-" + size.name)
			if fx.Source.Count() != 0 {
				t.Fatal("opening the panel asked for a token")
			}
			d.Press("r").See("● valid").Until("the claims", func() bool { return d.Screen.(*Panel).claims != nil })
			d.Golden("valid-" + size.name)
			d.Press("G").Golden("valid-end-" + size.name).Press("g")
			fx.Pass(12 * time.Minute)
			d.See("○ expired").Golden("expired-" + size.name)
			fx, c = fixture(t)
			fx.Source.Answer = refused
			d = screentest.Drive(t, New(fx.Env, c.ID), size.w, size.h)
			d.See("press r").Press("r").See("✗ the token endpoint answered 401: invalid_client").Golden("failed-" + size.name)
		})
	}
}

func TestFetchRenewCountdownAndExpiry(t *testing.T) {
	fx, c := fixture(t)
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 19)
	d.See("press r").Press("r").See("● valid").See("opaque token")
	fx.Pass(time.Minute)
	d.Send(screen.Tick{})
	d.See("9:00 left").Press("enter").Noticed("Renewed the token").See("10:00 left")
	if n := fx.Source.Count(); n != 2 {
		t.Fatalf("%d requests, want 2", n)
	}
	fx.Pass(9*time.Minute + 10*time.Second)
	d.See("◐ due for renewal")
	fx.Pass(3 * time.Minute)
	d.See("○ expired")
	if strings.Contains(d.View(), "canary") {
		t.Fatalf("the token shows:\n%s", d.View())
	}
}

func TestRevealIsAuditedAndEnds(t *testing.T) {
	fx, c := fixture(t)
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 19)
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
	entries, _, err := fx.Hub.Audit.List(context.Background(), fx.Hub.Space, "", 100)
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

func TestCopyingIsARevealAndClaimsNothing(t *testing.T) {
	fx, c := fixture(t)
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 19).See("press r").Press("r").See("● valid")
	d.Press("y").See("Authorization header").Press("h").Noticed("the header was sent to the terminal's clipboard")
	if reveals(t, fx) != 1 {
		t.Fatal("copying the token was not written to the audit log")
	}
	d.Until("the clipboard", func() bool { return len(d.Other) > 0 })
	if got := fmt.Sprint(d.Other[0]); got != "Authorization: Bearer tok-1-canary" {
		t.Fatalf("sent %q", got)
	}
	d.Press("y").See("curl").Press("c").Noticed("the curl text was sent")
	d.Until("the clipboard", func() bool { return len(d.Other) > 1 })
	if got := fmt.Sprint(d.Other[1]); strings.Contains(got, "canary") || !strings.Contains(got, "••••••••") {
		t.Fatalf("sent %q", got)
	}
	if reveals(t, fx) != 1 {
		t.Fatal("a masked curl line counts as a reveal")
	}
}

func TestSavingAsksBeforeItOverwrites(t *testing.T) {
	fx, c := fixture(t)
	path := filepath.Join(t.TempDir(), "token")
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 19).See("press r").Press("r").See("● valid")
	d.Press("y").See("Save to a file").Press("s").See("Save the token").Press("ctrl+u").Type(path).Press("enter").Noticed("Saved the token")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.Press("y").See("Save to a file").Press("s").See("Save the token").Press("ctrl+u").Type(path).Press("enter").See("Overwrite the file?")
	if got, _ := os.ReadFile(path); string(got) != "mine" {
		t.Fatalf("overwritten unasked: %q", got)
	}
	d.Press("y").Until("the file", func() bool { got, _ := os.ReadFile(path); return string(got) == "tok-1-canary\n" })
}

func TestRestrictedSavesNoFile(t *testing.T) {
	fx, c := fixture(t)
	fx.Env.Restricted = true
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 19).See("press r").Press("r").See("● valid").Press("y").See("Authorization header")
	if strings.Contains(d.View(), "Save") {
		t.Fatalf("saving is offered:\n%s", d.View())
	}
}

// CASES, Client side: wrong secret → exactly one attempt.
func TestRejectedCredentialsAreSentAgainOnlyWhenAskedFor(t *testing.T) {
	fx, c := fixture(t)
	fx.Source.Answer = refused
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 19).See("press r").Press("r").See("r sends the same one once more")
	d.Press("r").See("Send the rejected credentials once more?").Press("esc").Gone("once more?")
	if n := fx.Source.Count(); n != 1 {
		t.Fatalf("%d requests, want 1", n)
	}
	fx.Pass(2 * time.Second)
	d.Press("r").See("Send the rejected").Press("y").Until("the request", func() bool { return fx.Source.Count() == 2 })
}

func TestADisabledClientSaysSoAndCanBeActivated(t *testing.T) {
	fx, c := fixture(t)
	if _, err := fx.Hub.Clients.SetState(fx.Env.Ctx, fx.Hub.Space, c.ID, model.Disabled, ""); err != nil {
		t.Fatal(err)
	}
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 19).See("○ disabled").See("a activates it").Press("r").Noticed("press a to activate")
	if fx.Source.Count() != 0 {
		t.Fatal("a disabled client fetched a token")
	}
	d.Press("a").Noticed("Activated erp").Gone("○ disabled").Press("r").See("● valid")
}

func TestRevokeForgetsTheToken(t *testing.T) {
	fx, c := fixture(t)
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 19).See("press r").Press("r").See("● valid")
	d.Press("u").See("Revoke this token?").Press("y").Noticed("Forgotten here").See("– no token")
}

func TestAFetchCanBeCancelled(t *testing.T) {
	fx, c := fixture(t)
	fx.Source.Answer = func(ctx context.Context, _ int, _ model.TokenRequest) (model.Token, model.Exchange, error) {
		<-ctx.Done()
		return model.Token{}, model.Exchange{}, ctx.Err()
	}
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 19).See("press r").Press("r").See("… fetching a token").Golden("running-80x24")
	d.Press("esc").See("cancelled: fetching a token")
	if d.Popped {
		t.Fatal("esc left the panel instead of cancelling")
	}
}

func TestViewFitsEverySize(t *testing.T) {
	fx, c := fixture(t)
	fx.Source.Decoded = jwt
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 19).See("press r").Press("r").See("● valid").Press("v").See("tok-1-canary")
	for _, w := range []int{0, 1, 2, 13, 20, 60, 500} {
		for _, h := range []int{0, 1, 2, 11, 200} {
			d.Screen.SetSize(w, h)
			d.Press("G", "k", "g")
			for _, l := range strings.Split(d.View(), "\n") {
				if n := len([]rune(l)); n > w {
					t.Fatalf("%d×%d: %d cells: %q", w, h, n, l)
				}
			}
			if n := strings.Count(d.View(), "\n") + 1; h > 0 && n > h {
				t.Fatalf("%d×%d: %d lines", w, h, n)
			}
		}
	}
}
