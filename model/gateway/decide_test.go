package gateway_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/gateway"
)

var now = time.Date(2026, 3, 4, 9, 30, 0, 0, time.UTC)

const clientID = "01k0000000000000000000erp1"

// question is one that may pass; change makes it another.
func question(change func(*gateway.Question)) gateway.Question {
	q := gateway.Question{
		Client:  &model.Client{ID: clientID, Name: "erp", State: model.Active},
		User:    &model.APIUser{ID: "u1", Username: "robot", State: model.Active, OAuth: true},
		Permits: model.NewPermits(model.CallPermission(clientID)),
		Addr:    netip.MustParseAddr("192.0.2.7"), Method: "GET", Path: "/orders/1", Length: 0, Now: now,
	}
	if change != nil {
		change(&q)
	}
	return q
}

func ruled(r model.GatewayRule, method, path string) func(*gateway.Question) {
	return func(q *gateway.Question) { q.Rule, q.Method, q.Path = &r, method, path }
}

// decisions are one request a refusal, and some that pass.
var decisions = map[string]struct {
	change  func(*gateway.Question)
	refusal gateway.Refusal
	status  int
}{
	"no rule":               {nil, "", 0},
	"the base itself":       {func(q *gateway.Question) { q.Path = "" }, "", 0},
	"an unclean path":       {func(q *gateway.Question) { q.Path = "/%2e%2e/x" }, gateway.PathUnclean, 400},
	"no user":               {func(q *gateway.Question) { q.User = nil }, gateway.UserDisabled, 401},
	"a disabled user":       {func(q *gateway.Question) { q.User.State = model.Disabled }, gateway.UserDisabled, 401},
	"an expired user":       {func(q *gateway.Question) { q.User.Expires = now }, gateway.UserExpired, 401},
	"a user from elsewhere": {func(q *gateway.Question) { q.User.Networks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} }, gateway.UserNetwork, 401},
	"a user from nowhere": {func(q *gateway.Question) {
		q.Addr, q.User.Networks = netip.Addr{}, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	}, gateway.UserNetwork, 401},
	"a user of the network":    {func(q *gateway.Question) { q.User.Networks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} }, "", 0},
	"nothing to present":       {func(q *gateway.Question) { q.User.OAuth = false }, gateway.UserOAuthOff, 401},
	"an API key itself":        {func(q *gateway.Question) { q.User.OAuth, q.User.BearerKeys = false, true }, "", 0},
	"no client":                {func(q *gateway.Question) { q.Client = nil }, gateway.NoPermission, 403},
	"no permission":            {func(q *gateway.Question) { q.Permits = model.NewPermits("clients:view", "call:other") }, gateway.NoPermission, 403},
	"no permits at all":        {func(q *gateway.Question) { q.Permits = nil }, gateway.NoPermission, 403},
	"a disabled client":        {func(q *gateway.Question) { q.Client.State = model.Disabled }, gateway.ClientDisabled, 403},
	"disabled and not allowed": {func(q *gateway.Question) { q.Client.State, q.Permits = model.Disabled, nil }, gateway.NoPermission, 403},
	"read-only, GET":           {ruled(model.GatewayRule{ReadOnly: true}, "GET", "/"), "", 0},
	"read-only, HEAD":          {ruled(model.GatewayRule{ReadOnly: true, Methods: []string{"POST"}}, "HEAD", "/"), "", 0},
	"read-only, POST":          {ruled(model.GatewayRule{ReadOnly: true, Methods: []string{"POST"}}, "POST", "/"), gateway.MethodRefused, 403},
	"a method of the rule":     {ruled(model.GatewayRule{Methods: []string{"GET", "PATCH"}}, "PATCH", "/"), "", 0},
	"another method":           {ruled(model.GatewayRule{Methods: []string{"GET", "PATCH"}}, "PUT", "/"), gateway.MethodRefused, 403},
	"a method in lower case":   {ruled(model.GatewayRule{Methods: []string{"GET"}}, "get", "/"), gateway.MethodRefused, 403},
	"TRACE":                    {func(q *gateway.Question) { q.Method = "TRACE" }, gateway.MethodRefused, 403},
	"CONNECT":                  {func(q *gateway.Question) { q.Method = "CONNECT" }, gateway.MethodRefused, 403},
	"TRACE that a rule names":  {ruled(model.GatewayRule{Methods: []string{"TRACE"}}, "TRACE", "/"), gateway.MethodRefused, 403},
	"no method":                {func(q *gateway.Question) { q.Method = "" }, gateway.MethodRefused, 403},
	"a method that is none":    {func(q *gateway.Question) { q.Method = "GET /" }, gateway.MethodRefused, 403},
	"an odd method":            {func(q *gateway.Question) { q.Method = "MKCOL" }, "", 0},
	"a path of the rule":       {ruled(model.GatewayRule{Paths: []string{"/a", "/orders/**"}}, "POST", "/orders/1"), "", 0},
	"another path":             {ruled(model.GatewayRule{Paths: []string{"/a", "/orders/**"}}, "GET", "/b"), gateway.PathRefused, 403},
	"a body at the limit":      {func(q *gateway.Question) { q.Length = model.DefaultGatewayBody }, "", 0},
	"a body above it":          {func(q *gateway.Question) { q.Length = model.DefaultGatewayBody + 1 }, gateway.BodyTooLarge, 413},
	"a body above the rule's":  {func(q *gateway.Question) { q.Rule, q.Length = &model.GatewayRule{MaxBody: 10}, 11 }, gateway.BodyTooLarge, 413},
	"a body of unknown length": {func(q *gateway.Question) { q.Rule, q.Length = &model.GatewayRule{MaxBody: 10}, -1 }, "", 0},
}

