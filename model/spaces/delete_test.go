package spaces_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/spaces"
)

func TestDeletingNeedsTheNameAndLeave(t *testing.T) {
	k := newKit(t)
	sp := k.create("north")
	k.fill(sp)
	full := spaces.Contents{Clients: fullClients, Users: fullUsers, Keys: fullKeys, Transfers: fullTransfers}
	if got, err := k.Contents(k.ctx, sp.ID); err != nil || got != full || got.Empty() {
		t.Errorf("it holds %+v, %v", got, err)
	}
	_, err := k.Contents(k.ctx, "s-gone")
	wantCode(t, err, model.ENotFound)
	before := k.records()
	for _, c := range []struct {
		d       spaces.Deletion
		confirm string
		code    model.Code
	}{
		{spaces.Deletion{Everything: true}, "", model.EConfirm},
		{spaces.Deletion{Everything: true}, "North", model.EConfirm},
		{spaces.Deletion{}, "", model.EConfirm},
		{spaces.Deletion{}, "north", model.EConflict},
		{spaces.Deletion{Everything: true, Revision: 9}, "north", model.EConflict},
	} {
		e := refused(t, k.Delete(k.ctx, sp.ID, c.d, c.confirm), c.code)
		if c.code == model.EConflict && c.d.Revision == 0 && !strings.Contains(e.Message, full.String()) {
			t.Errorf("the conflict says %q", e.Message)
		}
	}
	if d := cmp.Diff(before, k.records()); d != "" || len(k.discarded) > 0 {
		t.Errorf("something was deleted (was -, is +), and the leavings of %v:\n%s", k.discarded, d)
	}
}

func TestDeletingWithEverything(t *testing.T) {
	k := newKit(t)
	south := k.create("south")
	k.fill(south)
	before := k.records()
	sp := k.create("north")
	k.fill(sp)
	var left []int
	k.do(k.Delete(k.ctx, sp.ID, spaces.Deletion{
		Everything: true, Revision: 1, Progress: func(n int) { left = append(left, n) },
	}, "north"))
	if d := cmp.Diff(before, k.records()); d != "" {
		t.Errorf("what is left (want -, got +):\n%s", d)
	}
	for i := range left[1:] {
		if left[i+1] > left[i] {
			t.Errorf("progress goes backwards: %v", left)
		}
	}
	if len(left) < 5 || left[len(left)-1] != 0 {
		t.Errorf("progress: %v", left)
	}
	if got, err := k.Contents(k.ctx, south.ID); err != nil || got.Users != fullUsers {
		t.Errorf("the other space holds %+v, %v", got, err)
	}
	log := k.log()
	want := []string{
		fmt.Sprintf("space.delete-begin north r2 by alice [{clients %d } {users %d } {keys %d } {transfers %d }]", fullClients, fullUsers, fullKeys, fullTransfers),
		"space.delete north r2 by alice []",
	}
	if got := log[len(log)-2:]; strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the audit log ends with\n%s", strings.Join(got, "\n"))
	}
	k.fill(k.create("north")) // the name, and every name in it, is free
}

// What has ended left nothing, and its file may be another's by now.
func TestOfTransfersThatHaveEndedNothingIsDiscarded(t *testing.T) {
	k := newKit(t)
	sp := k.create("north")
	phases := []model.TransferPhase{
		model.PhaseDone, model.PhaseCancelled, model.PhaseRunning, model.PhasePaused, model.PhaseFailed, model.PhaseWaiting, "",
	}
	want := map[model.ID]bool{}
	for i, phase := range phases {
		id := model.ID(fmt.Sprint("t", i))
		k.update(func(tx model.Tx) error {
			if phase == "" { // it has never run
				return tx.Transfers().Put(model.Transfer{ID: id, Space: sp.ID})
			}
			return errors.Join(
				tx.Transfers().Put(model.Transfer{ID: id, Space: sp.ID}),
				tx.Transfers().PutState(sp.ID, model.TransferState{Transfer: id, Phase: phase}),
			)
		})
		if i > 1 {
			want[id] = true
		}
	}
	k.do(k.Delete(k.ctx, sp.ID, spaces.Deletion{Everything: true}, "north"))
	if d := cmp.Diff(want, k.discarded); d != "" {
		t.Errorf("discarded are (want -, got +):\n%s", d)
	}
}

func TestTwoWhoDeleteTheSameSpace(t *testing.T) {
	k := newKit(t)
	before := k.records()
	sp := k.create("north")
	k.fill(sp)
	faster := false
	k.do(k.Delete(k.ctx, sp.ID, spaces.Deletion{Everything: true, Progress: func(int) {
		if !faster {
			faster = true
			k.do(k.Delete(k.ctx, sp.ID, spaces.Deletion{}, "north")) // from beginning to end between two steps
		}
	}}, "north"))
	if got := k.log(); len(got) != 3 {
		t.Errorf("the audit log is\n%s", strings.Join(got, "\n"))
	}
	sp = k.create("north")
	k.fill(sp)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			err := k.Delete(k.ctx, sp.ID, spaces.Deletion{Everything: true}, "north")
			if err != nil && model.CodeOf(err) != model.ENotFound {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if d := cmp.Diff(before, k.records()); d != "" {
		t.Errorf("what is left (want -, got +):\n%s", d)
	}
}

func TestADeletionCanBeCancelled(t *testing.T) {
	k := newKit(t)
	sp := k.create("north")
	k.fill(sp)
	ctx, cancel := context.WithCancel(k.ctx)
	err := k.Delete(ctx, sp.ID, spaces.Deletion{Everything: true, Progress: func(int) { cancel() }}, "north")
	if model.CodeOf(err) != model.EInterrupted {
		t.Fatalf("got %v", err)
	}
	if got, err := k.Contents(k.ctx, sp.ID); err != nil || got.Empty() {
		t.Errorf("it holds %+v, %v", got, err)
	}
	k.do(k.Delete(k.ctx, sp.ID, spaces.Deletion{}, "north"))
}

func TestContentsInWords(t *testing.T) {
	for want, c := range map[string]spaces.Contents{
		"nothing":                             {},
		"1 client":                            {Clients: 1},
		"2 API users":                         {Users: 2},
		"1 API user and 2 API keys":           {Users: 1, Keys: 2},
		"3 clients, 1 API user and 1 API key": {Clients: 3, Users: 1, Keys: 1},
		"1 client and 2 transfers":            {Clients: 1, Transfers: 2},
	} {
		if got := c.String(); got != want {
			t.Errorf("%+v is %q, want %q", c, got, want)
		}
	}
}
