package server_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/model"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
	"ferry/ui/screens/server"
)

// live is a server that tells its followers of whatever a test lets it serve.
type live struct {
	mu     sync.Mutex
	status model.ServerStatus
	off    bool
	follow []chan model.ServedRequest
	asked  model.TailFilter
	now    int // followers
	most   int
}

func (s *live) Status(context.Context) (model.ServerStatus, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.off {
		return model.ServerStatus{}, model.Errorf(model.ENotFound, "no server runs on this store")
	}
	return s.status, nil
}

func (s *live) Tail(ctx context.Context, f model.TailFilter, each func(model.ServedRequest) error) error {
	ch := make(chan model.ServedRequest, 5000)
	s.mu.Lock()
	if s.off {
		s.mu.Unlock()
		return model.Errorf(model.ENotFound, "no server runs on this store")
	}
	s.follow, s.asked, s.now = append(s.follow, ch), f, s.now+1
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	defer func() { s.mu.Lock(); s.now--; s.mu.Unlock() }()
	for {
		select {
		case r, ok := <-ch:
			if !ok {
				return nil
			}
			if err := each(r); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *live) serve(list ...model.ServedRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ch := range s.follow {
		for _, r := range list {
			ch <- r
		}
	}
}

func (s *live) stop(off bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.off = off; off {
		for _, ch := range s.follow {
			close(ch)
		}
		s.follow = nil
	}
}

func (s *live) followers() int { s.mu.Lock(); defer s.mu.Unlock(); return s.now }

// served is the nth request to the client erp.
func served(n int, change func(*model.ServedRequest)) model.ServedRequest {
	r := model.ServedRequest{
		ID: fmt.Sprintf("req-%d", n), At: screentest.Start.Add(time.Duration(n) * time.Second), Method: "GET", Path: fmt.Sprintf("/gw/erp/orders/%d", n), Status: 200,
		Client: "partner", Space: "default", Addr: "203.0.113.7", Duration: 12 * time.Millisecond, Upstream: "erp",
	}
	if change != nil {
		change(&r)
	}
	return r
}

// follow opens the live requests of erp.
func follow(t *testing.T, w, h int) (*live, *screentest.Driver) {
	t.Helper()
	fx := fixture(t)
	opens := screentest.Start.Add(9 * time.Second)
	s := &live{status: *status(func(st *model.ServerStatus) {
		st.Gateway = []model.ClientTraffic{{
			Client: "erp", Space: "default", Requests: 1000, PerSecond: []int{3, 4}, Failed: 12, Refused: 7,
			P50: 9 * time.Millisecond, P99: 120 * time.Millisecond, Breaker: model.BreakerOpen, OpenUntil: &opens,
		}}
		st.Recent = []model.ServedRequest{served(1, nil), served(0, func(r *model.ServedRequest) { r.Upstream, r.Path = "pim", "/not-mine" })}
	})}
	fx.Hub.Server = s
	d := screentest.Drive(t, server.Tail(fx.Env, "default", "erp"), w, h).See("/orders/1")
	d.Until("a follower", func() bool { return s.followers() == 1 })
	return s, d
}

// marked is the line under the cursor.
func marked(d *screentest.Driver) string {
	for _, l := range strings.Split(d.View(), "\n") {
		if strings.Contains(l, "▌") {
			return l
		}
	}
	return ""
}

func TestLiveGolden(t *testing.T) {
	for _, size := range screentest.Sizes {
		s, d := follow(t, size.W, size.H)
		s.serve(
			served(2, func(r *model.ServedRequest) {
				r.Method, r.Path, r.Status, r.Reason = "POST", "/gw/erp/orders", 403, "method_refused"
			}),
			served(3, func(r *model.ServedRequest) {
				r.Status, r.Reason, r.Duration, r.Client = 504, "upstream_timeout", 15*time.Second, "integration-platform"
			}),
		)
		d.See("method_refused").See("upstream_timeout").Golden("live-" + size.Name)
	}
}

// Issue 6: live tail with filter; a request's detail.
func TestLiveShowsFiltersAndTellsOfARequest(t *testing.T) {
	s, d := follow(t, 80, 19)
	d.See("✗ open, 9s left").See("1.2 % errors").Gone("/not-mine")
	s.serve(
		served(2, func(r *model.ServedRequest) { r.Status, r.Reason = 429, "rate_limited" }),
		served(3, func(r *model.ServedRequest) { r.Path, r.Status, r.Lost = "/a\x1b[2J\u202e", 502, 12 }),
		served(4, func(r *model.ServedRequest) { r.Upstream = "pim"; r.Path = "/not-mine" }),
	)
	d.See("rate_limited").See("<U+001B>[2J<U+2").See("12 were too many to be told")
	if strings.Contains(d.Screen.View(), "not-mine") || strings.Contains(d.Screen.View(), "\u202e") {
		t.Fatal(d.View())
	}
	d.Press("c").See("2xx only").See("1 of 3").Press("c").See("3xx only").See("No request matches").Press("c").See("4xx only").Press("c").See("5xx only").Gone("rate_limited")
	d.Press("c").Press("/").Type("429 partner").See("1 of 3").Press("enter").Press("enter")
	d.See("Request req-2").See("GET /gw/erp/orders/2").See("rate_limited").See("API erp").See("Caller partner").See("Address 203.0.113.7").See("in 12 ms").Press("esc")
	if b := d.Screen.(screen.Backer); !b.Back() || b.Back() {
		t.Error("back ends the filter, and nothing else")
	}
}

func TestLiveHoldsStillWhileOneReads(t *testing.T) {
	s, d := follow(t, 80, 19)
	s.serve(served(2, nil), served(3, nil))
	d.See("/orders/3").Press("j").See("you read further down")
	if !strings.Contains(marked(d), "/orders/2") {
		t.Fatalf("on %s", marked(d))
	}
	s.serve(served(4, nil), served(5, nil))
	d.See("/orders/5")
	if !strings.Contains(marked(d), "/orders/2") {
		t.Errorf("the cursor went to %s", marked(d))
	}
	d.Press("p").See("held · 0 new requests")
	s.serve(served(6, nil))
	d.See("held · 1 new request ").Gone("/orders/6").Press("p").See("/orders/6")
	if d.Press("g"); !strings.Contains(marked(d), "/orders/6") {
		t.Errorf("g goes to %s", marked(d))
	}
	s.serve(served(7, nil))
	d.See("/orders/7")
	if !strings.Contains(marked(d), "/orders/7") {
		t.Errorf("at the top the newest is looked at, not %s", marked(d))
	}
	d.Press("X").See("Nothing was asked of it yet")
}

// Issue 6: bounded lines. What comes twice, from the list and from the tail, shows once.
func TestLiveKeepsABoundedNumberOfLines(t *testing.T) {
	s, d := follow(t, 80, 19)
	var many []model.ServedRequest
	for n := range 1500 {
		many = append(many, served(n, nil))
	}
	s.serve(many...)
	d.See("/orders/1499").Press("/").Type("orders").See("1,000 of 1,000").Press("ctrl+u").Type("/orders/1499").See("1 of 1,000").Press("esc")
	d.Screen.(screen.Backer).Back()
	d.Press("p")
	for n := range 1500 {
		many[n] = served(2000+n, nil)
	}
	s.serve(many...)
	d.See("more than 1,000 new requests, only the newest are kept")
}

func TestLiveSurvivesAServerThatStops(t *testing.T) {
	s, d := follow(t, 80, 19)
	s.stop(true)
	d.Until("no follower", func() bool { return s.followers() == 0 })
	d.Send(screen.Tick{})
	d.See("○ off").See("/orders/1")
	s.stop(false)
	d.Until("a follower again", func() bool { d.Send(screen.Tick{}); return s.followers() == 1 })
	d.See("● live")
	s.serve(served(9, nil))
	d.See("/orders/9")
	for range 5 {
		d.Send(screen.Tick{})
	}
	if s.mu.Lock(); s.most != 1 {
		t.Errorf("%d followers at once", s.most)
	}
	s.mu.Unlock()
}

func TestLiveAsksForItsClientAndLeavesNobodyBehind(t *testing.T) {
	fx := fixture(t)
	s := &live{status: *status(nil)}
	fx.Hub.Server = s
	ctx, leave := context.WithCancel(fx.Env.Ctx)
	env := fx.Env
	env.Ctx = ctx
	d := screentest.Drive(t, server.Tail(env, "staging", "erp"), 80, 19).See("Nothing was asked of it yet")
	d.Until("a follower", func() bool { return s.followers() == 1 })
	if s.asked.Client != "erp" || d.Screen.Title() != "staging/erp live" {
		t.Errorf("asked for %+v as %s", s.asked, d.Screen.Title())
	}
	s.serve(served(1, nil), served(2, func(r *model.ServedRequest) { r.Space = "staging" }))
	d.See("/orders/2").Gone("/orders/1")
	leave()
	d.Until("nobody follows", func() bool { return s.followers() == 0 })
}

func TestGatewayKeepsItsCursorAndOpensTheLiveRequests(t *testing.T) {
	fx := fixture(t)
	s := &live{status: *status(func(st *model.ServerStatus) {
		st.Gateway = []model.ClientTraffic{{Client: "crm", Space: "default"}, {Client: "erp", Space: "default", Requests: 4, Failed: 1}}
	})}
	fx.Hub.Server = s
	d := screentest.Drive(t, server.New(fx.Env), 80, 19).See("GATEWAY 2").Press("/").Type("x").Press("enter", "i").See("25 %")
	d.Press("j")
	s.mu.Lock()
	s.status.Gateway = append([]model.ClientTraffic{{Client: "abc", Space: "default"}}, s.status.Gateway...)
	s.mu.Unlock()
	d.Send(screen.Tick{})
	d.See("abc")
	if !strings.Contains(marked(d), "erp") {
		t.Fatalf("the cursor went to %s", marked(d))
	}
	d.Press("enter")
	d.Until("the live requests", func() bool {
		return len(d.Pushed) == 1 && d.Pushed[0] == screen.Route(screen.ServerTail{Space: "default", Client: "erp"})
	})
	// The client is deleted, and the server started anew.
	s.mu.Lock()
	s.status.Gateway = nil
	s.mu.Unlock()
	d.Send(screen.Tick{})
	d.See("No client was called through the gateway yet").Press("enter", "j", "G")
	if d.Press("i").See("Nothing has been asked"); len(d.Pushed) != 1 {
		t.Error("something was opened")
	}
}

func TestLiveAndGatewayFitEverySize(t *testing.T) {
	s, d := follow(t, 80, 19)
	s.serve(served(2, nil), served(3, nil))
	d.See("/orders/3").Press("/").Type("o")
	fx := fixture(t)
	fx.Hub.Server = s
	g := screentest.Drive(t, server.New(fx.Env), 80, 19).See("GATEWAY 1").Press("i").See("1.2 %")
	step := 1
	if testing.Short() {
		step = 3
	}
	for w := 0; w < 150; w += step {
		for h := 0; h < 40; h += step {
			d.Screen.SetSize(w, h)
			g.Screen.SetSize(w, h)
			for name, view := range map[string]string{"live": d.View(), "gateway": g.View()} {
				if lines := strings.Split(view, "\n"); h > 12 && len(lines) > h {
					t.Fatalf("%s: %d lines at %d×%d", name, len(lines), w, h)
				}
			}
		}
	}
}
