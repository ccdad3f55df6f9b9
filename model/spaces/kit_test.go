package spaces_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"ferry/model"
	"ferry/model/audit"
	"ferry/model/modeltest"
	"ferry/model/spaces"
	"ferry/storage"
	"ferry/storage/storagetest"
)

// kit is the use-cases on a real store.
type kit struct {
	*spaces.Service
	t     *testing.T
	ctx   context.Context
	store *storage.Store
	def   model.Space
	clock *modeltest.Clock
	ids   *modeltest.IDs

	mu        sync.Mutex
	discarded map[model.ID]bool // transfers whose leavings were removed
}

func newKit(t *testing.T) *kit {
	t.Helper()
	store, def := storagetest.NewWithSpace(t)
	k := &kit{t: t, store: store, def: def, clock: &modeltest.Clock{}, ids: &modeltest.IDs{}, discarded: map[model.ID]bool{}}
	k.ctx = model.WithActor(t.Context(), modeltest.Alice)
	k.Service = k.on(store)
	return k
}

func (k *kit) on(store model.Store) *spaces.Service {
	return spaces.New(store, k.clock.Now, k.ids.New, func(_ context.Context, t *model.Transfer) {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.discarded[t.ID] = true
	})
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

func (k *kit) create(name string) model.Space {
	k.t.Helper()
	sp, err := k.Create(k.ctx, name, false)
	k.do(err)
	return sp
}

// log returns what was done to spaces, oldest first, one line an entry.
func (k *kit) log() []string {
	k.t.Helper()
	entries, _, err := audit.New(k.store).List(k.ctx, model.Space{}, "", 1000)
	k.do(err)
	out := []string{}
	for _, e := range entries {
		if e.In == "" || e.In != e.Target {
			k.t.Errorf("%s is in %q, about %q", e.Action, e.In, e.Target)
		}
		out = append(out, fmt.Sprintf("%s %s r%d by %s %v", e.Action, e.Name, e.Revision, e.Actor.User, e.Changes))
	}
	slices.Reverse(out)
	return out
}

// records counts everything in the store but the audit log, and looks whether it is whole.
func (k *kit) records() map[string]int {
	k.t.Helper()
	report, err := k.store.Check(k.ctx)
	k.do(err)
	for _, p := range report.Problems {
		k.t.Errorf("the store is damaged: %s", p)
	}
	info, err := k.store.Info(k.ctx)
	k.do(err)
	delete(info.Records, "audit")
	return info.Records
}

// What fill puts into a space: enough for several transactions of every kind.
const (
	fullClients   = 4
	fullUsers     = 50
	fullKeys      = 70
	fullTransfers = 30 // the first of them a sync that remembers much
	fullShards    = 150
)

// fill puts clients with token, run-time state, a full history and all the saved calls they may have, API users, keys
// with their use, and transfers with state, faults, runs and memory into a space.
func (k *kit) fill(sp model.Space) {
	k.t.Helper()
	id := func(kind string, i int) model.ID { return model.ID(fmt.Sprintf("%s-%s-%03d", sp.Name, kind, i)) }
	for i := range fullClients {
		c := id("c", i)
		k.update(func(tx model.Tx) error {
			for n := range model.MaxHistory {
				if err := tx.History().Append(model.HistoryEntry{ID: id("h", n), Client: c}); err != nil {
					return err
				}
			}
			if err := tx.Tokens().Put(model.TokenState{Client: c}); err != nil {
				return err
			}
			if err := tx.Runtimes().Put(sp.ID, model.Runtime{Client: c}); err != nil {
				return err
			}
			return tx.Clients().Put(model.Client{ID: c, Space: sp.ID, Name: fmt.Sprint("c", i)})
		})
		k.batches(model.MaxSaved, model.MaxSaved, func(tx model.Tx, n int) error {
			return tx.Saved().Put(model.SavedCall{ID: id("s", n), Client: c, Name: fmt.Sprint("s", n)})
		})
	}
	k.batches(fullUsers, 40, func(tx model.Tx, i int) error {
		return tx.Users().Put(model.APIUser{ID: id("u", i), Space: sp.ID, Username: fmt.Sprint(sp.Name, "-", i)})
	})
	k.batches(fullKeys, 30, func(tx model.Tx, i int) error {
		if err := tx.Keys().Put(model.APIKey{ID: id("k", i), Space: sp.ID, User: id("u", i/model.MaxKeys)}); err != nil {
			return err
		}
		return tx.Keys().PutUse(sp.ID, model.KeyUse{Key: id("k", i), Count: 1})
	})
	k.batches(fullTransfers, 10, func(tx model.Tx, i int) error {
		name := ""
		if i%2 == 0 {
			name = fmt.Sprint("t", i)
		}
		return errors.Join(
			tx.Transfers().Put(model.Transfer{ID: id("t", i), Space: sp.ID, Name: name}),
			tx.Transfers().PutState(sp.ID, model.TransferState{Transfer: id("t", i), Phase: model.PhaseRunning}),
			tx.Transfers().PutFaults(sp.ID, id("t", i), []model.TransferFault{{Record: 1}}),
			tx.Transfers().PutRun(model.TransferRun{ID: id("r", i), Transfer: id("t", i)}),
			tx.Transfers().PutRun(model.TransferRun{ID: id("R", i), Transfer: id("t", i)}),
		)
	})
	k.batches(fullShards, 50, func(tx model.Tx, i int) error {
		return tx.Transfers().PutShard(id("t", 0), i, []model.SyncEntry{{Key: "a"}})
	})
}

func (k *kit) batches(n, size int, fn func(model.Tx, int) error) {
	k.t.Helper()
	for from := 0; from < n; from += size {
		k.update(func(tx model.Tx) error {
			for i := from; i < min(from+size, n); i++ {
				if err := fn(tx, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// mortal is a store whose process dies at one of its transactions, before or after it
// was committed. Closures run twice in it, as the contract allows.
type mortal struct {
	model.Store
	dies  int32 // at which transaction, from 1; 0: at none
	after bool  // the transaction is committed still
	count atomic.Int32
}

var (
	errDead = model.Errorf(model.EInterrupted, "killed")
	errDry  = model.Errorf(model.EInternal, "the first run is thrown away")
)

func (m *mortal) Update(ctx context.Context, fn func(model.Tx) error) error {
	n := m.count.Add(1)
	if m.dies != 0 && (n > m.dies || n == m.dies && !m.after) {
		return errDead
	}
	err := m.Store.Update(ctx, func(tx model.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return errDry
	})
	if err != errDry { //nolint:errorlint // this very error comes back, or another
		return err
	}
	if err := m.Store.Update(ctx, fn); err != nil || n != m.dies {
		return err
	}
	return errDead
}

var refused = modeltest.Refused

func wantCode(t *testing.T, err error, code model.Code) {
	t.Helper()
	_ = refused(t, err, code)
}
