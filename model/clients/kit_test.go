package clients_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/audit"
	"ferry/model/clients"
	"ferry/storage/storagetest"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// bench is a use-case on a real store with a clock that a test moves.
type bench struct {
	*clients.Service
	ctx   context.Context
	store model.Store
	space model.Space
	now   time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	store, space := storagetest.NewWithSpace(t)
	b := &bench{store: store, space: space, now: start}
	b.ctx = model.WithActor(t.Context(), model.Actor{UID: 1000, User: "alice", SSH: "10.0.0.1"})
	clock := func() time.Time { return b.now }
	b.Service = clients.New(b.store, clock, model.NewID)
	return b
}

func (b *bench) create(t *testing.T, d clients.Draft) model.Client {
	t.Helper()
	saved, err := b.Create(b.ctx, b.space, d, "")
	if err != nil {
		t.Fatal(err)
	}
	return saved.Client
}

// log returns the audit log, newest first, one line an entry.
func (b *bench) log(t *testing.T) []string {
	t.Helper()
	entries, _, err := audit.New(b.store).List(b.ctx, model.Space{}, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(entries))
	for i, e := range entries {
		lines[i] = fmt.Sprintf("%s %s r%d by %s %v", e.Action, e.Name, e.Revision, e.Actor.User, e.Changes)
	}
	return lines
}

func wantCode(t *testing.T, err error, code model.Code) (message string) {
	t.Helper()
	if model.CodeOf(err) != code {
		t.Fatalf("got %v (%s), want %s", err, model.CodeOf(err), code)
	}
	return err.Error()
}
