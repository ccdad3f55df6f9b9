package storage_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/storage/bolt"
	"ferry/storage/kv"
	"ferry/storage/storagetest"
)

func TestSyncNamesAreUniqueInTheirSpaceAndNoNameIsTaken(t *testing.T) {
	s := storagetest.New(t)
	put := func(space, id model.ID, name string) error {
		return s.Update(t.Context(), func(tx model.Tx) error {
			return tx.Transfers().Put(model.Transfer{ID: id, Space: space, Kind: model.KindSync, Name: name})
		})
	}
	if err := errors.Join(put("s1", "t1", "Products"), put("s2", "t2", "products"), put("s1", "t3", ""), put("s1", "t4", "")); err != nil {
		t.Fatal(err)
	}
	err := put("s1", "t5", "PRODUCTS")
	wantCode(t, err, model.EExists)
	if model.AsError(err).Field != "name" {
		t.Errorf("the field is %q", model.AsError(err).Field)
	}
	wantCode(t, put("s1", "t3", "products"), model.EExists) // by naming one that has no name
	if err := errors.Join(put("s1", "t1", "products"), put("s1", "t1", "goods"), put("s1", "t5", "Products"), put("s1", "t5", ""), put("s1", "t6", "products")); err != nil {
		t.Fatalf("changing case, renaming, taking a name away and taking what is free: %v", err)
	}
	view(t, s, func(tx model.Tx) error {
		for name, want := range map[string]model.ID{"GOODS": "t1", "products": "t6"} {
			if got, err := tx.Transfers().ByName("s1", name); err != nil || got.ID != want {
				t.Errorf("%s leads to %s, %v; want %s", name, got.ID, err, want)
			}
		}
		for _, name := range []string{"", "unknown", strings.Repeat("x", 600)} {
			_, err := tx.Transfers().ByName("s1", name)
			wantCode(t, err, model.ENotFound)
		}
		return nil
	})
	wantClean(t, s)
}

func TestADeletedTransferTakesItsStateAndFaultsAndFreesItsName(t *testing.T) {
	s := storagetest.New(t)
	del := func(id model.ID) error {
		return s.Update(t.Context(), func(tx model.Tx) error { return tx.Transfers().Delete("s1", id) })
	}
	wantCode(t, del("t1"), model.ENotFound)
	update(t, s, func(tx model.Tx) error {
		r := tx.Transfers()
		return errors.Join(
			r.Put(model.Transfer{ID: "t1", Space: "s1", Name: "goods"}), r.Put(model.Transfer{ID: "t2", Space: "s1"}),
			r.PutState("s1", model.TransferState{Transfer: "t1", Phase: model.PhasePaused}),
			r.PutFaults("s1", "t1", []model.TransferFault{{Record: 1}}),
			r.PutRun(model.TransferRun{ID: "r1", Transfer: "t1"}),
			r.PutShard("t1", 0, []model.SyncEntry{{Key: "a"}}),
		)
	})
	if err := errors.Join(del("t1"), del("t2")); err != nil {
		t.Fatal(err)
	}
	view(t, s, func(tx model.Tx) error {
		r := tx.Transfers()
		_, err := r.Get("s1", "t1")
		wantCode(t, err, model.ENotFound)
		state, err := r.State("s1", "t1")
		faults, err2 := r.Faults("s1", "t1")
		runs, err3 := r.Runs("t1")
		shard, err4 := r.Shard("t1", 0)
		if state.Transfer != "" || faults != nil || len(runs) != 1 || len(shard) != 1 {
			t.Errorf("kept %+v, %v, %v, %v", state, faults, runs, shard)
		}
		return errors.Join(err, err2, err3, err4)
	})
	update(t, s, func(tx model.Tx) error {
		return tx.Transfers().Put(model.Transfer{ID: "t3", Space: "s1", Name: "GOODS"})
	})
	wantClean(t, s)
}

