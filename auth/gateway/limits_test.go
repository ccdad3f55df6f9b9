package gateway

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/gateway"
)

// TestALimitOfRequestsASecond: a bucket that holds those of one second.
func TestALimitOfRequestsASecond(t *testing.T) {
	now := time.Date(2026, 5, 5, 23, 59, 50, 0, time.UTC)
	var m meters
	take := func(rule model.GatewayRule, want gateway.Refusal, wait time.Duration) {
		t.Helper()
		got, left := m.take(&rule, now)
		if got != want || (left-wait).Abs() > time.Millisecond {
			t.Errorf("%q, wait %s; want %q, %s", got, left, want, wait)
		}
	}
	two := model.GatewayRule{User: "a", PerSecond: 2}
	take(two, "", 0)
	take(two, "", 0)
	take(two, gateway.RateLimited, 500*time.Millisecond)
	take(model.GatewayRule{User: "b", PerSecond: 2}, "", 0) // another user has another bucket
	now = now.Add(500 * time.Millisecond)
	take(two, "", 0)
	take(two, gateway.RateLimited, 500*time.Millisecond)
	now = now.Add(time.Hour) // no more than a second's is kept
	take(two, "", 0)
	take(two, "", 0)
	take(two, gateway.RateLimited, 500*time.Millisecond)
	now = now.Add(-time.Hour) // a clock that is put back gives nothing and takes nothing
	take(two, gateway.RateLimited, 500*time.Millisecond)
	now = now.Add(500 * time.Millisecond)
	take(two, "", 0)
	slow := model.GatewayRule{User: "c", PerSecond: 0.1}
	take(slow, "", 0)
	take(slow, gateway.RateLimited, 10*time.Second)
}

// TestALimitOfRequestsADay: days end at midnight UTC; a refused request counts for nothing.
func TestALimitOfRequestsADay(t *testing.T) {
	now := time.Date(2026, 5, 5, 23, 59, 50, 0, time.UTC)
	var m meters
	rule := model.GatewayRule{User: "a", PerDay: 2, PerSecond: 1}
	for i, want := range []gateway.Refusal{"", gateway.RateLimited, gateway.RateLimited} {
		if got, _ := m.take(&rule, now); got != want {
			t.Errorf("%d: %q", i, got)
		}
	}
	now = now.Add(2 * time.Second)
	if got, _ := m.take(&rule, now); got != "" {
		t.Error(got)
	}
	if got, wait := m.take(&rule, now); got != gateway.DayLimited || wait != 8*time.Second {
		t.Error(got, wait)
	}
	now = now.Add(8 * time.Second)
	if got, _ := m.take(&rule, now); got != "" {
		t.Error(got)
	}
	m.keep(func(model.ID) bool { return false })
	if len(m.users) != 0 {
		t.Error("a user that is gone is still counted")
	}
	for i := range maxMeters + 5 {
		m.take(&model.GatewayRule{User: model.ID(fmt.Sprint(i)), PerDay: 1}, now)
	}
	if len(m.users) > maxMeters {
		t.Errorf("%d users", len(m.users))
	}
}

// TestLimitsAreAnsweredWith429: through the gateway, with its clock.
func TestLimitsAreAnsweredWith429(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, nil)
	k.client("erp", up.URL, nil)
	k.ruleOf(model.GatewayRule{PerSecond: 0.001, PerDay: 2})
	if a := k.ask("GET", "/gw/erp/", nil); a.StatusCode != 200 {
		t.Fatal(a.body)
	}
	a := k.ask("GET", "/gw/erp/", nil)
	k.want(a, 429, "rate_limited")
	if got := a.Header.Get("Retry-After"); got != "1000" && got != "999" {
		t.Error(got)
	}
	k.ruleOf(model.GatewayRule{PerDay: 2})
	if a := k.ask("GET", "/gw/erp/", nil); a.StatusCode != 200 {
		t.Error(a.body)
	}
	k.pass(24 * time.Hour) // whatever the time is, this is one day
	for _, want := range []int{200, 200, 429} {
		if a = k.ask("GET", "/gw/erp/", nil); a.StatusCode != want {
			t.Errorf("%d, want %d: %s", a.StatusCode, want, a.body)
		}
	}
	k.want(a, 429, "day_limited")
	if got := k.gw.Traffic()[0]; got.Refused != 2 || got.Requests != 6 || got.Failed != 0 {
		t.Errorf("%+v", got)
	}
}

