package tokens_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/tokens"
)

func device(d *clients.Draft) {
	d.DeviceURL, d.Send, d.ClientSecret = "https://erp.example.com/device", model.SendNone, clients.SecretEdit{}
}

// newDevice returns a bench with a client of the device grant; waiting takes no time but
// passes on the clock.
func newDevice(t *testing.T) (b *bench, c *model.Client, waits *[]time.Duration) {
	t.Helper()
	b = newBench(t, 10*time.Minute)
	waits = &[]time.Duration{}
	b.OnWait(func(ctx context.Context, d time.Duration) error {
		*waits = append(*waits, d)
		b.pass(d)
		return ctx.Err()
	})
	b.src.device = model.DeviceCode{
		Code: model.NewSecret("code-1"), UserCode: "WDJB-MJHT", URL: "https://erp.example.com/go", Expires: b.clock().Add(10 * time.Minute), Interval: 5 * time.Second,
	}
	return b, b.client(device), waits
}

// says answers polls with errors in turn, and everything after them with tokens whose
// refresh token is new each time.
func (b *bench) says(codes ...string) {
	b.src.answer = func(n int, r model.TokenRequest) (model.Token, error) {
		if len(codes) > 0 {
			code := codes[0]
			codes = codes[1:]
			switch code {
			case "timeout":
				return model.Token{}, model.Errorf(model.ETimeout, "no answer")
			case "503":
				return model.Token{}, model.Errorf(model.EUpstream, "503").WithCause(&model.GrantError{Status: 503})
			}
			return model.Token{}, refuse(code)
		}
		t := b.token(n, 10*time.Minute)
		t.Refresh = model.NewSecret("refresh-of-" + t.Access.Reveal())
		return t, nil
	}
}

func (b *bench) login(c *model.Client) (tokens.Result, error) {
	b.t.Helper()
	b.src.device.Expires = b.clock().Add(10 * time.Minute)
	l, err := b.StartLogin(b.ctx, b.space, c)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.WaitLogin(b.ctx, b.space, c, l)
}

func (b *bench) audited(action string) (n int) {
	b.t.Helper()
	entries, _, err := b.audit.List(b.ctx, b.space, "", 100)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range entries {
		if e.Action == action {
			n++
		}
	}
	return n
}

// RFC 8628 §3.5: no faster than the interval, 5 s more after each slow_down, twice the
// interval after a time-out; what is pending is asked again.
func TestALoginIsPolledAsTheServerAllows(t *testing.T) {
	b, c, waits := newDevice(t)
	b.says("authorization_pending", "slow_down", "authorization_pending", "timeout", "503")
	res, err := b.login(c)
	if err != nil || !res.Token.Access.IsSet() {
		t.Fatalf("%v", err)
	}
	s := time.Second
	if diff := cmp.Diff([]time.Duration{5 * s, 5 * s, 10 * s, 10 * s, 20 * s, 40 * s}, *waits); diff != "" {
		t.Errorf("waits: %s", diff)
	}
	for _, r := range b.src.requests {
		if r.Device.Reveal() != "code-1" || r.Refresh.IsSet() || r.Send != model.SendNone {
			t.Errorf("polled with %+v", r)
		}
	}
	if n := b.audited("token.login"); n != 1 {
		t.Errorf("%d entries token.login", n)
	}
	recent, err := b.Recent(b.ctx, c)
	if err != nil || len(recent) != 2 || recent[0].URL != c.Auth.TokenURL || recent[1].URL != "device" {
		t.Errorf("remembered: %+v, %v", recent, err)
	}
	if got := b.get(c, false); !got.Cached || !got.Token.Access.Equal(res.Token.Access) {
		t.Error("the token is not cached")
	}
}

func TestWithoutAPersonNothingIsSent(t *testing.T) {
	b, c, _ := newDevice(t)
	for _, fresh := range []bool{false, true} {
		if _, err := b.Get(b.ctx, b.space, c, fresh); !tokens.NeedsPerson(err) || model.ExitCode(err) != 4 {
			t.Errorf("fresh %v: %v", fresh, err)
		}
	}
	if _, err := b.Try(b.ctx, c); !tokens.NeedsPerson(err) {
		t.Errorf("tried: %v", err)
	}
	if len(b.sent()) != 0 {
		t.Errorf("%d requests", len(b.sent()))
	}
	other := b.client(func(d *clients.Draft) { d.Name = "other" })
	if _, err := b.StartLogin(b.ctx, b.space, other); model.CodeOf(err) != model.EInvalid {
		t.Errorf("without the device grant: %v", err)
	}
	// A token without a refresh token serves until its end; a fresh one takes a person.
	b.src.answer = func(n int, _ model.TokenRequest) (model.Token, error) { return b.token(n, time.Minute), nil }
	if _, err := b.login(c); err != nil {
		t.Fatal(err)
	}
	b.get(c, false)
	if _, err := b.Get(b.ctx, b.space, c, true); !tokens.NeedsPerson(err) {
		t.Errorf("fresh without a refresh token: %v", err)
	}
	b.get(c, false)
}

func TestALoginThatComesToNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		says []string
		code model.Code
		text string
	}{
		"denied":        {[]string{"authorization_pending", "access_denied"}, model.EUpstream, "refused by the person"},
		"code expired":  {[]string{"expired_token"}, model.EUpstream, "before its code expired"},
		"wrong client":  {[]string{"invalid_client"}, model.EUpstream, "invalid_client"},
		"never allowed": {nil, model.EUpstream, "before its code expired"},
	} {
		t.Run(name, func(t *testing.T) {
			b, c, _ := newDevice(t)
			b.says(tc.says...)
			if name == "never allowed" {
				b.src.answer = func(int, model.TokenRequest) (model.Token, error) {
					return model.Token{}, refuse("authorization_pending")
				}
				defer func() {
					if n := len(b.src.requests); n != 119 {
						t.Errorf("%d polls in ten minutes", n)
					}
				}()
			}
			_, err := b.login(c)
			if model.CodeOf(err) != tc.code || !strings.Contains(model.AsError(err).Message, tc.text) {
				t.Errorf("got %v", err)
			}
			p, err := b.Peek(b.ctx, c)
			if err != nil || p.Failed == nil || p.Token.Access.IsSet() || b.audited("token.login") != 1 {
				t.Errorf("kept %+v, %v", p, err)
			}
			b.says()
			if _, err := b.StartLogin(b.ctx, b.space, c); err != nil {
				t.Errorf("once more: %v", err)
			}
		})
	}
}

func TestACancelledLoginLeavesNothing(t *testing.T) {
	b, c, _ := newDevice(t)
	b.says()
	l, err := b.StartLogin(b.ctx, b.space, c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	if _, err := b.WaitLogin(ctx, b.space, c, l); model.CodeOf(err) != model.EInterrupted || len(b.src.requests) != 0 {
		t.Errorf("%v after %d polls", err, len(b.src.requests))
	}
	if p, err := b.Peek(b.ctx, c); err != nil || p.Failed != nil || len(p.Recent) != 1 {
		t.Errorf("kept %+v, %v", p, err)
	}
}

func TestALoginElsewhereEndsTheWait(t *testing.T) {
	b, c, _ := newDevice(t)
	b.says()
	l, err := b.StartLogin(b.ctx, b.space, c)
	if err != nil {
		t.Fatal(err)
	}
	b.pass(time.Second)
	there, err := b.login(c)
	if err != nil {
		t.Fatal(err)
	}
	polls := len(b.src.requests)
	here, err := b.WaitLogin(b.ctx, b.space, c, l)
	if err != nil || !here.Token.Access.Equal(there.Token.Access) || len(b.src.requests) != polls {
		t.Errorf("%v, %d more polls", err, len(b.src.requests)-polls)
	}
}

// A client that was edited while a person signed in keeps what is its own now.
func TestATokenOfAnEditedClientIsNotKept(t *testing.T) {
	b, c, _ := newDevice(t)
	b.says()
	l, err := b.StartLogin(b.ctx, b.space, c)
	if err != nil {
		t.Fatal(err)
	}
	d := clients.DraftOf(*c)
	d.Scopes = []string{"more"}
	edited, err := b.clients.Update(b.ctx, b.space, c.ID, d, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.WaitLogin(b.ctx, b.space, c, l); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Get(b.ctx, b.space, &edited.Client, false); !tokens.NeedsPerson(err) {
		t.Errorf("the token of another configuration is used: %v", err)
	}
}

func TestADeviceEndpointMustBeKnown(t *testing.T) {
	b, _, _ := newDevice(t)
	b.src.meta = model.Metadata{TokenURL: "https://i/t"}
	c := b.client(func(d *clients.Draft) {
		device(d)
		d.Name, d.DeviceURL, d.TokenURL, d.Issuer, d.Device = "found", "", "", "https://i", true
	})
	if _, err := b.StartLogin(b.ctx, b.space, c); model.CodeOf(err) != model.EInvalid || model.AsError(err).Field != "device_url" {
		t.Errorf("got %v", err)
	}
}
