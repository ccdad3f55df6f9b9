package gateway_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/clients"
	"ferry/model/gateway"
	"ferry/model/keys"
	"ferry/model/spaces"
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

// A rule that lets more through than before asks for the name of a protected client, or of one
// in a protected space; one that lets less through does not.
func TestWideningAsksForTheName(t *testing.T) {
	tight := gateway.RuleDraft{
		User: "robot", Client: "erp", Methods: []string{"GET", "POST"}, Paths: []string{"/orders/**", "/a/*"}, PerSecond: 2, PerDay: 100, MaxBody: 1000,
	}
	edits := map[string]struct {
		edit  func(*gateway.RuleDraft)
		wider bool
	}{
		"nothing":           {func(*gateway.RuleDraft) {}, false},
		"read-only":         {func(d *gateway.RuleDraft) { d.ReadOnly = true }, true}, // HEAD and OPTIONS are new
		"fewer methods":     {func(d *gateway.RuleDraft) { d.Methods = []string{"GET"} }, false},
		"another method":    {func(d *gateway.RuleDraft) { d.Methods = []string{"GET", "PUT"} }, true},
		"every method":      {func(d *gateway.RuleDraft) { d.Methods = nil }, true},
		"fewer paths":       {func(d *gateway.RuleDraft) { d.Paths = []string{"/a/*"} }, false},
		"a path below":      {func(d *gateway.RuleDraft) { d.Paths = []string{"/orders/1"} }, false},
		"another path":      {func(d *gateway.RuleDraft) { d.Paths = []string{"/b"} }, true},
		"another pattern":   {func(d *gateway.RuleDraft) { d.Paths = []string{"/a/**"} }, true},
		"every path":        {func(d *gateway.RuleDraft) { d.Paths = nil }, true},
		"fewer a second":    {func(d *gateway.RuleDraft) { d.PerSecond = 1 }, false},
		"more a second":     {func(d *gateway.RuleDraft) { d.PerSecond = 3 }, true},
		"any number":        {func(d *gateway.RuleDraft) { d.PerSecond = 0 }, true},
		"more a day":        {func(d *gateway.RuleDraft) { d.PerDay = 101 }, true},
		"any number a day":  {func(d *gateway.RuleDraft) { d.PerDay = 0 }, true},
		"a smaller body":    {func(d *gateway.RuleDraft) { d.MaxBody = 10 }, false},
		"a larger body":     {func(d *gateway.RuleDraft) { d.MaxBody = 1001 }, true},
		"the usual body":    {func(d *gateway.RuleDraft) { d.MaxBody = 0 }, true},
		"less and more too": {func(d *gateway.RuleDraft) { d.MaxBody, d.PerDay = 10, 0 }, true},
	}
	protect := map[string]func(*bench) error{
		"client": func(b *bench) error {
			_, err := b.Clients.SetProtected(b.Ctx, b.Space, b.erp.ID, true, "")
			return err
		},
		"space": func(b *bench) error {
			_, err := b.Spaces.Update(b.Ctx, b.Space.ID, spaces.Edit{Protected: new(true)}, "")
			return err
		},
	}
	for what, mark := range protect {
		t.Run(what, func(t *testing.T) {
			b := newBench(t)
			b.do(mark(b))
			b.set(tight) // a rule where none was only takes away
			for name, c := range edits {
				d := tight
				c.edit(&d)
				_, err := b.Gateway.Set(b.Ctx, b.Space, d, "")
				if (model.CodeOf(err) == model.EProtected) != c.wider || !c.wider && err != nil {
					t.Errorf("%s: %v", name, err)
				}
				_, err = b.Gateway.Set(b.Ctx, b.Space, d, "erp")
				b.do(err)
				_, err = b.Gateway.Set(b.Ctx, b.Space, tight, "erp")
				b.do(err)
			}
			b.wantCode(b.Gateway.Remove(b.Ctx, b.Space, "robot", "erp", ""), model.EProtected)
			b.wantCode(b.Gateway.Remove(b.Ctx, b.Space, "robot", "erp", "robot"), model.EProtected)
			b.do(b.Gateway.Remove(b.Ctx, b.Space, "robot", "erp", "erp"))
		})
	}
}