// The explanation never tells of another decision than the one that is made.
func TestDecisions(t *testing.T) {
	for name, c := range decisions {
		t.Run(name, func(t *testing.T) {
			q := question(c.change)
			plain, explained := gateway.Decide(q, false), gateway.Decide(q, true)
			if plain.Refusal != c.refusal || plain.Status != c.status || plain.Steps != nil || (plain.Detail == "") != (c.refusal == "") {
				t.Fatalf("decided %+v, want %q and %d", plain, c.refusal, c.status)
			}
			if explained.Refusal != plain.Refusal || explained.Status != plain.Status || explained.Detail != plain.Detail {
				t.Errorf("explained %+v, decided %+v", explained, plain)
			}
			passed := true
			for _, s := range explained.Steps {
				passed = passed && s.Passed
				if s.Rule == "" || s.Detail == "" || strings.HasPrefix(s.Detail, ";") {
					t.Errorf("a step says nothing: %+v", s)
				}
			}
			if passed != (c.refusal == "") || len(explained.Steps) != 10 {
				t.Errorf("the steps say %v: %+v", passed, explained.Steps)
			}
		})
	}
}

// Every rule is looked at, also after one refused.
func TestAnExplanationGoesOnBehindARefusal(t *testing.T) {
	q := question(ruled(model.GatewayRule{ReadOnly: true, Paths: []string{"/orders/**"}, MaxBody: 10}, "POST", "/customers"))
	q.Length = 11
	d := gateway.Decide(q, true)
	var refused []string
	for _, s := range d.Steps {
		if !s.Passed {
			refused = append(refused, s.Rule+": "+s.Detail)
		}
	}
	want := "the method is allowed: POST; the rule is read-only: GET, HEAD and OPTIONS\n" +
		"the path is allowed: the rule allows /orders/**\nthe body is not too large: 11 bytes; at most 10 B"
	if got := strings.Join(refused, "\n"); got != want || d.Refusal != gateway.MethodRefused {
		t.Errorf("%s, refused:\n%s", d.Refusal, got)
	}
}

func TestEveryRefusalHasAStatusAndAText(t *testing.T) {
	for _, r := range []gateway.Refusal{
		gateway.UserDisabled, gateway.UserExpired, gateway.UserNetwork, gateway.UserOAuthOff, gateway.ClientDisabled, gateway.NoPermission, gateway.MethodRefused,
		gateway.PathRefused, gateway.PathUnclean, gateway.BodyTooLarge, gateway.RateLimited, gateway.DayLimited, gateway.BreakerIsOpen, gateway.Incomplete,
	} {
		if r.Status() < 400 || r.Detail() == "" {
			t.Errorf("%s: %d %q", r, r.Status(), r.Detail())
		}
	}
}

// Deciding allocates nothing, whatever it decides.
func TestDecidingAllocatesNothing(t *testing.T) {
	for name, c := range decisions {
		q := question(c.change)
		if n := testing.AllocsPerRun(100, func() { gateway.Decide(q, false) }); n > 0 {
			t.Errorf("%s: %g allocations", name, n)
		}
	}
	q := question(ruled(model.GatewayRule{Paths: []string{"/a/**/b", "/orders/*/x%20*"}}, "GET", "/orders/%C3%A4%20b/x%20y%2541"))
	if n := testing.AllocsPerRun(100, func() { gateway.Decide(q, false) }); n > 0 || gateway.Decide(q, false).Refusal != "" {
		t.Errorf("an escaped path: %g allocations, %+v", n, gateway.Decide(q, false))
	}
}

func BenchmarkDecide(b *testing.B) {
	for name, r := range map[string]*model.GatewayRule{
		"no-rule": nil,
		"rule":    {Methods: []string{"GET", "POST"}, Paths: []string{"/a/**", "/b/*/c", "/orders/**"}, MaxBody: 1 << 20},
	} {
		b.Run(name, func(b *testing.B) {
			q := question(func(q *gateway.Question) { q.Rule, q.Path = r, "/orders/4711/lines/%C3%A4" })
			b.ReportAllocs()
			for b.Loop() {
				if d := gateway.Decide(q, false); d.Refusal != "" {
					b.Fatal(d)
				}
			}
		})
	}
}
