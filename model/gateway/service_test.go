package gateway_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/clients"
	"ferry/model/gateway"
	"ferry/storage/storagetest"
)

// bench is a hub on a real store, with a client erp and a user robot that may call it.
type bench struct {
	*storagetest.Bench
	t     *testing.T
	erp   model.Client
	robot model.APIUser
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{Bench: storagetest.NewBench(t), t: t}
	b.erp, b.robot = b.client("erp"), b.user("robot", "call:erp", "clients:view")
	return b
}

func (b *bench) client(name string) model.Client {
	b.t.Helper()
	saved, err := b.Clients.Create(b.Ctx, b.Space, clients.Draft{Name: name, BaseURL: "https://api.example.com"}, name)
	b.do(err)
	return saved.Client
}

func (b *bench) user(name string, permissions ...string) model.APIUser {
	b.t.Helper()
	u, err := b.Users.Create(b.Ctx, b.Space, apiusers.Draft{Username: name, OAuth: true, Permissions: permissions}, "")
	b.do(err)
	return u
}

func (b *bench) do(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// A rule that is removed and made again is another: who saw the one before conflicts with it.
func TestARuleMadeAgainGoesOnCounting(t *testing.T) {
	b := newBench(t)
	seen := b.set(gateway.RuleDraft{ReadOnly: true})
	for range 3 {
		b.do(b.Gateway.Remove(b.Ctx, b.Space, "robot", "erp", ""))
		again := b.set(gateway.RuleDraft{ReadOnly: true})
		if again.Revision <= seen.Revision {
			t.Fatalf("revision %d again, after %d", again.Revision, seen.Revision)
		}
		stale := gateway.RuleDraft{User: "robot", Client: "erp", Methods: []string{"PUT"}, Revision: seen.Revision}
		_, err := b.Gateway.Set(b.Ctx, b.Space, stale, "")
		b.wantCode(err, model.EConflict)
		b.wantCode(b.Gateway.RemoveIfRevision(b.Ctx, b.Space, "robot", "erp", seen.Revision, ""), model.EConflict)
		seen = again
	}
	b.client("crm")
	if v := b.set(gateway.RuleDraft{User: "robot", Client: "crm"}); v.Revision != 1 {
		t.Errorf("the first for another client has revision %d", v.Revision)
	}
}

func (b *bench) set(d gateway.RuleDraft) gateway.RuleView {
	b.t.Helper()
	if d.User == "" {
		d.User, d.Client = "robot", "erp"
	}
	v, err := b.Gateway.Set(b.Ctx, b.Space, d, "")
	b.do(err)
	return v
}

func (b *bench) list(user, client string) string {
	b.t.Helper()
	rules, err := b.Gateway.List(b.Ctx, b.Space, user, client)
	b.do(err)
	var out []string
	for _, r := range rules {
		out = append(out, r.User+"/"+r.Client)
	}
	return strings.Join(out, " ")
}

// log returns what was done to rules, newest first.
func (b *bench) log() string {
	b.t.Helper()
	entries, _, err := b.Audit.List(b.Ctx, b.Space, "", 1000)
	b.do(err)
	var out []string
	for _, e := range entries {
		if strings.HasPrefix(e.Action, "rule.") {
			out = append(out, fmt.Sprintf("%s %s r%d by %s %v", e.Action, e.Name, e.Revision, e.Actor.User, e.Changes))
		}
	}
	return strings.Join(out, "\n")
}

func (b *bench) wantCode(err error, code model.Code) {
	b.t.Helper()
	_ = b.refused(err, code)
}

// refused looks that err has the code and a next step, and returns it.
func (b *bench) refused(err error, code model.Code) *model.Error {
	b.t.Helper()
	e := model.AsError(err)
	if model.CodeOf(err) != code {
		b.t.Fatalf("got %v (%s), want %s", err, model.CodeOf(err), code)
	}
	if e.Next == "" && e.Fields == nil {
		b.t.Errorf("%q has no next step", e.Message)
	}
	return e
}

func TestARuleIsSetChangedShownAndRemoved(t *testing.T) {
	b := newBench(t)
	d := gateway.RuleDraft{
		User: "Robot", Client: "ERP", Methods: []string{"post", " GET ", "get"}, Paths: []string{"/orders/**", " /a ", "/a"},
		PerSecond: 2.5, PerDay: 1000, MaxBody: 10 << 20,
	}
	v := b.set(d)
	want := gateway.RuleView{
		User: "robot", Client: "erp", Methods: []string{"GET", "POST"}, Paths: []string{"/orders/**", "/a"}, PerSecond: 2.5, PerDay: 1000,
		MaxBody: 10 << 20, Revision: 1, UpdatedAt: b.Clock.Now(), UpdatedBy: "alice",
	}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Error(diff)
	}
	if again := b.set(d); again.Revision != 1 {
		t.Errorf("setting the same again makes revision %d", again.Revision)
	}
	got, err := b.Gateway.Get(b.Ctx, b.Space, "robot", "erp")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	edit := gateway.DraftOf(got)
	edit.ReadOnly, edit.Methods = true, nil
	if v = b.set(edit); v.Revision != 2 || !v.ReadOnly || len(v.Methods) != 0 || v.Methods == nil {
		t.Errorf("changed: %+v", v)
	}
	b.do(b.Gateway.Remove(b.Ctx, b.Space, "robot", "erp", ""))
	b.wantCode(b.Gateway.Remove(b.Ctx, b.Space, "robot", "erp", ""), model.ENotFound)
	_, err = b.Gateway.Get(b.Ctx, b.Space, "robot", "erp")
	b.wantCode(err, model.ENotFound)
	const log = `rule.remove robot at erp r2 by alice []
rule.set robot at erp r2 by alice [{read_only false true} {methods GET POST }]
rule.set robot at erp r1 by alice [{methods  GET POST} {paths  /orders/** /a} {per_second 0 2.5} {per_day 0 1000} {max_body 0 10485760}]`
	if got := b.log(); got != log {
		t.Errorf("the audit log:\n%s", got)
	}
}

