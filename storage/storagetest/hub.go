package storagetest

import (
	"context"
	"errors"
	"testing"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/modeltest"
	"ferry/storage"
)

// Bench is a hub on a fresh store with the default space, and the clock that it goes by.
// Every closure of an update runs twice. There is no network behind it.
type Bench struct {
	*hub.Hub
	Store *storage.Store
	Clock *modeltest.Clock
	Mover *modeltest.Mover // the engine of transfers
	Files *modeltest.Files // their files
	Ctx   context.Context  // in which modeltest.Alice acts
}

// NewBench makes a Bench that is gone with the test.
func NewBench(t testing.TB) *Bench {
	t.Helper()
	store, _ := NewWithSpace(t)
	b := &Bench{Store: store, Clock: &modeltest.Clock{}, Mover: &modeltest.Mover{}, Files: &modeltest.Files{}}
	b.Ctx = model.WithActor(context.Background(), modeltest.Alice)
	var err error
	b.Hub, err = hub.New(b.Ctx, hub.Ports{
		Store: Twice{store}, Digest: store.KeyDigest, Inspector: store, Now: b.Clock.Now, NewID: new(modeltest.IDs).New, Actor: modeltest.Alice,
		Mover: b.Mover, Files: b.Files,
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// NewSpace makes another space.
func (b *Bench) NewSpace(t testing.TB, name string) model.Space {
	t.Helper()
	sp, err := b.Spaces.Create(b.Ctx, name, false)
	if err != nil {
		t.Fatal(err)
	}
	return sp
}

// As returns a context in which an API user acts that may do what permits hold.
func (b *Bench) As(permits ...model.Permission) context.Context {
	ctx := model.WithActor(context.Background(), model.Actor{UID: -1, User: "caller", APIUser: "caller", Addr: "192.0.2.7"})
	return model.WithPermits(ctx, model.NewPermits(permits...))
}

// Twice is a store that runs each closure of an update twice, as one in a cluster may:
// the first time everything that was written is taken back.
type Twice struct{ model.Store }

var errAgain = errors.New("the closure runs again")

// Update implements model.Store.
func (s Twice) Update(ctx context.Context, fn func(model.Tx) error) error {
	err := s.Store.Update(ctx, func(tx model.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return errAgain
	})
	if !errors.Is(err, errAgain) {
		return err
	}
	return s.Store.Update(ctx, fn)
}
