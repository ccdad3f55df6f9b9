package serving_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/audit"
	"ferry/model/modeltest"
	"ferry/model/serving"
	"ferry/storage/storagetest"
)

// kit is the use-cases on a real store with a clock that a test moves.
type kit struct {
	*serving.Service
	t     *testing.T
	ctx   context.Context
	store model.Store
	space model.Space
	clock *modeltest.Clock
	ids   *modeltest.IDs
}

var alice = model.Actor{UID: 1000, User: "alice"}

func newKit(t *testing.T) *kit {
	t.Helper()
	store, space := storagetest.NewWithSpace(t)
	k := &kit{t: t, store: store, space: space, clock: &modeltest.Clock{}, ids: &modeltest.IDs{}}
	k.ctx = model.WithActor(t.Context(), alice)
	k.Service = serving.New(store, k.clock.Now, k.ids.New)
	return k
}

// asAPIUser is a context in which an API user acts that has every permission there is.
func (k *kit) asAPIUser() context.Context {
	ctx := model.WithActor(k.ctx, model.Actor{UID: -1, User: "robot", APIUser: "u1"})
	return model.WithPermits(ctx, model.NewPermits(model.Permissions()...))
}

func (k *kit) do(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *kit) update(fn func(model.Tx) error) {
	k.t.Helper()
	k.do(k.store.Update(k.ctx, fn))
}

func (k *kit) load() *serving.Directory {
	k.t.Helper()
	d, err := k.Load(k.ctx)
	k.do(err)
	return d
}

func (k *kit) user(u model.APIUser) {
	k.t.Helper()
	k.update(func(tx model.Tx) error { return tx.Users().Put(u) })
}

func (k *kit) key(key model.APIKey) {
	k.t.Helper()
	k.update(func(tx model.Tx) error { return tx.Keys().Put(key) })
}

// robot is an active user that may ask for tokens.
func (k *kit) robot() model.APIUser {
	return model.APIUser{
		ID: "u1", Space: k.space.ID, Username: "robot", State: model.Active, OAuth: true, TTL: 10 * time.Minute,
		Permissions: []model.Permission{"clients:view", "keys:view"},
	}
}

// keys says how the signing keys are: "1 active, 2 next", numbered as they were made.
func (k *kit) keys() string {
	k.t.Helper()
	views, err := k.SigningKeys(k.ctx)
	k.do(err)
	out := make([]string, len(views))
	for i, v := range views {
		out[i] = string(v.Algorithm) + " " + v.State
	}
	return strings.Join(out, ", ")
}

// log returns the audit log, oldest first, one line an entry.
func (k *kit) log() []string {
	k.t.Helper()
	entries, _, err := audit.New(k.store).List(k.ctx, k.space, "", 100)
	k.do(err)
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = fmt.Sprintf("%s r%d by %s %v", e.Action, e.Revision, e.Actor.User, e.Changes)
	}
	slices.Reverse(out)
	return out
}

var refused = modeltest.Refused

func wantCode(t *testing.T, err error, code model.Code) {
	t.Helper()
	_ = refused(t, err, code)
}
