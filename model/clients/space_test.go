package clients_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/clients"
)

// The space that a caller holds may be older than the store: what is stored counts.
func TestTheSpaceIsTakenAsItIsStored(t *testing.T) {
	b := newBench(t)
	c := b.create(t, oauth())
	edit := clients.DraftOf(c)
	edit.Audience = "x"
	other := oauth()
	other.Name = "other"
	all := map[string]func(confirm string) error{
		"create": func(s string) error { _, err := b.Create(b.ctx, b.space, other, s); return err },
		"update": func(s string) error { _, err := b.Update(b.ctx, b.space, c.ID, edit, s); return err },
		"disable": func(s string) error {
			_, err := b.SetState(b.ctx, b.space, c.ID, model.Disabled, s)
			return err
		},
		"duplicate": func(s string) error { _, err := b.Duplicate(b.ctx, b.space, c.ID, "copy", s); return err },
		"delete":    func(s string) error { return b.Delete(b.ctx, b.space, c.ID, s) },
	}
	put := func(change func(*model.Space)) {
		t.Helper()
		sp := b.space
		change(&sp)
		if err := b.store.Update(b.ctx, func(tx model.Tx) error { return tx.Spaces().Put(sp) }); err != nil {
			t.Fatal(err)
		}
	}
	put(func(sp *model.Space) { sp.Protected, sp.Name = true, "renamed" })
	for name, do := range all {
		if err := do(""); model.CodeOf(err) != model.EProtected {
			t.Errorf("%s in a space that was protected meanwhile: %v", name, err)
		}
	}
	if _, err := b.Create(b.ctx, b.space, other, "renamed"); err != nil {
		t.Errorf("with the name that the space has now: %v", err)
	}
	put(func(sp *model.Space) { sp.Deleting = true })
	for name, do := range all {
		for _, confirm := range []string{"", c.Name, "default"} {
			if err := do(confirm); model.CodeOf(err) != model.EDisabled {
				t.Errorf("%s in a space that is being deleted: %v", name, err)
			}
		}
	}
	if err := b.store.Update(b.ctx, func(tx model.Tx) error { return tx.Spaces().Delete(b.space.ID) }); err != nil {
		t.Fatal(err)
	}
	for name, do := range all {
		if err := do(c.Name); model.CodeOf(err) != model.ENotFound {
			t.Errorf("%s in a space that is gone: %v", name, err)
		}
	}
}

func TestEntriesSayWhichSpace(t *testing.T) {
	b := newBench(t)
	c := b.create(t, oauth())
	cp, err := b.Duplicate(b.ctx, b.space, c.ID, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.SetState(b.ctx, b.space, c.ID, model.Disabled, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Reveal(b.ctx, b.space, c.ID, "client_secret"); err != nil {
		t.Fatal(err)
	}
	if err := b.Delete(b.ctx, b.space, cp.ID, cp.Name); err != nil {
		t.Fatal(err)
	}
	var got []string
	err = b.store.View(b.ctx, func(tx model.Tx) error {
		entries, err := tx.Audit().Page("", 100)
		for _, e := range entries {
			if got = append(got, e.Action); e.In != b.space.ID || e.Space != b.space.Name {
				t.Errorf("%s is in %q, %q", e.Action, e.In, e.Space)
			}
		}
		return err
	})
	slices.Reverse(got)
	if want := "client.create client.duplicate client.disable secret.reveal client.delete"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("%v: %v", got, err)
	}
}

func TestDependentsNameWhoMayCall(t *testing.T) {
	b := newBench(t)
	c := b.create(t, oauth())
	user := func(i int, name string, space model.ID, may model.ID) {
		t.Helper()
		u := model.APIUser{
			ID: model.ID(fmt.Sprint("u", i)), Space: space, Username: name,
			Permissions: []model.Permission{"clients:view", model.CallPermission(may)},
		}
		if err := b.store.Update(b.ctx, func(tx model.Tx) error { return tx.Users().Put(u) }); err != nil {
			t.Fatal(err)
		}
	}
	check := func(want string) {
		t.Helper()
		got, err := b.Dependents(b.ctx, b.space, c.ID)
		if err != nil || strings.Join(got, "; ") != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	user(1, "other", b.space.ID, "another-client")
	user(2, "elsewhere", "s2", c.ID)
	check("")
	user(3, "hr", b.space.ID, c.ID)
	check("1 API user may call it: hr")
	user(4, "erp-sync", b.space.ID, c.ID)
	err := b.store.Update(b.ctx, func(tx model.Tx) error {
		for i := range 2 {
			if err := tx.History().Append(model.HistoryEntry{ID: model.ID(fmt.Sprint("h", i)), Client: c.ID}); err != nil {
				return err
			}
		}
		return tx.Tokens().Put(model.TokenState{Client: c.ID, Token: model.Token{
			Access: model.NewSecret("t"), Fetched: start, Expires: start.Add(time.Hour),
		}})
	})
	if err != nil {
		t.Fatal(err)
	}
	check("a valid access token; 2 calls in its history; 2 API users may call it: erp-sync, hr")
	for i := range 5 {
		user(5+i, fmt.Sprint("robot-", i), b.space.ID, c.ID)
	}
	check("a valid access token; 2 calls in its history; 7 API users may call it: erp-sync, hr, robot-0, robot-1, robot-2 and 2 more")

	if err := b.Delete(b.ctx, b.space, c.ID, c.Name); err != nil {
		t.Fatal(err)
	}
	err = b.store.View(b.ctx, func(tx model.Tx) error {
		u, err := tx.Users().Get(b.space.ID, "u3")
		if !slices.Contains(u.Permissions, model.CallPermission(c.ID)) {
			t.Errorf("deleting the client changed the user: %v", u.Permissions)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
