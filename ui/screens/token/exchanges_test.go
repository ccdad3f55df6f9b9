package token

import (
	"context"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/screens/screentest"
)

// inTurn answers with a token, a 503, no answer at all, and tokens again.
func inTurn(fx *screentest.Fixture) {
	fx.Source.Answer = func(_ context.Context, n int, r model.TokenRequest) (model.Token, model.Exchange, error) {
		x := screentest.Exchange(fx.Now(), r.TokenURL, 200)
		switch n {
		case 2:
			x.Status, x.ResponseBody = 503, "<h1>out of order</h1>"
			return model.Token{}, x, model.Errorf(model.EUpstream, "the token endpoint answered 503")
		case 3:
			x.Status, x.ResponseBody, x.ResponseHeaders, x.Failure = 0, "", nil, "connect: connection refused"
			x.Timing = model.Timing{DNS: 2e6, Connect: 3e6, Total: 5e6}
			return model.Token{}, x, model.Errorf(model.EUnreachable, "erp.example.com refused the connection")
		}
		return model.Token{Access: model.NewSecret("tok"), Type: "Bearer", Scope: "read", Fetched: fx.Now(), Expires: fx.Now().Add(10 * time.Minute), SentAs: r.Send}, x, nil
	}
}

func TestTheLastExchangesAreAList(t *testing.T) {
	for _, size := range sizes {
		fx, c := fixture(t)
		inTurn(fx)
		d := screentest.Drive(t, New(fx.Env, c.ID), size.w, size.h).See("press r").Press("r").See("● valid")
		for _, says := range []string{"answered 503", "refused the connection"} {
			fx.Pass(90 * time.Second)
			d.Press("r").See(says)
		}
		fx.Pass(90 * time.Second)
		d.Press("r").See("10:00 left").See("opaque").Golden("list-" + size.name)
		d.Press("down").See("connection refused").Golden("list-unreachable-" + size.name)
		d.Press("down").Golden("list-503-" + size.name)
		if size.h >= tallEnough {
			d.See("out of order")
		}
		p := d.Screen.(*Panel)
		if d.Press("down", "down", "down"); p.chosen != 3 {
			t.Errorf("the oldest is %d", p.chosen)
		}
		d.Press("up", "up").See("connection refused")
		if d.Press("up", "up", "up"); p.chosen != 0 {
			t.Errorf("the newest is %d", p.chosen)
		}
	}
}

func TestArrowsScrollWhereThereIsNothingToChoose(t *testing.T) {
	fx, c := fixture(t)
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 8).See("press r").Press("r").See("● valid").Press("down", "down")
	d.Gone("● valid").Press("up", "up").See("● valid")
}

// Why the last renewal failed comes before a token that is still good.
func TestAFailureIsSeenOnOneScreen(t *testing.T) {
	for _, size := range sizes {
		fx, c := fixture(t)
		inTurn(fx)
		fx.Source.Decoded = jwt
		d := screentest.Drive(t, New(fx.Env, c.ID), size.w, size.h).See("press r").Press("r").See("● valid")
		d.Until("the claims", func() bool { return d.Screen.(*Panel).claims != nil })
		fx.Pass(time.Minute)
		d.Press("r").See("answered 503").See("✗ 503").Golden("failed-valid-" + size.name)
		d.Press("down").See("▌ ✓ 200")
	}
}

func TestIntrospection(t *testing.T) {
	fx, c := fixtureOf(t, clients.Draft{Send: model.SendHeader, ClientSecret: clients.Set("s"), Issuer: "https://login.example.com"})
	fx.Source.Meta = model.Metadata{TokenURL: "https://erp.example.com/oauth2/token"}
	d := screentest.Drive(t, New(fx.Env, c.ID), 80, 19).See("press r").Press("i").Noticed("there is no token").Press("r").See("● valid")
	d.Press("i").See("offers no introspection").See("e edits the client")
	fx.Source.Meta.Introspection = "https://erp.example.com/oauth2/introspect"
	fx.Source.Said = "{\n  \"active\": true,\n  \"exp\": 1772617080\n}"
	d.Press("i").See("✓ active").See("2026-03-04 09:38:00 UTC (in 8 min)").Noticed("says that the token is active").Golden("introspected-80x24")
	d.Press("down").See("Exchanges").Press("up").See("/oauth2/introspect")
	fx.Source.Said = "{\n  \"active\": false\n}"
	d.Press("i").See("✗ not active").Noticed("not active: r fetches another")
	fx.Pass(time.Second)
	d.Press("r").Noticed("Renewed").Gone("not active")
}

func TestWhatIsLessPrivateIsSaidInWords(t *testing.T) {
	d := clients.Draft{Send: model.SendHeader, ClientSecret: clients.Set("s"), TLS: model.TLS{Insecure: true}}
	d.Transport.Proxy, d.Place.Query = "socks5h://proxy.example.com:1080", "key"
	fx, c := fixtureOf(t, d)
	s := screentest.Drive(t, New(fx.Env, c.ID), 80, 19).See("! certificates are not checked").See("through socks5h://proxy.example.com:1080").See("! in the query as key")
	s.Press("r").See("● valid").See("opaque").Golden("insecure-80x24").Press("y").See("it goes in the query")
}

func TestWhenATokenIsRenewedAndWhy(t *testing.T) {
	p := &Panel{}
	for life, want := range map[time.Duration]string{
		10 * time.Minute: "renewed from 09:39:00, 10 % of its life before its end at 09:40:00",
		5 * time.Minute:  "renewed from 09:34:30, 10 % of its life before its end at 09:35:00",
		time.Hour:        "renewed from 10:29:00, 1m0s before its end at 10:30:00",
		time.Minute:      "renewed from 09:30:50, 10s before its end at 09:31:00",
		10 * time.Second: "renewed from 09:30:05, half of its life before its end at 09:30:10",
	} {
		got := p.renewal(model.Token{Fetched: screentest.Start, Expires: screentest.Start.Add(life)}, screentest.Start)
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", life, got)
		}
	}
	expired := model.Token{Fetched: screentest.Start, Expires: screentest.Start.Add(10 * time.Minute)}
	want := "due since 09:39:00, 10 % of its life before its end at 09:40:00; the next call renews it"
	if got := p.renewal(expired, screentest.Start.Add(time.Hour)); got != want {
		t.Errorf("expired: %s", got)
	}
}

func TestTheTimesOfClaims(t *testing.T) {
	now := screentest.Start
	for line, want := range map[string]string{
		`  "exp": 1772616840,`:         "2026-03-04 09:34:00 UTC (in 4 min)",
		`"iat": 1772616570.9`:          "2026-03-04 09:29:30 UTC (30 s ago)",
		`"nbf": 1772530200`:            "2026-03-03 09:30:00 UTC (24 h ago)",
		`"auth_time": 1775000000`:      "2026-03-31 23:33:20 UTC (in 27 days)",
		`"exp": "1772616840"`:          "",
		`"exp": -1`:                    "",
		`"exp": 1e300`:                 "",
		`"expires": 1772616840`:        "",
		`"sub": "exp: 1772616840"`:     "",
		`"exp": 99999999999999999999,`: "",
	} {
		if got := claimTime(line, now); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
