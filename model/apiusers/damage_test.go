package apiusers_test

import (
	"testing"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/keys"
	"ferry/storage/bolt"
	"ferry/storage/kv"
)

// store: garbled file → an error. A record that does not open is never taken for one that
// is gone: then a list would be shorter, a limit higher and a permission void.
func TestADamagedRecordIsNotTakenForOneThatIsGone(t *testing.T) {
	for name, tc := range map[string]struct {
		key   func(b *bench, c model.Client, u model.APIUser, k model.APIKey) string
		fails func(b *bench, u model.APIUser, k model.APIKey) map[string]error
	}{
		"client": {
			func(b *bench, c model.Client, _ model.APIUser, _ model.APIKey) string {
				return "client/" + string(b.Space.ID) + "/" + string(c.ID)
			},
			func(b *bench, u model.APIUser, k model.APIKey) map[string]error {
				_, list := b.Users.List(b.Ctx, b.Space, nil)
				_, views := b.Users.Views(b.Ctx, b.Space, "")
				_, view := b.Users.View(b.Ctx, b.Space, u)
				_, draft := b.Users.DraftOf(b.Ctx, b.Space, u)
				_, state := b.Users.SetState(b.As(), b.Space, u.ID, model.Disabled, "")
				_, generate := b.Keys.Generate(b.As(), b.Space, u.ID, keys.Request{}, "")
				_, label := b.Keys.Relabel(b.As(), b.Space, k.ID, "mine", 0, "")
				_, create := b.Users.Create(b.Ctx, b.Space, apiusers.Draft{Username: "new", Permissions: []string{"call:erp"}}, "")
				return map[string]error{
					"list": list, "views": views, "view": view, "draft": draft, "disable": state, "generate": generate, "relabel": label, "create": create,
					"delete": b.Users.Delete(b.As(), b.Space, u.ID, 0, "robot"),
				}
			},
		},
		"key": {
			func(b *bench, _ model.Client, _ model.APIUser, k model.APIKey) string {
				return "key/" + string(b.Space.ID) + "/" + string(k.ID)
			},
			func(b *bench, u model.APIUser, k model.APIKey) map[string]error {
				_, users := b.Users.List(b.Ctx, b.Space, nil)
				_, lost := b.Users.Dependents(b.Ctx, b.Space, u.ID)
				_, all := b.Keys.List(b.Ctx, b.Space, "")
				_, of := b.Keys.List(b.Ctx, b.Space, u.ID)
				_, soon := b.Keys.Expiring(b.Ctx, b.Space)
				_, find := b.Keys.Find(b.Ctx, b.Space, "ci")
				_, byID := b.Keys.Find(b.Ctx, b.Space, string(k.ID))
				_, revoke := b.Keys.Revoke(b.Ctx, b.Space, k.ID, 0, "")
				_, generate := b.Keys.Generate(b.Ctx, b.Space, u.ID, keys.Request{}, "")
				return map[string]error{
					"users": users, "dependents": lost, "all": all, "of the user": of, "expiring": soon, "find": find, "by id": byID,
					"revoke": revoke, "generate": generate, "delete": b.Users.Delete(b.Ctx, b.Space, u.ID, 0, "robot"),
				}
			},
		},
		"use": {
			func(b *bench, _ model.Client, _ model.APIUser, k model.APIKey) string {
				return "use/" + string(b.Space.ID) + "/" + string(k.ID)
			},
			func(b *bench, u model.APIUser, k model.APIKey) map[string]error {
				_, users := b.Users.List(b.Ctx, b.Space, nil)
				_, all := b.Keys.List(b.Ctx, b.Space, "")
				_, of := b.Keys.List(b.Ctx, b.Space, u.ID)
				_, get := b.Keys.Get(b.Ctx, b.Space, k.ID)
				return map[string]error{"users": users, "all": all, "of the user": of, "get": get}
			},
		},
		"user": {
			func(b *bench, _ model.Client, u model.APIUser, _ model.APIKey) string {
				return "user/" + string(b.Space.ID) + "/" + string(u.ID)
			},
			func(b *bench, u model.APIUser, k model.APIKey) map[string]error {
				_, get := b.Users.Get(b.Ctx, b.Space, u.ID)
				_, name := b.Users.ByName(b.Ctx, b.Space, "robot")
				_, list := b.Users.List(b.Ctx, b.Space, nil)
				_, all := b.Keys.List(b.Ctx, b.Space, "")
				_, key := b.Keys.Get(b.Ctx, b.Space, k.ID)
				_, generate := b.Keys.Generate(b.Ctx, b.Space, u.ID, keys.Request{}, "")
				return map[string]error{"get": get, "by name": name, "list": list, "keys": all, "key": key, "generate": generate}
			},
		},
		"settings": {
			func(*bench, model.Client, model.APIUser, model.APIKey) string { return "serve/config" },
			func(b *bench, _ model.APIUser, _ model.APIKey) map[string]error {
				_, create := b.Users.Create(b.Ctx, b.Space, apiusers.Draft{Username: "new"}, "")
				return map[string]error{"create": create}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			c := b.client(t, b.Space, "erp")
			u := b.create(t, apiusers.Draft{Username: "robot", Permissions: []string{"call:erp"}})
			k := b.key(t, u.ID, keys.Request{Label: "ci"}).Key
			raw, err := bolt.Open(b.Store.Path())
			if err != nil {
				t.Fatal(err)
			}
			if err := raw.Update(b.Ctx, func(tx kv.Tx) error { return tx.Put([]byte(tc.key(b, c, u, k)), []byte("junk")) }); err != nil {
				t.Fatal(err)
			}
			for what, err := range tc.fails(b, u, k) {
				if model.CodeOf(err) != model.ECorrupt {
					t.Errorf("%s: got %v", what, err)
				}
			}
		})
	}
}