// TestTheBreaker: opens, probes, closes, with a fake clock.
func TestTheBreaker(t *testing.T) {
	now := time.Unix(1e9, 0)
	var b breaker
	one := func(o outcome) time.Duration {
		ticket, wait := b.allow(now)
		if wait == 0 {
			b.done(ticket, o, now)
		}
		return wait
	}
	want := func(s model.BreakerState) {
		t.Helper()
		if got, _ := b.tell(now); got != s {
			t.Fatalf("%s, want %s", got, s)
		}
	}
	for range 4 {
		one(failed)
	}
	one(worked)
	for range 4 {
		one(failed)
	}
	one(unknown) // a caller that left says nothing
	want(model.BreakerClosed)
	late, _ := b.allow(now)
	one(failed)
	want(model.BreakerOpen)
	b.done(late, worked, now) // one of before says nothing about now
	want(model.BreakerOpen)
	if wait := one(worked); wait != 5*time.Second {
		t.Error(wait)
	}
	for _, pause := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, time.Minute, time.Minute} {
		if _, until := b.tell(now); until == nil || until.Sub(now) != pause {
			t.Fatalf("open until %v, want %s", until, pause)
		}
		now = now.Add(pause)
		want(model.BreakerHalfOpen)
		probe, wait := b.allow(now)
		if wait != 0 || !probe.probe {
			t.Fatal("there is no probe")
		}
		if _, wait := b.allow(now); wait <= 0 {
			t.Fatal("two probes at once")
		}
		b.done(probe, failed, now)
		want(model.BreakerOpen)
	}
	now = now.Add(time.Minute)
	probe, _ := b.allow(now)
	b.done(probe, unknown, now) // the caller left: another may probe
	probe, wait := b.allow(now)
	if wait != 0 {
		t.Fatal(wait)
	}
	b.done(probe, worked, now)
	want(model.BreakerClosed)
	for range 5 {
		one(failed)
	}
	if wait := one(worked); wait != 5*time.Second {
		t.Errorf("after it worked it is open for %s", wait)
	}
}

// TestTheBreakerLooksAtAShare: half of at least twenty in ten seconds.
func TestTheBreakerLooksAtAShare(t *testing.T) {
	for name, c := range map[string]struct {
		gap  time.Duration
		n    int
		open bool
	}{
		"nineteen":         {time.Millisecond, 19, false},
		"twenty":           {time.Millisecond, 20, true},
		"too far apart":    {time.Second, 40, false},
		"just near enough": {490 * time.Millisecond, 40, true},
	} {
		now := time.Unix(1e9, 0)
		var b breaker
		opened := false
		for i := range c.n {
			ticket, wait := b.allow(now)
			if wait > 0 {
				opened = true
				break
			}
			o := worked
			if i%2 == 1 {
				o = failed
			}
			b.done(ticket, o, now)
			now = now.Add(c.gap)
		}
		if s, _ := b.tell(now); s == model.BreakerOpen {
			opened = true
		}
		if opened != c.open {
			t.Errorf("%s: open is %v", name, opened)
		}
	}
}

// TestTheBreakerHoldsRequestsBack: through the gateway: opens, probes, closes.
func TestTheBreakerHoldsRequestsBack(t *testing.T) {
	k := newKit(t)
	var broken atomic.Bool
	broken.Store(true)
	up := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		if broken.Load() {
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	k.client("erp", up.URL, nil)
	for range 5 {
		if a := k.ask("GET", "/gw/erp/", nil); a.StatusCode != 502 {
			t.Fatal(a.body)
		}
	}
	a := k.ask("GET", "/gw/erp/", nil)
	k.want(a, 503, "breaker_open")
	if got := k.gw.Traffic()[0]; a.Header.Get("Retry-After") != "5" || got.Breaker != model.BreakerOpen || got.OpenUntil == nil || len(up.requests()) != 5 {
		t.Errorf("%v %+v, %d requests", a.Header, got, len(up.requests()))
	}
	k.pass(6 * time.Second)
	if a := k.ask("GET", "/gw/erp/", nil); a.StatusCode != 502 || len(up.requests()) != 6 {
		t.Errorf("the probe: %d", a.StatusCode)
	}
	k.want(k.ask("GET", "/gw/erp/", nil), 503, "breaker_open")
	broken.Store(false)
	k.pass(11 * time.Second)
	for range 3 {
		if a := k.ask("GET", "/gw/erp/", nil); a.StatusCode != 200 {
			t.Error(a.body)
		}
	}
	if got := k.gw.Traffic()[0]; got.Breaker != model.BreakerClosed || got.OpenUntil != nil {
		t.Errorf("%+v", got)
	}
}

// TestTraffic: the last minute, the times of the last thousand.
func TestTraffic(t *testing.T) {
	now := time.Unix(1e9, 0)
	var tr traffic
	for i := range 1500 {
		tr.add(now.Add(-time.Duration(i%70)*time.Second), time.Duration(i+1)*time.Millisecond, 200)
	}
	tr.add(now.Add(-time.Second), 0, 502)
	tr.refuse(now.Add(-time.Second), time.Millisecond, 403)
	per := tr.perSecond(now)
	if len(per) != 60 || per[59] < 20 || tr.requests.Load() != 1502 || tr.failed.Load() != 1 || tr.refused.Load() != 1 {
		t.Errorf("%v %d %d %d", per, tr.requests.Load(), tr.failed.Load(), tr.refused.Load())
	}
	if p50, p99 := tr.quantiles(); p50 < 990*time.Millisecond || p50 > 1010*time.Millisecond || p99 < 1480*time.Millisecond || p99 > 1500*time.Millisecond {
		t.Errorf("%s %s", p50, p99)
	}
}
