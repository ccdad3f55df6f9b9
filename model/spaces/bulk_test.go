//go:build !race

// Bulk work of one goroutine, which tells the race detector nothing; make test runs it.

package spaces_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/spaces"
)

// A deletion that was killed at any of its transactions goes on when it is asked for
// again, without Everything and without a revision that fits, and leaves nothing.
func TestADeletionThatWasKilledGoesOn(t *testing.T) {
	k := newKit(t)
	before := k.records()
	for _, after := range []bool{false, true} {
		for n := int32(1); ; n++ {
			sp := k.create("north")
			k.fill(sp)
			clear(k.discarded)
			m := &mortal{Store: k.store, dies: n, after: after}
			err := k.on(m).Delete(k.ctx, sp.ID, spaces.Deletion{Everything: true, Revision: 1}, "north")
			if err != nil && !errors.Is(err, errDead) {
				t.Fatalf("killed at %d: %v", n, err)
			}
			if err == nil {
				if m.count.Load() < 8 {
					t.Errorf("it took %d transactions only", m.count.Load())
				}
				break
			}
			again := spaces.Deletion{Revision: 1, Everything: n == 1 && !after} // nothing was begun then
			err = k.Delete(k.ctx, sp.ID, again, "north")
			if err != nil && (model.CodeOf(err) != model.ENotFound || !after) {
				t.Fatalf("killed at %d, after its commit %v: %v", n, after, err)
			}
			if len(k.discarded) != fullTransfers {
				t.Fatalf("killed at %d, after its commit %v: the leavings of %d transfers were removed", n, after, len(k.discarded))
			}
			if d := cmp.Diff(before, k.records()); d != "" {
				t.Fatalf("killed at %d, after its commit %v (want -, got +):\n%s", n, after, d)
			}
		}
	}
}
