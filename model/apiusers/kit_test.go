package apiusers_test

import (
	"context"
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

// bench is a hub on a real store.
type bench struct{ *storagetest.Bench }

func newBench(t testing.TB) *bench {
	t.Helper()
	return &bench{storagetest.NewBench(t)}
}

func (b *bench) create(t testing.TB, d apiusers.Draft) model.APIUser {
	t.Helper()
	u, err := b.Users.Create(b.Ctx, b.Space, d, "")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (b *bench) draft(t testing.TB, u model.APIUser) apiusers.Draft {
	t.Helper()
	d, err := b.Users.DraftOf(b.Ctx, b.Space, u)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (b *bench) get(t testing.TB, id model.ID) model.APIUser {
	t.Helper()
	u, err := b.Users.Get(b.Ctx, b.Space, id)
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

func (b *bench) key(t testing.TB, user model.ID, r keys.Request) keys.Issued {
	t.Helper()
	i, err := b.Keys.Generate(b.Ctx, b.Space, user, r, "")
	if err != nil {
		t.Fatal(err)
	}
	return i
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

// without returns a context in which an API user acts that has all permissions but one.
func (b *bench) without(lacking model.Permission, all []model.Permission) context.Context {
	permits := model.NewPermits(all...)
	delete(permits, lacking)
	return model.WithPermits(b.As(), permits)
}

var wantCode, wantField = modeltest.WantCode, modeltest.WantField