func TestRulesAreListedByUserAndClient(t *testing.T) {
	b := newBench(t)
	if rules, err := b.Gateway.List(b.Ctx, b.Space, "", ""); err != nil || rules == nil || len(rules) > 0 {
		t.Errorf("none: %v, %v", rules, err)
	}
	b.client("crm")
	b.user("Anna")
	for _, pair := range []string{"robot/erp", "robot/crm", "Anna/erp"} {
		user, client, _ := strings.Cut(pair, "/")
		b.set(gateway.RuleDraft{User: user, Client: client, ReadOnly: true})
	}
	for _, c := range []struct{ user, client, want string }{
		{"", "", "Anna/erp robot/crm robot/erp"},
		{"robot", "", "robot/crm robot/erp"},
		{"", "erp", "Anna/erp robot/erp"},
		{"anna", "ERP", "Anna/erp"},
		{"anna", "crm", ""},
	} {
		if got := b.list(c.user, c.client); got != c.want {
			t.Errorf("%q %q: %s", c.user, c.client, got)
		}
	}
	for _, c := range [][2]string{{"nobody", ""}, {"", "nothing"}, {"robot", "nothing"}} {
		_, err := b.Gateway.List(b.Ctx, b.Space, c[0], c[1])
		b.wantCode(err, model.ENotFound)
	}
	// Another space sees none of them.
	other := b.NewSpace(t, "other")
	if rules, err := b.Gateway.List(b.Ctx, other, "", ""); err != nil || len(rules) > 0 {
		t.Errorf("another space: %v, %v", rules, err)
	}
	_, err := b.Gateway.List(b.Ctx, other, "robot", "")
	b.wantCode(err, model.ENotFound)
	_, err = b.Gateway.Set(b.Ctx, other, gateway.RuleDraft{User: "robot", Client: "erp"}, "")
	b.wantCode(err, model.ENotFound)
}