// Whoever may not call a client itself makes no rules for it, nor for a user that may do more.
func TestNobodyMakesRulesForWhatItLacks(t *testing.T) {
	b := newBench(t)
	b.client("crm")
	b.user("strong", "call:erp", "spaces:delete")
	call := model.CallPermission(b.erp.ID)
	for name, c := range map[string]struct {
		ctx  context.Context
		user string
		ok   bool
	}{
		"an operator":              {b.Ctx, "strong", true},
		"all that is asked":        {b.As(call, "clients:view"), "robot", true},
		"without the call":         {b.As("clients:view", "apiUsers:edit"), "robot", false},
		"the call of another":      {b.As("clients:view", "call:crm"), "robot", false},
		"a stronger user":          {b.As(call, "clients:view"), "strong", false},
		"without what it may view": {b.As(call), "robot", false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.Gateway.Set(c.ctx, b.Space, gateway.RuleDraft{User: c.user, Client: "erp", ReadOnly: true}, "")
			if c.ok {
				b.do(err)
				b.do(b.Gateway.Remove(c.ctx, b.Space, c.user, "erp", ""))
				return
			}
			b.wantCode(err, model.EPermission)
			b.set(gateway.RuleDraft{User: c.user, Client: "erp", ReadOnly: true})
			b.wantCode(b.Gateway.Remove(c.ctx, b.Space, c.user, "erp", ""), model.EPermission)
			b.do(b.Gateway.Remove(b.Ctx, b.Space, c.user, "erp", ""))
		})
	}
}

// Whoever is held to a rule for a client does not have the permission to call it in full: it can
// neither lift the rule, nor pass the permission on, nor take the key of a user without the rule.
func TestARuleIsNotLiftedByWhoIsHeldToIt(t *testing.T) {
	b := newBench(t)
	chief := b.user("chief", "call:erp", "clients:view", "apiUsers:edit", "apiUsers:create", "keys:create")
	full := model.NewPermits(chief.Permissions...)
	as := func() context.Context {
		permits, err := b.Gateway.Unruled(b.Ctx, b.Space.ID, chief.ID, full)
		b.do(err)
		return model.WithPermits(model.WithActor(b.Ctx, model.Actor{UID: -1, User: "chief", APIUser: chief.ID}), permits)
	}
	tries := map[string]func() error{
		"set its own": func() error {
			_, err := b.Gateway.Set(as(), b.Space, gateway.RuleDraft{User: "chief", Client: "erp"}, "")
			return err
		},
		"set another's": func() error {
			_, err := b.Gateway.Set(as(), b.Space, gateway.RuleDraft{User: "robot", Client: "erp"}, "")
			return err
		},
		"grant": func() error {
			_, err := b.Users.Create(as(), b.Space, apiusers.Draft{Username: "straw", Permissions: []string{"call:erp"}}, "")
			return err
		},
		"take a key": func() error {
			_, err := b.Keys.Generate(as(), b.Space, b.robot.ID, keys.Request{}, "")
			return err
		},
		"remove its own": func() error { return b.Gateway.Remove(as(), b.Space, "chief", "erp", "") },
	}
	for name, try := range tries {
		b.set(gateway.RuleDraft{User: "chief", Client: "erp", ReadOnly: true})
		b.wantCode(try(), model.EPermission)
		b.do(b.Gateway.Remove(b.Ctx, b.Space, "chief", "erp", ""))
		if name != "remove its own" {
			if err := try(); err != nil {
				t.Errorf("%s without a rule: %v", name, err)
			}
		}
		if b.list("chief", "") != "" {
			b.do(b.Gateway.Remove(b.Ctx, b.Space, "chief", "erp", ""))
		}
	}
	if len(full) != 5 {
		t.Errorf("the permits themselves were changed: %v", full)
	}
	none := model.NewPermits("clients:view")
	if got, err := b.Gateway.Unruled(b.Ctx, b.Space.ID, chief.ID, none); err != nil || len(got) != 1 {
		t.Errorf("no call at all: %v, %v", got, err)
	}
}