func TestTransfersAndStatesComeInPagesOfTheirSpace(t *testing.T) {
	s := storagetest.New(t)
	update(t, s, func(tx model.Tx) error {
		for _, id := range []model.ID{"t3", "t1", "t5", "t2", "t4"} {
			space := model.ID("s1")
			if id == "t4" {
				space = "s10"
			}
			if err := errors.Join(
				tx.Transfers().Put(model.Transfer{ID: id, Space: space}),
				tx.Transfers().PutState(space, model.TransferState{Transfer: id, Phase: model.PhaseDone})); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx model.Tx) error {
		first, err := tx.Transfers().Page("s1", "", 3)
		rest, err2 := tx.Transfers().Page("s1", "t3", 3)
		states, err3 := tx.Transfers().States("s1", "t1", 10)
		if len(first) != 3 || first[2].ID != "t3" || len(rest) != 1 || rest[0].ID != "t5" || len(states) != 3 || states[0].Transfer != "t2" {
			t.Errorf("got %v, %v, %v", first, rest, states)
		}
		return errors.Join(err, err2, err3)
	})
}

func TestACheckpointThatIsTooLargeIsRefused(t *testing.T) {
	s := storagetest.New(t)
	put := func(n int) error {
		return s.Update(t.Context(), func(tx model.Tx) error {
			return tx.Transfers().PutState("s1", model.TransferState{Transfer: "t1", Checkpoint: make([]byte, n)})
		})
	}
	if err := put(model.MaxCheckpoint); err != nil {
		t.Fatal(err)
	}
	wantCode(t, put(model.MaxCheckpoint+1), model.EInvalid)
	view(t, s, func(tx model.Tx) error {
		state, err := tx.Transfers().State("s1", "t1")
		if len(state.Checkpoint) != model.MaxCheckpoint {
			t.Errorf("%d bytes are kept", len(state.Checkpoint))
		}
		none, err2 := tx.Transfers().State("s1", "t2")
		if none.Transfer != "" {
			t.Errorf("got %+v of a transfer that never ran", none)
		}
		return errors.Join(err, err2)
	})
}

func TestTheNewestRunsOfEachTransferAreKept(t *testing.T) {
	s := storagetest.New(t)
	id := func(i int) model.ID { return model.NewID(start.Add(time.Duration(i) * time.Second)) }
	for i := range model.MaxRuns + 7 {
		run := model.TransferRun{ID: id(i), Transfer: "t1", Phase: model.PhaseRunning, Progress: model.Progress{Records: int64(i)}}
		update(t, s, func(tx model.Tx) error { return tx.Transfers().PutRun(run) })
		run.Phase, run.Message = model.PhaseDone, "again"
		update(t, s, func(tx model.Tx) error { return tx.Transfers().PutRun(run) })
	}
	update(t, s, func(tx model.Tx) error { return tx.Transfers().PutRun(model.TransferRun{ID: "r", Transfer: "t10"}) })
	view(t, s, func(tx model.Tx) error {
		runs, err := tx.Transfers().Runs("t1")
		if len(runs) != model.MaxRuns || runs[0].Progress.Records != model.MaxRuns+6 || runs[len(runs)-1].Progress.Records != 7 || runs[0].Phase != model.PhaseDone {
			t.Errorf("%d runs, the newest %+v", len(runs), runs[0])
		}
		return err
	})
	wantClean(t, s)
}

func TestTheNewestFaultsAreKeptWithinOneRecord(t *testing.T) {
	s := storagetest.New(t)
	var faults []model.TransferFault
	for i := range model.MaxFaults + 20 {
		faults = append(faults, model.TransferFault{At: start.Add(time.Duration(i/2) * time.Second), Record: int64(i), Reason: "no such colour"})
	}
	given := slices.Clone(faults)
	update(t, s, func(tx model.Tx) error { return tx.Transfers().PutFaults("s1", "t1", faults) })
	if !slices.Equal(given, faults) {
		t.Error("the caller's faults were put into another order")
	}
	large := slices.Clone(faults)
	for i := range large {
		large[i].Reason = strings.Repeat("x", 5_000)
	}
	update(t, s, func(tx model.Tx) error { return tx.Transfers().PutFaults("s1", "t2", large) })
	view(t, s, func(tx model.Tx) error {
		got, err := tx.Transfers().Faults("s1", "t1")
		if len(got) != model.MaxFaults || got[0].Record != model.MaxFaults+18 || got[1].Record != model.MaxFaults+19 || got[len(got)-1].Record != 21 {
			t.Errorf("%d faults, the newest %+v, the oldest %+v", len(got), got[0], got[len(got)-1])
		}
		some, err2 := tx.Transfers().Faults("s1", "t2")
		if len(some) != model.MaxFaults/2 || some[0].Record != model.MaxFaults+18 {
			t.Errorf("%d large faults are kept, from %d", len(some), some[0].Record)
		}
		return errors.Join(err, err2)
	})
	update(t, s, func(tx model.Tx) error { return tx.Transfers().PutFaults("s1", "t1", nil) })
	view(t, s, func(tx model.Tx) error {
		got, err := tx.Transfers().Faults("s1", "t1")
		if got != nil {
			t.Errorf("%d faults are left", len(got))
		}
		return err
	})
	wantClean(t, s)
}

func TestAShardIsReplacedWholeAndHoldsNothingThatIsGone(t *testing.T) {
	s := storagetest.New(t)
	put := func(n int, entries ...model.SyncEntry) error {
		return s.Update(t.Context(), func(tx model.Tx) error { return tx.Transfers().PutShard("t1", n, entries) })
	}
	if err := errors.Join(put(0, model.SyncEntry{Key: "a", Hash: [16]byte{1, 2}, ETag: `"7"`, Unsure: true}, model.SyncEntry{Key: "b", Gone: true}),
		put(1, model.SyncEntry{Key: "c"}), put(1, model.SyncEntry{Key: "d", Conflict: true}),
		put(2, model.SyncEntry{Key: "e"}), put(2, model.SyncEntry{Key: "e", Gone: true})); err != nil {
		t.Fatal(err)
	}
	view(t, s, func(tx model.Tx) error {
		for n, want := range []string{"[{a [1 2 0 0 0 0 0 0 0 0 0 0 0 0 0 0] \"7\" true false false}]", "[{d [0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0]  false true false}]", "[]"} {
			got, err := tx.Transfers().Shard("t1", n)
			if err != nil || fmt.Sprint(got) != want {
				t.Errorf("shard %d is %v, %v; want %s", n, got, err, want)
			}
		}
		return nil
	})
	wantCode(t, put(3, model.SyncEntry{Key: strings.Repeat("x", 512<<10)}), model.EInvalid)
	for _, n := range []int{-1, 1_000_000} {
		if code := model.CodeOf(put(n, model.SyncEntry{Key: "x"})); code != model.EInvalid {
			t.Errorf("shard %d: %s", n, code)
		}
	}
	wantClean(t, s)
}

func TestRunsAndShardsAreDeletedInSteps(t *testing.T) {
	s := storagetest.New(t)
	for i := range 30 {
		update(t, s, func(tx model.Tx) error {
			return errors.Join(tx.Transfers().PutRun(model.TransferRun{ID: model.ID(fmt.Sprintf("r%02d", i)), Transfer: "t1"}),
				tx.Transfers().PutShard("t1", i, []model.SyncEntry{{Key: "a"}}), tx.Transfers().PutShard("t10", i, []model.SyncEntry{{Key: "a"}}))
		})
	}
	for _, want := range []int{40, 20, 0, 0} {
		left := -1
		update(t, s, func(tx model.Tx) (err error) { left, err = tx.Transfers().DeleteSome("t1", 20); return err })
		if left != want {
			t.Errorf("%d left, want %d", left, want)
		}
	}
	view(t, s, func(tx model.Tx) error {
		other, err := tx.Transfers().Shard("t10", 29)
		if len(other) != 1 {
			t.Error("another transfer's memory is gone")
		}
		return err
	})
}

// A full part, the largest checkpoint and a run are one transaction.
func TestAFullPartFitsInOneTransactionWithWhatGoesWithIt(t *testing.T) {
	s := storagetest.New(t)
	entries := make([]model.SyncEntry, 4_700)
	for i := range entries {
		entries[i] = model.SyncEntry{Key: fmt.Sprintf("%050d", i), ETag: `"0123456789abcdef0123456789abcdef"`}
	}
	update(t, s, func(tx model.Tx) error {
		return errors.Join(tx.Transfers().PutShard("t1", 0, entries), tx.Transfers().PutRun(model.TransferRun{ID: "r1", Transfer: "t1"}),
			tx.Transfers().PutState("s1", model.TransferState{Transfer: "t1", Checkpoint: make([]byte, model.MaxCheckpoint)}))
	})
	err := s.Update(t.Context(), func(tx model.Tx) error { return tx.Transfers().PutShard("t1", 0, slices.Concat(entries, entries)) })
	wantCode(t, err, model.EInvalid)
}

// The name of a sync, or of a saved call, that leads nowhere can be taken by nobody.
func TestCheckFindsNamesOfSyncsAndCallsThatLeadNowhere(t *testing.T) {
	path := filepath.Join(storagetest.Dir(t), "ferry.db")
	s, _ := storagetest.NewAt(t, path, nil)
	update(t, s, func(tx model.Tx) error {
		r := tx.Transfers()
		return errors.Join(r.Put(model.Transfer{ID: "t1", Space: "s1", Name: "goods"}), r.Put(model.Transfer{ID: "t2", Space: "s1", Name: "prices"}),
			r.Put(model.Transfer{ID: "t3", Space: "s1"}), tx.Saved().Put(model.SavedCall{ID: "c1", Client: "c1", Name: "list"}))
	})
	wantClean(t, s)
	raw, err := bolt.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Update(t.Context(), func(tx kv.Tx) error {
		return errors.Join(tx.Delete([]byte("transfer/s1/t1")), tx.Delete([]byte("saved/c1/c1")))
	})
	if err != nil {
		t.Fatal(err)
	}
	report, err := s.Check(t.Context())
	want := []string{"1 names of saved calls lead to no call", "1 names of syncs lead to no sync"}
	if err != nil || !slices.Equal(report.Problems, want) {
		t.Errorf("problems %q, %v; want %q", report.Problems, err, want)
	}
}
