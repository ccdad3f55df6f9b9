package modeltest

import (
	"context"
	"sync"

	"ferry/model"
	"ferry/model/hub"
)

// Door is a hub.Door on a store that is there already. It is open, unless Passphrase
// asks for one or Fault keeps it shut.
type Door struct {
	Store  model.Store
	Clock  *Clock
	IDs    *IDs
	Source *Source
	Caller *Caller
	Server Server
	Mover  Mover
	Files  Files
	Dir    string // for the journals of transfers; "" keeps none

	Missing    bool   // there is no store until Create is called
	Passphrase string // what opens it; "" when a key file does
	Fault      error  // what Status, FindKey and Open fail with
	Wait       chan struct{}

	mu      sync.Mutex
	created model.Key
	opened  int
}

// NewDoor returns an open door to store, with a fake network behind it.
func NewDoor(store model.Store) *Door {
	clock := &Clock{}
	return &Door{Store: store, Clock: clock, IDs: &IDs{last: 100}, Source: &Source{Clock: clock}, Caller: &Caller{}}
}

// SetFault sets or takes away what the door fails with.
func (d *Door) SetFault(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Fault = err
}

// Opened is how often somebody tried to open the door.
func (d *Door) Opened() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.opened
}

// Created is the key that the store was made for.
func (d *Door) Created() model.Key {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.created
}

// Status implements hub.Door.
func (d *Door) Status(context.Context) (model.VaultStatus, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.Fault != nil {
		return model.VaultStatus{}, d.Fault
	}
	if d.Missing {
		return model.VaultStatus{}, model.Errorf(model.ENotFound, "there is no store")
	}
	return model.VaultStatus{Path: d.path("ferry.db"), Slots: []model.Slot{{Kind: model.SlotPassphrase}}}, nil
}

func (d *Door) path(name string) string { return "/home/alice/" + name }

// IdentityPath implements hub.Door.
func (d *Door) IdentityPath() string { return d.path(".config/ferry/identity") }

// FindKey implements hub.Door.
func (d *Door) FindKey(context.Context) (model.Key, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.Fault != nil:
		return model.Key{}, d.Fault
	case d.Missing, d.Passphrase != "":
		return model.Key{}, model.Errorf(model.ELocked, "no key was found")
	}
	return model.Key{Identity: model.NewSecret("AGE-SECRET-KEY-1TEST")}, nil
}

// NewIdentity implements hub.Door.
func (d *Door) NewIdentity(context.Context, string) (model.Key, error) {
	return model.Key{Identity: model.NewSecret("AGE-SECRET-KEY-1TEST"), From: d.IdentityPath()}, nil
}

// Create implements hub.Door.
func (d *Door) Create(_ context.Context, key model.Key) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Missing, d.created, d.Passphrase = false, key, key.Passphrase.Reveal()
	return nil
}

// Open implements hub.Door.
func (d *Door) Open(ctx context.Context, key model.Key) (*hub.Hub, error) {
	d.mu.Lock()
	d.opened++
	fault, missing, want, wait := d.Fault, d.Missing, d.Passphrase, d.Wait
	d.mu.Unlock()
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	switch {
	case fault != nil:
		return nil, fault
	case missing:
		return nil, model.Errorf(model.ENotFound, "there is no store")
	case want != key.Passphrase.Reveal():
		return nil, model.Errorf(model.ELocked, "this key does not open the store")
	}
	return hub.New(ctx, hub.Ports{
		Store: d.Store, Source: d.Source, Caller: d.Caller, Now: d.Clock.Now, NewID: d.IDs.New, Actor: Alice,
		Digest: Digest, Random: new(Random).Bytes, Server: &d.Server,
		Mover: &d.Mover, Files: &d.Files, Dir: d.Dir,
		Close: func() error { return nil },
	}, "")
}
