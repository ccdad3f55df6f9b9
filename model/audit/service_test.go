package audit_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/audit"
	"ferry/model/modeltest"
	"ferry/storage/storagetest"
)

// log is an audit log on a real store, with entries numbered as they are written.
type log struct {
	*audit.Service
	t     *testing.T
	store model.Store
	ids   modeltest.IDs
}

func newLog(t *testing.T) *log {
	store := storagetest.New(t)
	return &log{Service: audit.New(store), t: t, store: store}
}

func (l *log) write(entries ...model.AuditEntry) {
	l.t.Helper()
	for some := range slices.Chunk(entries, 90) {
		for i := range some {
			some[i].ID, some[i].At = l.ids.New(modeltest.Start), modeltest.Start
		}
		err := l.store.Update(l.t.Context(), func(tx model.Tx) error {
			for _, e := range some {
				if err := tx.Audit().Append(e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			l.t.Fatal(err)
		}
	}
}

// all follows next to the end, and returns the names of the entries and how many pages
// there were.
func (l *log) all(space model.Space, limit int) (names []string, pages int) {
	l.t.Helper()
	for next := model.ID(""); ; pages++ {
		entries, more, err := l.List(l.t.Context(), space, next, limit)
		if err != nil {
			l.t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name)
		}
		if more == "" {
			return names, pages + 1
		}
		if len(entries) != limit {
			l.t.Errorf("a page of %d beside a next, asked for %d", len(entries), limit)
		}
		next = more
	}
}

var (
	def   = model.Space{ID: "s0", Name: model.DefaultSpace}
	north = model.Space{ID: "s1", Name: "north"}
	south = model.Space{ID: "s2", Name: "south"}
)

func in(sp model.Space, action, name string) model.AuditEntry {
	return model.AuditEntry{Action: action, Space: sp.Name, In: sp.ID, Name: name}
}

func TestEachSpaceSeesItsOwnEntries(t *testing.T) {
	l := newLog(t)
	l.write(
		in(north, "space.create", "north"), in(def, "client.create", "a"), in(north, "client.create", "b"),
		in(south, "client.create", "c"),
		// Before entries had the id of a space they had its name.
		model.AuditEntry{Action: "client.create", Space: "north", Name: "old-b"},
		// A space that was called north before has another id.
		in(model.Space{ID: "s9", Name: "north"}, "client.create", "other-north"),
		in(north, "space.rename", "nord"), in(south, "spaceship.launch", "no-space"),
	)
	for _, c := range []struct {
		space model.Space
		want  []string
	}{
		{north, []string{"nord", "old-b", "b", "north"}},
		{south, []string{"no-space", "c"}},
		{def, []string{"nord", "a", "north"}},
		{model.Space{}, []string{"no-space", "nord", "other-north", "old-b", "c", "b", "a", "north"}},
	} {
		got, _ := l.all(c.space, 100)
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("space %q (want -, got +):\n%s", c.space.Name, d)
		}
	}
}

func TestPagesOfOneSpaceAreFullUntilTheLast(t *testing.T) {
	l := newLog(t)
	var entries []model.AuditEntry
	var want []string
	for i := range 2500 { // the entries of north come in bursts far apart
		sp := south
		if i%1200 < 4 {
			sp = north
			want = append(want, fmt.Sprint(i))
		}
		entries = append(entries, in(sp, "client.update", fmt.Sprint(i)))
	}
	l.write(entries...)
	slices.Reverse(want)
	for limit, pages := range map[int]int{1: 12, 4: 3, 5: 3, 6: 2, 11: 2, 12: 1, 1000: 1} {
		got, n := l.all(north, limit)
		if d := cmp.Diff(want, got); d != "" || n != pages {
			t.Errorf("%d a page: %d pages, want %d (want -, got +):\n%s", limit, n, pages, d)
		}
	}
	if got, n := l.all(model.Space{}, 1000); len(got) != 2500 || n != 3 {
		t.Errorf("all spaces: %d entries in %d pages", len(got), n)
	}
}

func TestAScanIsBounded(t *testing.T) {
	l := newLog(t)
	l.write(in(north, "client.create", "first"))
	l.write(make([]model.AuditEntry, audit.MaxScan+500)...) // of no space
	entries, next, err := l.List(t.Context(), north, "", 10)
	if err != nil || len(entries) != 0 || next == "" {
		t.Fatalf("%d entries, next %q, %v: want none yet, and where to go on", len(entries), next, err)
	}
	entries, next, err = l.List(t.Context(), north, next, 10)
	if err != nil || len(entries) != 1 || next != "" {
		t.Fatalf("%d entries, next %q, %v: want the one there is, and the end", len(entries), next, err)
	}
}
