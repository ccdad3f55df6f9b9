package gateway_test

import (
	"fmt"
	"strings"
	"testing"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/gateway"
	"ferry/model/spaces"
)

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