// Rules go with their user, their client and their space, however many there are; and a person is
// told before.
func TestRulesGoWithWhatTheyAreFor(t *testing.T) {
	b := newBench(t)
	rules := func() (n int) {
		b.do(b.Store.View(b.Ctx, func(tx model.Tx) error {
			n = 0
			return model.EachRule(tx, b.Space.ID, func(*model.GatewayRule) { n++ })
		}))
		return n
	}
	// More than one page has room for, and than one transaction can remove.
	const many = 1100
	for from := 0; from < many; from += 100 {
		b.do(b.Store.Update(b.Ctx, func(tx model.Tx) error {
			for i := range 100 {
				id := model.ID(fmt.Sprintf("%026d", 1_000_000+from+i))
				if err := tx.Rules().Put(model.GatewayRule{Space: b.Space.ID, User: id, Client: b.erp.ID}); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	crm := b.client("crm")
	b.set(gateway.RuleDraft{User: "robot", Client: "erp"})
	b.set(gateway.RuleDraft{User: "robot", Client: "crm"})
	if got := b.list("", ""); got != "robot/crm robot/erp" || rules() != many+2 {
		t.Fatalf("listed %s of %d: what is left of others is shown", got, rules())
	}
	what, err := b.Clients.Dependents(b.Ctx, b.Space, crm.ID)
	if got := strings.Join(what, ", "); err != nil || got != "1 rule of the gateway for it" {
		t.Errorf("the client: %s, %v", got, err)
	}
	if what, err = b.Users.Dependents(b.Ctx, b.Space, b.robot.ID); err != nil || strings.Join(what, ", ") != "2 rules of the gateway" {
		t.Errorf("the user: %v, %v", what, err)
	}
	b.do(b.Clients.Delete(b.Ctx, b.Space, b.erp.ID, "erp"))
	if got := b.list("", ""); got != "robot/crm" || rules() != 1 {
		t.Errorf("without the client: %s, %d rules", got, rules())
	}
	b.do(b.Users.Delete(b.Ctx, b.Space, b.robot.ID, 0, "robot"))
	if rules() != 0 {
		t.Errorf("without the user: %d rules", rules())
	}
}

func TestRulesGoWithTheirSpace(t *testing.T) {
	b := newBench(t)
	north := b.NewSpace(t, "north")
	b.set(gateway.RuleDraft{})
	for from := 0; from < 200; from += 100 {
		b.do(b.Store.Update(b.Ctx, func(tx model.Tx) error {
			for i := range 100 {
				id := model.ID(fmt.Sprintf("u%d", from+i))
				if err := tx.Rules().Put(model.GatewayRule{Space: north.ID, User: id, Client: "c1"}); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	b.do(b.Store.Update(b.Ctx, func(tx model.Tx) error {
		return tx.Clients().Put(model.Client{ID: "c1", Space: north.ID, Name: "x"})
	}))
	b.do(b.Spaces.Delete(b.Ctx, north.ID, spaces.Deletion{Everything: true}, "north"))
	info, err := b.Inspector.Info(b.Ctx)
	if err != nil || info.Records["gateway_rules"] != 1 {
		t.Errorf("%d rules are left, %v", info.Records["gateway_rules"], err)
	}
}

// What Try tells is what the gateway decides, with the rule, the user and the client as stored.
func TestTryDecidesAsTheGatewayDoes(t *testing.T) {
	b := newBench(t)
	b.client("crm")
	b.set(gateway.RuleDraft{User: "robot", Client: "erp", Methods: []string{"GET", "POST"}, Paths: []string{"/orders/**"}, MaxBody: 10})
	for _, c := range []struct {
		client, method, path string
		length               int64
		refusal              gateway.Refusal
	}{
		{"erp", "GET", "/orders/1", 0, ""},
		{"erp", "GET", "orders/1?expand=lines", 0, ""},
		{"ERP", "POST", "/orders", 10, ""},
		{"erp", "POST", "/orders", 11, gateway.BodyTooLarge},
		{"erp", "PUT", "/orders", -1, gateway.MethodRefused},
		{"erp", "GET", "/customers", 0, gateway.PathRefused},
		{"erp", "GET", "/orders/../customers", 0, gateway.PathUnclean},
		{"crm", "GET", "/", 0, gateway.NoPermission},
	} {
		d, err := b.Gateway.Try(b.Ctx, b.Space, "robot", c.client, c.method, c.path, c.length)
		if err != nil || d.Refusal != c.refusal || d.Status != c.refusal.Status() || len(d.Steps) != 10 {
			t.Errorf("%s %s %s: %+v, %v", c.client, c.method, c.path, d, err)
		}
	}
	edit := clients.DraftOf(b.erp)
	edit.Headers = []clients.HeaderDraft{{Name: "X-API-Key", Value: clients.Set("k3y"), Secret: true}}
	saved, err := b.Clients.Update(b.Ctx, b.Space, b.erp.ID, edit, "")
	b.do(err)
	edit = clients.DraftOf(saved.Client)
	edit.BaseURL = "https://elsewhere.example.com" // which clears its secrets
	_, err = b.Clients.Update(b.Ctx, b.Space, b.erp.ID, edit, "")
	b.do(err)
	d, err := b.Gateway.Try(b.Ctx, b.Space, "robot", "erp", "GET", "/orders", 0)
	if last := d.Steps[len(d.Steps)-1]; err != nil || d.Refusal != gateway.Incomplete || last.Passed || last.Detail != "missing: headers.X-API-Key" {
		t.Errorf("without its secret: %+v, %v", d, err)
	}
	_, err = b.Gateway.Try(b.Ctx, b.Space, "nobody", "erp", "GET", "/", 0)
	b.wantCode(err, model.ENotFound)
	_, err = b.Gateway.Try(b.Ctx, b.Space, "robot", "nothing", "GET", "/", 0)
	b.wantCode(err, model.ENotFound)
	_, err = b.Users.SetState(b.Ctx, b.Space, b.robot.ID, model.Disabled, "")
	b.do(err)
	d, err = b.Gateway.Try(b.Ctx, b.Space, "robot", "erp", "GET", "/orders", 0)
	if err != nil || d.Refusal != gateway.UserDisabled {
		t.Errorf("disabled: %+v, %v", d, err)
	}
}
