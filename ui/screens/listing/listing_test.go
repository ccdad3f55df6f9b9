package listing_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/storage/storagetest"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/screens/listing"
	"ferry/ui/screens/screentest"
)

// fleet is a list of ships, which are read from memory.
type fleet struct {
	*listing.List[ship]
	mu     sync.Mutex
	stored []ship
	hold   chan struct{} // a load waits for it, if not nil
	loads  int
	opened model.ID
}

type ship struct {
	id   model.ID
	tons int
}

const byTons = 1

func (f *fleet) Title() string { return "Ships" }

func (f *fleet) load(ctx context.Context, _ *hub.Hub, loaded func(int)) ([]ship, any, error) {
	f.mu.Lock()
	rows, hold := slices.Clone(f.stored), f.hold
	f.loads++
	f.mu.Unlock()
	loaded(len(rows))
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
	return rows, nil, nil
}

func (f *fleet) store(hold chan struct{}, rows ...ship) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stored, f.hold = rows, hold
}

func ships(t *testing.T) (*fleet, *screentest.Driver) {
	t.Helper()
	store, _ := storagetest.NewWithSpace(t)
	env, id := screentest.New(t, store).Env, screen.NewID()
	f := &fleet{}
	f.store(nil, ship{"ada", 30}, ship{"bee", 10}, ship{"cat", 20})
	f.List = listing.New(env, id, flow.New(env, id), listing.Options[ship]{
		Load: f.load, ID: func(s *ship) model.ID { return s.id }, Name: func(s *ship) string { return string(s.id) },
		Filter: func(dst []int, rows []ship, query string) []int {
			for i := range rows {
				if strings.Contains(string(rows[i].id), query) {
					dst = append(dst, i)
				}
			}
			return dst
		},
		Orders: []func(a, b *ship) int{nil, byTons: func(a, b *ship) int { return a.tons - b.tons }},
		Marks:  "m sinks them", What: "ship",
		Key: func(k tea.KeyPressMsg, at *ship) tea.Cmd {
			if at != nil && key.Matches(k, keymap.Enter) {
				f.opened = at.id
			}
			return nil
		},
		Table: func() (string, func(*ship) string) {
			return f.Heading(byTons, "SHIP"), func(s *ship) string { return string(s.id) }
		},
	})
	return f, screentest.Drive(t, f, 60, 10).See("cat")
}

// lines are what is shown, with the spaces at the edges off.
func lines(d *screentest.Driver) string {
	var out []string
	for l := range strings.SplitSeq(d.View(), "\n") {
		out = append(out, strings.Replace(strings.Join(strings.Fields(l), " "), "▌ ", "▌", 1))
	}
	return strings.Join(out, "|")
}

func see(t *testing.T, d *screentest.Driver, want string) {
	t.Helper()
	if got := lines(d); got != want {
		t.Errorf("it shows\n%s, not\n%s", got, want)
	}
}

// The cursor stays on its record when the rows are sorted, filtered and read again.
func TestTheCursorStaysOnItsRecord(t *testing.T) {
	f, d := ships(t)
	see(t, d, "SHIP|▌ada|bee|cat")
	see(t, d.Press("s"), "SHIP ▾|bee|cat|▌ada")
	f.store(nil, ship{"abe", 40}, ship{"ada", 5}, ship{"bee", 10}, ship{"cat", 20})
	see(t, d.Press("R").See("abe"), "SHIP ▾|▌ada|bee|cat|abe")
	see(t, d.Press("j", "j", "/").Type("a"), "/ a 3 of 4|SHIP ▾|▌ada|cat|abe") // the first that is found
	see(t, d.Press("down", "enter"), "/ a 3 of 4|SHIP ▾|ada|▌cat|abe")
	if d.Press("enter"); f.opened != "cat" {
		t.Errorf("opened %q", f.opened)
	}
	if !f.Back() || f.Back() {
		t.Error("back does not end the filter once")
	}
	see(t, d.Press("s"), "SHIP|abe|ada|bee|▌cat")
}

// What is sorted otherwise while it is read shows as its heading says.
func TestSortedWhileItIsRead(t *testing.T) {
	f, d := ships(t)
	hold := make(chan struct{})
	f.store(hold, ship{"ada", 30}, ship{"bee", 10}, ship{"dog", 1})
	d.Press("R", "s")
	close(hold)
	see(t, d.See("dog"), "SHIP ▾|dog|bee|▌ada")
}

// The store may change while it is read: it is read once more afterwards, and only once.
func TestWhatChangedWhileItWasReadIsReadAgain(t *testing.T) {
	f, d := ships(t)
	hold := make(chan struct{})
	f.store(hold, ship{"ada", 30})
	d.Press("R")
	d.Until("the load", func() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.loads == 2 })
	f.store(nil, ship{"new", 1})
	for range 5 {
		d.Send(screen.Changed{})
	}
	close(hold)
	d.See("new")
	if f.loads != 3 {
		t.Errorf("read %d times", f.loads)
	}
}

// Marks stay with their records, go with them, and end by back after the filter.
func TestMarks(t *testing.T) {
	f, d := ships(t)
	see(t, d.Press("s", "g", "space", "space"), "2 marked: m sinks them, esc unmarks|SHIP ▾|✓bee|✓cat|▌ada")
	d.Press("/").Type("ada").Press("enter")
	see(t, d, "/ ada 1 of 3 2 marked: m sinks them, esc unmarks|SHIP ▾|▌ada")
	if m := f.Marked(); len(m) != 2 || m[0].id != "bee" || m[1].id != "cat" {
		t.Errorf("marked are %v", m)
	}
	f.store(nil, ship{"ada", 30}, ship{"bee", 10})
	d.Press("R").See("1 marked")
	if !f.Back() || len(f.Marked()) != 1 || !f.Back() || f.Marked() != nil || f.Back() {
		t.Error("back does not end the filter, then the marks")
	}
}

// What comes of a load that was cancelled is dropped.
func TestALoadIsCancelled(t *testing.T) {
	f, d := ships(t)
	f.store(make(chan struct{}), ship{"dog", 1})
	d.Press("R")
	if !f.Cancel() || f.Cancel() {
		t.Error("there was one load to cancel")
	}
	f.store(nil, ship{"eel", 1})
	see(t, d.Press("R").See("eel"), "SHIP|▌eel")
}
