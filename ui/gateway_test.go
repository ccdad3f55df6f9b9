package ui_test

import (
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/gateway"
	"ferry/ui"
)

// callers adds an API user that may call two clients, with a rule for one of them.
func (w *world) callers() *world {
	w.t.Helper()
	_, err := w.hub.Users.Create(w.ctx(), w.hub.Space, apiusers.Draft{Username: "partner", OAuth: true, Permissions: []string{"call:djust-erp", "call:dvinci"}}, "")
	if err != nil {
		w.t.Fatal(err)
	}
	w.rule(gateway.RuleDraft{Client: "djust-erp", Methods: []string{"GET"}, Paths: []string{"/orders/**"}, PerSecond: 5})
	return w
}

func (w *world) rule(d gateway.RuleDraft) {
	w.t.Helper()
	d.User = "partner"
	if _, err := w.hub.Gateway.Set(w.ctx(), w.hub.Space, d, ""); err != nil {
		w.t.Fatal(err)
	}
}

// Issue 6, console: per-client figures, live requests with filter, a request's detail.
func TestGatewayOnATerminal(t *testing.T) {
	w := newWorld(t).usual().callers()
	now := w.door.Clock.Now()
	w.door.Server.Run(running(now))
	w.door.Server.Serve(
		model.ServedRequest{ID: "r1", At: now, Method: "GET", Path: "/gw/djust-erp/orders/1", Status: 200, Client: "partner", Space: "default", Addr: "203.0.113.7", Upstream: "djust-erp"},
		model.ServedRequest{ID: "r2", At: now.Add(time.Second), Method: "POST", Path: "/gw/djust-erp/orders\x1b[2J", Status: 403, Client: "partner", Space: "default", Upstream: "djust-erp", Reason: "method_refused"},
	)
	d := w.start(80, 24).See("Server on").Press("5").See("✗ 1 breaker open").Press("i").See("BREAKER").On("djust-erp")
	d.Press("?").See("live requests").Press("q").See("BREAKER").Press("j").On("dvinci").Press("k", "enter").See("djust-erp live").See("method_refused")
	d.Press("?").See("hold/go on").See("2xx … 5xx").Press("q").See("method_refused")
	d.Press("/").Type("post").See("1 of 2").Press("enter", "enter").See("Request r2").See("djust-erp/orders<U+001B>[2J").Press("esc").Gone("Request r2").Press("esc").Gone("1 of 2")
	d.Press("p").See("held").Press("p").Gone("held")
	for _, size := range sizes {
		d.Resize(size.width, size.height).See("method_refused")
	}
	d.Resize(30, 8).Resize(200, 60).See("203.0.113.7").Resize(80, 24)
	// The server stops and what it told stays; the client goes and nothing is asked of it.
	w.door.Server.Run(nil)
	d.See("○ off").See("method_refused").Press("esc").See("BREAKER").Press("i").See("REQUESTS").Press("[").See("djust-erp live")
	if sent := d.Sent(); strings.Contains(sent, "orders\x1b[2J") {
		t.Error("what a caller sent reached the terminal as it was")
	}
}

// Issue 6: a rule is made, tried and removed with the keyboard alone.
func TestRulesOnATerminal(t *testing.T) {
	w := newWorld(t).usual().callers()
	d := w.start(80, 24).See("pim-old").Press("2").See("partner").Press("enter").See("djust-erp: GET only · /orders/** · 5 a second").Press("c")
	d.See("May call").See("every method and path").Press("?").See("try a request").Press("q").See("May call")
	d.Press("x").See("Try a request of partner to djust-erp").Press("tab").Type("items/1").Press("enter").See("would be refused").See("403 path_refused").Press("esc").Gone("would be")
	d.Press("enter").See("Rule for djust-erp").Press("tab", "tab").Type(", /items/*").See("→ GET only · /orders/**, /items/*").Press("esc").See("the rule for djust-erp").Press("esc").See("Rule for djust-erp")
	d.Press("ctrl+s").See("CLIENT     RULE").See("GET only · /orders/**, /items/*")
	d.Press("x").See("items/1").Press("enter").See("would be let through").Press("esc").Gone("would be")
	d.Press("D").See("Remove the rule of partner for djust-erp?").Pass(time.Second).Press("y").See("Removed the rule")
	d.Press("esc").See("djust-erp, dvinci: every method and path")
	list, err := w.hub.Gateway.List(w.ctx(), w.hub.Space, "partner", "")
	if err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	// Somebody else deletes the user while its rules are looked at.
	d.Press("c").See("CLIENT     RULE")
	u, err := w.hub.Users.ByName(w.ctx(), w.hub.Space, "partner")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.hub.Users.Delete(w.ctx(), w.hub.Space, u.ID, 0, "partner"); err != nil {
		t.Fatal(err)
	}
	d.See("partner was deleted").See("No API users yet")
}

// TERM=dumb gets plain lists.
func TestPlainGateway(t *testing.T) {
	w := newWorld(t).usual().callers()
	w.door.Server.Run(running(w.door.Clock.Now()))
	d := w.startWith(ui.Options{Env: []string{"TERM=dumb"}}, 160, 50).See("pim-old")
	d.Type("server\n").See("P99 MS").See("half-open").See("staging").Type("rules partner\n").See("GET only · /orders/**").See("every method and path")
	d.Type("rules nobody\n").See("error:").Type("rules\n").See("of which API user?")
	if strings.Contains(d.Sent(), "\x1b[2J") {
		t.Error("a control character reached the terminal")
	}
}
