package ui_test

import (
	"context"
	"testing"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/hub"
	"ferry/model/modeltest"
	"ferry/storage/storagetest"
	"ferry/ui"
	"ferry/ui/uitest"
)

// world is a real store with a fake network, and the console's options on it.
type world struct {
	t    testing.TB
	door *modeltest.Door
	hub  *hub.Hub
}

func newWorld(t testing.TB) *world {
	t.Helper()
	store, _ := storagetest.NewWithSpace(t)
	door := modeltest.NewDoor(store)
	h, err := door.Open(context.Background(), model.Key{})
	if err != nil {
		t.Fatal(err)
	}
	return &world{t, door, h}
}

func (w *world) ctx() context.Context { return w.hub.Context(context.Background()) }

// add saves a client.
func (w *world) add(d clients.Draft) model.Client {
	w.t.Helper()
	s, err := w.hub.Clients.Create(w.ctx(), w.hub.Space, d, "")
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Client
}

// usual adds the clients that most tests work on.
func (w *world) usual() *world {
	w.t.Helper()
	w.add(modeltest.OAuth("dvinci", "https://jobboard.example.com"))
	w.add(modeltest.NoAuth("djust-erp", "https://erp.internal:8443"))
	old := w.add(modeltest.OAuth("pim-old", "https://pim.example.com"))
	if _, err := w.hub.Clients.SetState(w.ctx(), w.hub.Space, old.ID, model.Disabled, ""); err != nil {
		w.t.Fatal(err)
	}
	return w
}

// get returns the client called name as it is stored.
func (w *world) get(name string) (model.Client, error) {
	return w.hub.Clients.ByName(w.ctx(), w.hub.Space, name)
}

func (w *world) mustGet(name string) model.Client {
	w.t.Helper()
	c, err := w.get(name)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) start(width, height int) *uitest.Driver {
	w.t.Helper()
	return w.startWith(ui.Options{}, width, height)
}

func (w *world) startWith(o ui.Options, width, height int) *uitest.Driver {
	w.t.Helper()
	o.Door = w.door
	return uitest.Start(w.t, w.door.Clock, o, width, height)
}
