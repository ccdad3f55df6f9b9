package storage

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"ferry/model"
)

// sameBut compares what a record became with what it was; the records tell no empty list
// from none.
func sameBut(t *rapid.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatal(diff)
	}
}

func drawEndpoint(t *rapid.T, what string) model.Endpoint {
	return model.Endpoint{
		Client: model.ID(text.Draw(t, what+" client")), Path: text.Draw(t, what+" path"),
		Query: pairs.Draw(t, what+" query"), Headers: pairs.Draw(t, what+" headers"),
	}
}

func TestEveryTransferReadsBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := model.Transfer{
			ID: model.ID(text.Draw(t, "id")), Space: model.ID(text.Draw(t, "space")), Kind: model.TransferKind(text.Draw(t, "kind")),
			Name: text.Draw(t, "name"), Source: drawEndpoint(t, "source"), Target: drawEndpoint(t, "target"),
			File: rapid.Make[model.TransferFile]().Draw(t, "file"), Read: rapid.Make[model.Reading]().Draw(t, "read"),
			Write: rapid.Make[model.Writing]().Draw(t, "write"), Shape: text.Draw(t, "shape"),
			Sync: rapid.Make[model.Syncing]().Draw(t, "sync"), Revision: rapid.Uint64().Draw(t, "revision"),
			Created: model.Stamp{At: moment.Draw(t, "created"), By: text.Draw(t, "creator")},
			Updated: model.Stamp{At: moment.Draw(t, "updated"), By: text.Draw(t, "updater")},
		}
		var got transferRecord
		roundTrip(t, transferRecordOf(&want), &got)
		sameBut(t, want, got.model())
	})
}

func TestEveryTransferStateAndRunReadsBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := func(name string) string { return text.Draw(t, name) }
		at := func(name string) time.Time { return moment.Draw(t, name) }
		progress := rapid.Make[model.Progress]().Draw(t, "progress")
		state := model.TransferState{
			Transfer: model.ID(s("transfer")), Phase: model.TransferPhase(s("phase")), Wish: model.TransferWish(s("wish")), Run: model.ID(s("run")),
			Progress: progress, Started: at("started"), Reported: at("reported"), Ended: at("ended"), Next: at("next"), Code: model.Code(s("code")),
			Message: s("message"), Advice: s("advice"), Checkpoint: []byte(s("checkpoint")),
			WishFor: model.RunTrigger(s("wish for")), WishBy: s("wish by"), Rate: rapid.Float64Range(0, 1e6).Draw(t, "rate"), Kept: rapid.Make[model.Progress]().Draw(t, "kept"),
		}
		var gotState stateRecord
		roundTrip(t, stateRecordOf(&state), &gotState)
		sameBut(t, state, gotState.model())
		run := model.TransferRun{
			ID: model.ID(s("id")), Transfer: state.Transfer, Trigger: model.RunTrigger(s("trigger")), By: s("by"), Started: state.Started,
			Ended: state.Ended, Phase: state.Phase, Code: state.Code, Message: state.Message, Progress: progress,
		}
		var gotRun runRecord
		roundTrip(t, runRecordOf(&run), &gotRun)
		sameBut(t, run, gotRun.model())
	})
}

func TestEveryFaultAndSyncEntryReadsBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := func(name string) string { return text.Draw(t, name) }
		faults := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) model.TransferFault {
			return model.TransferFault{
				At: moment.Draw(t, "at"), Record: rapid.Int64().Draw(t, "record"), Row: rapid.Int64().Draw(t, "row"), Key: text.Draw(t, "key"),
				Kind: model.FaultKind(text.Draw(t, "kind")), Status: rapid.Int().Draw(t, "status"), Reason: text.Draw(t, "reason"),
			}
		}), 0, 4).Draw(t, "faults")
		var gotFaults faultsRecord
		roundTrip(t, faultsRecordOf(model.ID(s("transfer")), faults), &gotFaults)
		sameBut(t, faults, gotFaults.model())

		entries := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) model.SyncEntry {
			e := rapid.Make[model.SyncEntry]().Draw(t, "entry")
			e.Key, e.ETag, e.Gone = text.Draw(t, "key"), text.Draw(t, "etag"), false
			return e
		}), 0, 4).Draw(t, "entries")
		var got shardRecord
		roundTrip(t, shardRecordOf(model.ID(s("transfer")), entries), &got)
		sameBut(t, entries, got.model())
	})
}
