package keys_test

import (
	"fmt"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/clients"
	"ferry/model/keys"
	"ferry/model/modeltest"
	"ferry/storage/storagetest"
)

const day = 24 * time.Hour

// bench is a hub on a real store with one API user.
type bench struct {
	*storagetest.Bench
	robot model.APIUser
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{Bench: storagetest.NewBench(t)}
	b.robot = b.user(t, b.Space, "robot")
	return b
}

func (b *bench) user(t testing.TB, space model.Space, name string, permissions ...string) model.APIUser {
	t.Helper()
	u, err := b.Users.Create(b.Ctx, space, apiusers.Draft{Username: name, Permissions: permissions}, "")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (b *bench) client(t testing.TB, space model.Space, name string) model.Client {
	t.Helper()
	saved, err := b.Clients.Create(b.Ctx, space, clients.Draft{Name: name, BaseURL: "https://api.example.com"}, "")
	if err != nil {
		t.Fatal(err)
	}
	return saved.Client
}

// key makes a key of the robot.
func (b *bench) key(t testing.TB, label string, life time.Duration) keys.Issued {
	t.Helper()
	r := keys.Request{Label: label}
	if life != 0 {
		r.Expires = b.Clock.Now().Add(life)
	}
	i, err := b.Keys.Generate(b.Ctx, b.Space, b.robot.ID, r, "")
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func (b *bench) revoke(t testing.TB, id model.ID) model.APIKey {
	t.Helper()
	k, err := b.Keys.Revoke(b.Ctx, b.Space, id, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// stored returns the key as it is in the store.
func (b *bench) stored(t testing.TB, id model.ID) (k model.APIKey) {
	t.Helper()
	err := b.Store.View(b.Ctx, func(tx model.Tx) (err error) {
		k, err = tx.Keys().Get(b.Space.ID, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// use writes when a key was last used.
func (b *bench) use(t testing.TB, u model.KeyUse) {
	t.Helper()
	if err := b.Store.Update(b.Ctx, func(tx model.Tx) error { return tx.Keys().PutUse(b.Space.ID, u) }); err != nil {
		t.Fatal(err)
	}
}

// log returns the audit log, newest first, one line an entry.
func (b *bench) log(t testing.TB) []string {
	t.Helper()
	entries, _, err := b.Audit.List(b.Ctx, b.Space, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(entries))
	for i, e := range entries {
		lines[i] = fmt.Sprintf("%s %s r%d by %s %v", e.Action, e.Name, e.Revision, e.Actor.User, e.Changes)
	}
	return lines
}

func (b *bench) list(t testing.TB, user model.ID) []keys.Summary {
	t.Helper()
	out, err := b.Keys.List(b.Ctx, b.Space, user)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func labels(rows []keys.Summary) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Key.Label
	}
	return out
}

var wantCode, wantField = modeltest.WantCode, modeltest.WantField
