package ui_test

import (
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/ui"
)

// running is the status of a server that has seen a little of everything, canaries and
// control characters included.
func running(now time.Time) *model.ServerStatus {
	until := now.Add(10 * 24 * time.Hour)
	st := &model.ServerStatus{
		URL: "https://hub.example.com", Listen: "0.0.0.0:8443", Version: "1.4.0", PID: 4711,
		StartedAt: now.Add(-50 * time.Hour), Ready: true, FreshAt: now, KeyID: "01jn00000000000000000k3y42", Algorithm: model.ES256,
		TLSUntil: &until,
		Totals:   model.ServerTotals{Requests: 1234, Tokens: 400, API: 701, Refused: 132, Failed: 1},
		Refusals: []model.Refusal{
			{Reason: "wrong_secret", Count: 118, LastAt: now.Add(-2 * time.Minute)},
			{Reason: "insufficient_scope", Count: 11, LastAt: now.Add(-5 * time.Hour)},
			{Reason: "key_expired", Count: 3, LastAt: now.Add(-30 * time.Hour)},
		},
	}
	for i := range 60 {
		st.PerSecond = append(st.PerSecond, i*i%17)
	}
	add := func(age time.Duration, method, path string, status int, client, addr, reason string, took time.Duration) {
		st.Recent = append(st.Recent, model.ServedRequest{
			ID: "req-" + string(rune('a'+len(st.Recent))), At: now.Add(-age), Method: method, Path: path, Status: status,
			Client: client, Space: "default", Addr: addr, Reason: reason, Duration: took,
		})
	}
	opens := now.Add(4 * time.Second)
	quiet := make([]int, 60)
	st.Gateway = []model.ClientTraffic{
		{Client: "djust-erp", Space: "default", Requests: 12840, PerSecond: st.PerSecond, Failed: 3, Refused: 41, P50: 12 * time.Millisecond, P99: 340 * time.Millisecond, Breaker: model.BreakerClosed},
		{Client: "dvinci", Space: "default", Requests: 200, PerSecond: quiet, Failed: 57, Refused: 0, P50: 2100 * time.Millisecond, P99: 15 * time.Second, Breaker: model.BreakerOpen, OpenUntil: &opens},
		{Client: "crm\x1b[2J", Space: "staging", Requests: 1, PerSecond: quiet, P50: 900 * time.Microsecond, P99: 900 * time.Microsecond, Breaker: model.BreakerHalfOpen},
	}
	add(time.Second, "POST", "/oauth2/token", 200, "partner", "203.0.113.7", "", 420*time.Microsecond)
	add(2*time.Second, "GET", "/restApi/apiUsers", 403, "partner", "203.0.113.7", "insufficient_scope", 1300*time.Microsecond)
	add(3*time.Second, "POST", "/realms/{space}/protocol/openid-connect/token", 401, "", "2001:db8::17", "wrong_secret", 38*time.Millisecond)
	add(4*time.Second, "DELETE", "/restApi/clients/{id}", 500, "integration-platform", "198.51.100.200", "", 1250*time.Millisecond)
	add(5*time.Second, "GET", "/a\x1b[31mb\u202e", 404, "", "198.51.100.9", "not_found", 90*time.Microsecond)
	return st
}

func TestServerGolden(t *testing.T) {
	w := newWorld(t).usual()
	for _, size := range sizes {
		t.Run("off "+size.name, func(t *testing.T) {
			w := &world{t, w.door, w.hub}
			w.start(size.width, size.height).See("pim-old").Press("5").See("ferry serve").See("default_ttl").Golden("server-off-" + size.name)
		})
	}
	w.door.Server.Run(running(w.door.Clock.Now()))
	for _, size := range sizes {
		t.Run("on "+size.name, func(t *testing.T) {
			w := &world{t, w.door, w.hub}
			w.start(size.width, size.height).See("pim-old").See("Server on").Press("5").See("running").See("rotates every").Golden("server-on-" + size.name).Press("i").See("BREAKER").Golden("server-gateway-" + size.name)
		})
	}
}

func TestServerThatStopsIsOffAtOnceAndItsDataGetsOld(t *testing.T) {
	w := newWorld(t).usual()
	w.door.Server.Run(running(w.door.Clock.Now()))
	d := w.start(80, 24).See("pim-old").See("Server on").Press("5").See("running").See("/oauth2/token")
	w.door.Server.Run(nil)
	stopped := time.Now()
	d.See("no server runs on this store any more").See("5 Server off").See("/oauth2/token")
	if took := time.Since(stopped); took > 3*time.Second {
		t.Errorf("it took %s to show", took)
	}
	d.Pass(90 * time.Second).See("last seen 1m ago")
	w.door.Server.Run(running(w.door.Clock.Now()))
	d.See("running").See("5 Server on")
}

