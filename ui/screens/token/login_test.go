package token

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
)

// person is a fixture with a client of the device grant. A person decides when says is
// closed; until then polls are answered as pending.
func person(t *testing.T) (fx *screentest.Fixture, c model.Client, says chan struct{}) {
	t.Helper()
	fx, c = fixtureOf(t, clients.Draft{DeviceURL: "https://erp.example.com/oauth2/device", Send: model.SendNone})
	fx.Source.Device = &model.DeviceCode{
		Code: model.NewSecret("device-canary"), UserCode: "WDJB-MJHT", URL: "https://erp.example.com/device",
		URLComplete: "https://erp.example.com/device?user_code=WDJB-MJHT",
		Expires:     screentest.Start.Add(10 * time.Minute), Interval: time.Millisecond,
	}
	says = make(chan struct{})
	fx.Source.Answer = func(ctx context.Context, n int, r model.TokenRequest) (model.Token, model.Exchange, error) {
		select {
		case <-says:
		case <-ctx.Done():
			return model.Token{}, model.Exchange{}, ctx.Err()
		}
		x := screentest.Exchange(fx.Now(), r.TokenURL, 200)
		return model.Token{
			Access: model.NewSecret("tok-canary"), Refresh: model.NewSecret("refresh-canary"), Type: "Bearer",
			Fetched: fx.Now(), Expires: fx.Now().Add(10 * time.Minute), SentAs: r.Send,
		}, x, nil
	}
	return fx, c, says
}

// RFC 8628 from the panel: code and page, the time that is left, and the token.
func TestAPersonSignsIn(t *testing.T) {
	fx, c, says := person(t)
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 19).See("a person must sign in; press r").Press("r").See("W D J B - M J H T").See("10:00 left")
	fx.Pass(time.Minute)
	d.Send(screen.Tick{})
	d.See("9:00 left").Press("y").See("The page with the code in it").Press("c").Noticed("the code was sent to the terminal's clipboard")
	d.Until("the clipboard", func() bool { return len(d.Other) > 0 })
	if got := fmt.Sprint(d.Other[0]); got != "WDJB-MJHT" {
		t.Fatalf("sent %q", got)
	}
	close(says)
	d.Noticed("Signed in").See("● valid").See("with its refresh token: nobody has to sign in").Gone("W D J B")
	if n := fx.Source.Count(); n != 1 {
		t.Fatalf("%d polls", n)
	}
	d.Press("r").Noticed("Renewed the token")
	if r := fx.Source.Requests[1]; !r.Refresh.IsSet() || r.Device.IsSet() {
		t.Fatalf("renewed with %+v", r)
	}
	d.Press("u").See("Revoke this token?").Press("y").See("press r to ask for a code")
	if strings.Contains(d.View(), "canary") {
		t.Fatalf("a secret shows:\n%s", d.View())
	}
}

func TestSigningInCanBeCancelled(t *testing.T) {
	fx, c, says := person(t)
	defer close(says)
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 19).See("press r").Press("r").See("W D J B").Press("x", "e", "i", "u")
	if d.Overlay != nil || len(d.Pushed) > 0 {
		t.Fatal("a key acted while a person signs in")
	}
	d.Press("esc").See("cancelled: signing in").Gone("W D J B")
	if d.Popped {
		t.Fatal("esc left the panel instead of cancelling")
	}
	d.Press("r").See("W D J B")
}

func TestASignInThatIsRefused(t *testing.T) {
	fx, c, _ := person(t)
	fx.Source.Answer = func(_ context.Context, _ int, r model.TokenRequest) (model.Token, model.Exchange, error) {
		x := screentest.Exchange(fx.Now(), r.TokenURL, 400)
		x.ResponseBody = `{"error":"access_denied"}`
		return model.Token{}, x, model.Errorf(model.EUpstream, "the token endpoint answered 400").WithCause(&model.GrantError{Code: "access_denied", Status: 400})
	}
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 19).See("press r").Press("r").See("refused by the person")
	d.See("access_denied").See("400 Bad Request")
}

// CASES, Client side: credentials that were rejected are sent again only when that is asked
// for; then a person signs in.
func TestARejectedClientSignsInAgainWhenAskedTo(t *testing.T) {
	fx, c, _ := person(t)
	fx.Source.Answer = refused
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 19).See("press r").Press("r").See("r sends the same one once more")
	d.Press("r").See("Send the rejected credentials once more?")
	if n := fx.Source.Count(); n != 1 {
		t.Fatalf("%d polls", n)
	}
	d.Press("y").Until("the poll", func() bool { return fx.Source.Count() == 2 })
}

func TestLoginGoldens(t *testing.T) {
	for _, size := range sizes {
		fx, c, says := person(t)
		d := screentest.Drive(t, New(fx.Env, c.ID), size.w, size.h).See("press r").Press("r").See("Waiting").Golden("login-" + size.name)
		close(says)
		d.See("● valid").See("opaque").Golden("signed-in-" + size.name)
	}
}

// A narrow screen shows the code in one piece.
func TestALongCodeFits(t *testing.T) {
	fx, c, says := person(t)
	defer close(says)
	fx.Source.Device.UserCode = strings.Repeat("ABCD-", 12) + "END"
	d := screentest.Drive(t, New(fx.Env, c.ID), 60, 11).See("press r").Press("r").See("END")
	for l := range strings.SplitSeq(d.View(), "\n") {
		if n := len([]rune(l)); n > 60 {
			t.Errorf("%d cells: %q", n, l)
		}
	}
}
