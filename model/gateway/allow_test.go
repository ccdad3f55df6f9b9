package gateway_test

import (
	"context"
	"testing"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/gateway"
	"ferry/model/keys"
	"ferry/model/spaces"
)

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