func TestServerRequestsAreFilteredAndShownWhole(t *testing.T) {
	w := newWorld(t).usual()
	w.door.Server.Run(running(w.door.Clock.Now()))
	d := w.start(80, 24).See("pim-old").Press("5").See("running")
	d.See("<U+001B>").Press("/").Type("2001:db8 wrong").See("1 of 5").Press("enter").On("wrong_secret")
	d.Press("enter").See("Request req-c").See("2001:db8::17").See("38 ms").Press("esc").Gone("Request req-c").Press("esc").Gone("1 of 5")
	if sent := d.Sent(); strings.Contains(sent, "\u202e") || strings.Contains(sent, "\x1b[31mb") {
		t.Error("what a caller sent reached the terminal as it was")
	}
	// New requests come on top; whoever reads further down stays where they read.
	d.Press("j", "j").On("wrong_secret")
	next := running(w.door.Clock.Now())
	fresh := next.Recent[0]
	fresh.ID, fresh.Client = "req-new", "newcomer"
	next.Recent = append([]model.ServedRequest{fresh}, next.Recent...)
	w.door.Server.Run(next)
	d.See("newcomer").On("wrong_secret")
}

func TestServerSigningKeyIsRotatedAfterAQuestion(t *testing.T) {
	w := newWorld(t).usual()
	if err := w.hub.Serving.Upkeep(w.ctx()); err != nil {
		t.Fatal(err)
	}
	w.door.Server.Run(running(w.door.Clock.Now()))
	d := w.start(80, 24).See("pim-old").Press("5").See("rotates every 90d").Press("m").See("Rotate signing key").Press("r")
	d.See("recommended").Press("1").See("signs from 09:40 UTC").Press("enter").Gone("Rotate the signing key?")
	d.Press("m", "r", "1").See("Rotate the signing key?").Press("y").See("Published the signing key").See("next one signs in 10m")
	d.Press("m", "r", "0").See("signs at once").Pass(time.Second).Press("y").See("waits for its time already")
}

func TestServerSettingsAreCheckedBeforeTheyAreKept(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("pim-old").Press(":").Type("server").Press("enter").See("ferry serve").On("listen")
	d.Press("enter").See("Setting listen").Type("nonsense").Press("enter").See("✗").See("nonsense")
	d.Press("ctrl+u").Type("127.0.0.1:9999").Press("enter").See("Set listen").See("127.0.0.1:9999")
	c, err := w.hub.Serving.Config(w.ctx())
	if err != nil || c.Listen != "127.0.0.1:9999" {
		t.Errorf("stored %q, %v", c.Listen, err)
	}
	d.Press("e").See("back to its default").Press("ctrl+u", "enter").See("listen is back at its default").Gone("9999")
	d.Press("m", "e").See("Settings of the server").Press("j", "enter").See("Setting public_url").Press("esc").Gone("Setting")
}

func TestServerURLsOfTheSpaceAreCopied(t *testing.T) {
	w := newWorld(t).usual().some()
	w.door.Server.Run(running(w.door.Clock.Now()))
	d := w.start(80, 24).See("pim-old").Press("5").See("running")
	d.Press("y", "t").See("https://hub.example.com/oauth2/token").Press("esc").Gone("clipboard")
	d.Press(":").Type("space staging").Press("enter").See("› staging").Press("5").See("running")
	d.Press("m", "t").See("https://hub.example.com/spaces/staging/oauth2/token").Press("esc").Gone("clipboard")
	d.Press("y", "d").See("/.well-known/oauth-authorization-server/space")
	if !strings.Contains(d.Sent(), "\x1b]52;") {
		t.Error("nothing was sent to the clipboard")
	}
}

// CASES, Terminal: LC_ALL=C → the sparkline too is ASCII.
func TestServerWithoutUnicode(t *testing.T) {
	w := newWorld(t).usual()
	w.door.Server.Run(running(w.door.Clock.Now()))
	d := w.startWith(ui.Options{Env: []string{"TERM=xterm", "LC_ALL=C"}}, 80, 24).See("pim-old").Press("5").See("running").See("*%")
	for _, c := range d.Screen() {
		if c > 126 {
			t.Fatalf("%q is not ASCII:\n%s", c, d.Screen())
		}
	}
}
