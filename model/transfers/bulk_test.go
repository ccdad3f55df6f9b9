//go:build !race

// Bulk work of one goroutine, which tells the race detector nothing; make test runs it.

package transfers_test

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/transfers"
)

func TestTenThousandTransfersAreListedThoseThatRunFirst(t *testing.T) {
	b := newBench(t)
	b.fill(t, 10_000)
	var told []int
	began := time.Now()
	list, err := b.Transfers.List(b.Ctx, b.Space, func(n int) { told = append(told, n) })
	ok(t, err)
	t.Logf("10,000 transfers in %s", time.Since(began))
	if len(list) != 10_000 || told[len(told)-1] != 10_000 || len(told) < 10 {
		t.Fatalf("%d are listed, told %v", len(list), told)
	}
	for i := range list {
		s := &list[i]
		if running := i < 10; (s.Phase == model.PhaseRunning) != running || running != (s.Rate == 12.5) {
			t.Fatalf("the %d. is %s, rate %v", i, s.Phase, s.Rate)
		}
		if i != 0 && i != 10 && !list[i-1].State.Started.After(s.State.Started) {
			t.Fatalf("the %d. is newer than the one before", i)
		}
	}
	if s := &list[10]; s.Title() != "erp /products → 9999.json" {
		t.Errorf("the newest is %q", s.Title())
	}
	b.Clock.Pass(model.HeartbeatLimit + time.Second)
	if list, err = b.Transfers.List(b.Ctx, b.Space, nil); err != nil || list[0].Phase == model.PhaseRunning {
		t.Errorf("those that nobody reports of are %s, %v", list[0].Phase, err)
	}
}

// A fold that breaks off at any of its transactions loses nothing, and leaves the rest to
// the next.
func TestAFoldMayBreakOffAnywhere(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	for after := range 40 {
		id := model.ID(fmt.Sprint("sync-", after))
		m, want := transfers.NewMemory(store, id, true), map[string]model.SyncEntry{}
		save := func(from, to int, hash byte) error {
			var list []model.SyncEntry
			for n := from; n < to; n++ {
				list = append(list, model.SyncEntry{Key: fmt.Sprint("key-", n), Hash: [16]byte{hash}})
			}
			err := m.Save(t.Context(), list)
			if err == nil {
				for _, e := range list {
					want[e.Key] = e
				}
			}
			return err
		}
		for n := range 4 {
			if err := save(n*40, n*40+40, 1); err != nil {
				t.Fatal(err)
			}
		}
		store.left = after
		err := errors.Join(save(0, 55, 2), save(80, 135, 2))
		store.left = -1
		over := err == nil
		if m = transfers.NewMemory(store, id, true); len(remembered(t, m)) != 160 {
			t.Fatalf("broken off after %d: %d are remembered", after, len(remembered(t, m)))
		}
		if err := errors.Join(save(0, 55, 2), save(80, 135, 2), save(40, 60, 2)); err != nil {
			t.Fatal(err)
		}
		if got := remembered(t, m); !maps.Equal(got, want) {
			t.Fatalf("broken off after %d: %d are remembered, want %d", after, len(got), len(want))
		}
		if over {
			if after < 5 {
				t.Errorf("a fold took %d transactions: this tests little", after)
			}
			return
		}
	}
	t.Error("it breaks off after 40 transactions still")
}

// The usual limits, with keys as long as they come: every transaction and shard fits.
func TestLongKeysFitIntoShards(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	m := transfers.NewMemory(store, "s", false)
	for n := range 3 {
		var list []model.SyncEntry
		for i := range 1000 {
			list = append(list, model.SyncEntry{Key: fmt.Sprintf("%d-%d-%s", n, i, strings.Repeat("k", 1500)), ETag: strings.Repeat("e", 200)})
		}
		if err := m.Save(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := remembered(t, transfers.NewMemory(store, "s", false)); len(got) != 3000 {
		t.Errorf("remembered are %d", len(got))
	}
}
