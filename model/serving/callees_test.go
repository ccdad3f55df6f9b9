package serving_test

import (
	"fmt"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/serving"
	"ferry/storage/storagetest"
)

// The directory knows the clients that somebody may call, without their secrets, and the rules for
// them; of what is gone, nothing.
func TestTheDirectoryKnowsClientsThatMayBeCalledAndTheirRules(t *testing.T) {
	k := newKit(t)
	robot := k.robot()
	robot.Permissions = append(robot.Permissions, "call:c1", "call:c2", "call:c9")
	robot.BearerKeys = true
	k.user(robot)
	north := model.Space{ID: "s2", Name: "North", Revision: 1}
	k.update(func(tx model.Tx) error { return tx.Spaces().Put(north) })
	other := k.robot()
	other.ID, other.Space, other.Username, other.Permissions = "u2", north.ID, "other", []model.Permission{"call:c1", "call:c4"}
	k.user(other)
	for _, c := range []model.Client{
		{ID: "c1", Space: k.space.ID, Name: "ERP", State: model.Disabled, Protected: true, Gateway: model.Exposure{Origins: []string{"https://a.example.com"}, Cookies: true}},
		{ID: "c2", Space: k.space.ID, Name: "crm", State: model.Active},
		{ID: "c3", Space: k.space.ID, Name: "hr", State: model.Active},
		{ID: "c4", Space: north.ID, Name: "erp", State: model.Active},
	} {
		c.BaseURL = "https://" + string(c.ID) + ".example.com"
		c.Auth = model.Auth{Method: model.AuthOAuth2, ClientSecret: model.NewSecret("s1"), Password: model.NewSecret("s2"), Assertion: model.Assertion{Key: model.NewSecret("s3")}}
		c.Headers = []model.Header{{Name: "X-API-Key", Value: model.NewSecret("s4"), Secret: true}}
		c.TLS.KeyPEM, c.Transport.ProxyPassword = model.NewSecret("s5"), model.NewSecret("s6")
		k.update(func(tx model.Tx) error { return tx.Clients().Put(c) })
	}
	for _, r := range []model.GatewayRule{
		{Space: k.space.ID, User: "u1", Client: "c1", ReadOnly: true},
		{Space: k.space.ID, User: "u1", Client: "c9"}, // of a client that is gone
		{Space: k.space.ID, User: "u9", Client: "c1"}, // of a user that is gone
		{Space: north.ID, User: "u2", Client: "c4", PerDay: 5},
	} {
		k.update(func(tx model.Tx) error { return tx.Rules().Put(r) })
	}
	d := k.load()
	erp := d.Client(k.space.ID, "erp")
	if erp == nil || erp != d.ClientByID("c1") || erp.Name != "ERP" || erp.State != model.Disabled || !erp.Protected || !erp.Gateway.Cookies || erp.BaseURL == "" {
		t.Fatalf("%+v", erp)
	}
	if n := len(erp.Secrets()); n > 0 {
		t.Errorf("it holds %d secrets", n)
	}
	if c := d.Client(north.ID, "ERP"); c == nil || c.ID != "c4" {
		t.Errorf("in the other space: %+v", c)
	}
	for what, c := range map[string]*model.Client{
		"one that nobody may call": d.Client(k.space.ID, "hr"), "the same by id": d.ClientByID("c3"), "one that is gone": d.ClientByID("c9"),
		"of another space": d.Client(north.ID, "crm"), "no name": d.Client(k.space.ID, ""),
	} {
		if c != nil {
			t.Errorf("%s: %+v", what, c)
		}
	}
	if r := d.Rule("u1", "c1"); r == nil || !r.ReadOnly {
		t.Errorf("the rule: %+v", r)
	}
	if r := d.Rule("u2", "c4"); r == nil || r.PerDay != 5 {
		t.Errorf("the other rule: %+v", r)
	}
	for _, pair := range [][2]model.ID{{"u1", "c2"}, {"u1", "c9"}, {"u9", "c1"}, {"c1", "u1"}} {
		if r := d.Rule(pair[0], pair[1]); r != nil {
			t.Errorf("%v: %+v", pair, r)
		}
	}
	if u := d.UserByID("u1"); !u.BearerKeys || u.Names["call:ERP"] != "call:c1" {
		t.Errorf("the user: %+v", u)
	}
}

// BenchmarkLoadRules reads 10,000 rules and the 1,000 clients that they are for.
func BenchmarkLoadRules(b *testing.B) {
	k := newBenchKit(b)
	b.ResetTimer()
	for b.Loop() {
		if d := k.directory(b); d.Rule("u-0009", "c-00999") == nil {
			b.Fatal("the last rule is not there")
		}
	}
}

type benchKit struct{ *serving.Service }

func newBenchKit(b *testing.B) benchKit {
	store, space := storagetest.NewWithSpace(b)
	var permissions []model.Permission
	for c := range 1000 {
		id := model.ID(fmt.Sprintf("c-%05d", c))
		permissions = append(permissions, model.CallPermission(id))
		err := store.Update(b.Context(), func(tx model.Tx) error {
			for u := range 10 {
				r := model.GatewayRule{Space: space.ID, User: model.ID(fmt.Sprintf("u-%04d", u)), Client: id, Methods: []string{"GET"}, Paths: []string{"/orders/**"}, Revision: 1}
				if err := tx.Rules().Put(r); err != nil {
					return err
				}
			}
			return tx.Clients().Put(model.Client{ID: id, Space: space.ID, Name: "client-" + string(id), BaseURL: "https://api.example.com"})
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for u := range 10 {
		err := store.Update(b.Context(), func(tx model.Tx) error {
			return tx.Users().Put(model.APIUser{ID: model.ID(fmt.Sprintf("u-%04d", u)), Space: space.ID, Username: fmt.Sprint("robot-", u), Permissions: permissions})
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return benchKit{serving.New(store, time.Now, model.NewID)}
}

func (k benchKit) directory(b *testing.B) *serving.Directory {
	d, err := k.Load(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return d
}
