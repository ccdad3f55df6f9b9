package record_test

import (
	"context"
	"sync"
	"testing"

	"charm.land/bubbles/v2/help"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/storage/storagetest"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/screens/record"
	"ferry/ui/screens/screentest"
)

// card is the page of a name, which is read from memory.
type card struct {
	*record.Page[string]
	keys []string

	mu    sync.Mutex
	name  string
	err   error
	hold  chan struct{} // a read waits for it, if not nil
	reads int
}

func (c *card) View() string {
	if view, is := c.Without(); is {
		return view
	}
	return "name: " + *c.Seen
}

func (c *card) SetSize(width, height int) { c.Width, c.Height = width, height }

func (c *card) Keys() help.KeyMap { return keymap.Map{} }

func (c *card) read(context.Context, *hub.Hub) (string, error) {
	c.mu.Lock()
	name, err, hold := c.name, c.err, c.hold
	c.reads++
	c.mu.Unlock()
	if hold != nil {
		<-hold
	}
	return name, err
}

func (c *card) set(name string, err error, hold chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.name, c.err, c.hold = name, err, hold
}

func (c *card) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reads
}

func newCard(t *testing.T) *card {
	t.Helper()
	store, _ := storagetest.NewWithSpace(t)
	env, id := screentest.New(t, store).Env, screen.NewID()
	c := &card{name: "erp"}
	c.Page = record.New(env, id, flow.New(env, id), record.Options[string]{
		Read: c.read, Name: func(s *string) string { return *s }, Shown: func(*string) {},
		Key: func(k tea.KeyPressMsg) tea.Cmd { c.keys = append(c.keys, k.String()); return nil },
	})
	return c
}

// What changes while the record is read is read afterwards, once, however often it changed.
func TestWhatChangedWhileItWasReadIsReadAgain(t *testing.T) {
	c, hold := newCard(t), make(chan struct{})
	c.set("erp", nil, hold)
	d := screentest.Drive(t, c, 60, 10).See("loading …").Press("e")
	if c.keys != nil || c.Title() != "…" {
		t.Errorf("keys %q and the title %s before there is a record", c.keys, c.Title())
	}
	d.Until("the read", func() bool { return c.count() == 1 })
	c.set("pim", nil, nil)
	for range 5 {
		d.Send(screen.Changed{})
	}
	close(hold)
	if d.See("name: pim").Press("e"); c.count() != 2 || len(c.keys) != 1 || c.Title() != "pim" {
		t.Errorf("%d reads, keys %q, title %s", c.count(), c.keys, c.Title())
	}
}

// A page that could not be read says why; one whose record went is left, with a word.
func TestTheRecordIsGone(t *testing.T) {
	c := newCard(t)
	gone := model.Errorf(model.ENotFound, "there is no \x1b[2Jerp")
	c.set("", gone, nil)
	d := screentest.Drive(t, c, 60, 10).See("✗ there is no <U+001B>[2Jerp").See("R tries again")
	if d.Popped {
		t.Error("the page of what never was there went without being read")
	}
	c.set("erp", nil, nil)
	d.Press("R").See("name: erp")
	c.set("", gone, nil)
	d.Send(screen.Changed{})
	d.Until("the way back", func() bool { return d.Popped }).Noticed("erp was deleted")
}