func TestARuleThatCannotBe(t *testing.T) {
	b := newBench(t)
	long := "/" + strings.Repeat("a", model.MaxGatewayPattern)
	for field, drafts := range map[string][]gateway.RuleDraft{
		"methods": {{Methods: []string{"G T"}}, {Methods: []string{"TRACE"}}, {Methods: []string{"connect"}}, {Methods: []string{""}}, {Methods: []string{strings.Repeat("A", 33)}}, {Methods: many("M", 33)}},
		"paths": {
			{Paths: []string{"orders"}},
			{Paths: []string{""}},
			{Paths: []string{"/a//b"}},
			{Paths: []string{"/../x"}},
			{Paths: []string{"/a/%2e%2e"}},
			{Paths: []string{"/a?x=1"}},
			{Paths: []string{"/a#b"}},
			{Paths: []string{"/a**"}},
			{Paths: []string{"/**a/b"}},
			{Paths: []string{"/***"}},
			{Paths: []string{"/a b"}},
			{Paths: []string{"/a\\b"}},
			{Paths: []string{"/a%2fb"}},
			{Paths: []string{"/a\x00"}},
			{Paths: []string{"/a\u202eb"}},
			{Paths: []string{"/\xff"}},
			{Paths: []string{long}},
			{Paths: many("/", 65)},
		},
		"per_second": {{PerSecond: -1}, {PerSecond: 1e7}, {PerSecond: 0.0001}, {PerSecond: nan()}},
		"per_day":    {{PerDay: -1}},
		"max_body":   {{MaxBody: -1}, {MaxBody: model.MaxGatewayBody + 1}},
	} {
		for _, d := range drafts {
			d.User, d.Client = "robot", "erp"
			_, err := b.Gateway.Set(b.Ctx, b.Space, d, "")
			if e := b.refused(err, model.EInvalid); e.Field != field || model.Printable(e.Message) != e.Message || len(e.Fields) != 1 {
				t.Errorf("%+v: %q is about %s", d, e.Message, e.Field)
			}
		}
	}
	_, err := b.Gateway.Set(b.Ctx, b.Space, gateway.RuleDraft{PerDay: -1}, "")
	if e := b.refused(err, model.EInvalid); len(e.Fields) != 3 {
		t.Errorf("all at once: %v", e.Fields)
	}
	for field, d := range map[string]gateway.RuleDraft{"user": {User: "nobody", Client: "erp"}, "client": {User: "robot", Client: "nothing"}} {
		_, err := b.Gateway.Set(b.Ctx, b.Space, d, "")
		if e := b.refused(err, model.ENotFound); e.Field != field {
			t.Errorf("%q is about %s", e.Message, e.Field)
		}
	}
	if b.list("", "") != "" || b.log() != "" {
		t.Error("something was saved")
	}
	b.set(gateway.RuleDraft{User: "robot", Client: "erp", Paths: []string{"/äpfel/*", "/**/x", "/a;v=*", "/"}, MaxBody: model.MaxGatewayBody, PerSecond: 0.001})
}

func many(prefix string, n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("%s%d", prefix, i))
	}
	return out
}

func nan() float64 { zero := 0.0; return zero / zero }

func TestAnOlderRuleIsAConflict(t *testing.T) {
	b := newBench(t)
	v := b.set(gateway.RuleDraft{})
	mine, theirs := gateway.DraftOf(v), gateway.DraftOf(v)
	theirs.PerDay = 5
	b.set(theirs)
	mine.ReadOnly = true
	_, err := b.Gateway.Set(b.Ctx, b.Space, mine, "")
	if e := b.refused(err, model.EConflict); !strings.Contains(e.Message, `"robot at erp" was changed by alice`) || !strings.Contains(e.Message, "per_day") {
		t.Errorf("the conflict says %q", e.Message)
	}
	b.wantCode(b.Gateway.RemoveIfRevision(b.Ctx, b.Space, "robot", "erp", 1, ""), model.EConflict)
	_, err = b.Gateway.Set(b.Ctx, b.Space, gateway.RuleDraft{User: "robot", Client: "erp", Fresh: true}, "")
	b.wantCode(err, model.EConflict)
	b.do(b.Gateway.RemoveIfRevision(b.Ctx, b.Space, "robot", "erp", 2, ""))
	_, err = b.Gateway.Set(b.Ctx, b.Space, mine, "")
	if e := b.refused(err, model.EConflict); !strings.Contains(e.Message, "removed") {
		t.Errorf("the conflict says %q", e.Message)
	}
}
