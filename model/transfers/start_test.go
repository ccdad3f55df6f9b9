package transfers_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/modeltest"
	"ferry/model/transfers"
)

func TestAFileThatIsThereIsReplacedOnlyWhenAsked(t *testing.T) {
	b := newBench(t)
	b.Files.Put("p.json", "old")
	_, err := b.Transfers.Start(b.Ctx, b.Space, export("p.json"), transfers.Options{})
	wantCode(t, err, model.EExists)
	if model.AsError(err).Field != "file" || len(b.Mover.Jobs()) != 0 {
		t.Errorf("%v, and %d jobs", err, len(b.Mover.Jobs()))
	}
	_, err = b.Transfers.Start(b.Ctx, b.Space, export("p.json"), transfers.Options{Replace: true})
	ok(t, err)
	if !b.Mover.Jobs()[0].Replace {
		t.Error("the engine does not know that the file may be replaced")
	}
}

func TestWhoMayNotStartStoresNothing(t *testing.T) {
	disable := func(b *bench, c model.Client) {
		_, err := b.Clients.SetState(b.Ctx, b.Space, c.ID, model.Disabled, c.Name)
		ok(t, err)
	}
	for name, c := range map[string]struct {
		draft   transfers.Draft
		confirm string
		before  func(b *bench)
		code    model.Code
	}{
		"a disabled source":         {export("a.json"), "", func(b *bench) { disable(b, b.source) }, model.EDisabled},
		"a disabled target":         {imp("in.ndjson"), "", func(b *bench) { disable(b, b.target) }, model.EDisabled},
		"a client without a secret": {export("a.json"), "", func(b *bench) { b.lacking(t) }, model.EIncomplete},
		"a protected space":         {imp("in.ndjson"), "", func(b *bench) { b.protect(t, true) }, model.EProtected},
		"the wrong name":            {imp("in.ndjson"), "default", func(b *bench) { b.protect(t, true) }, model.EProtected},
		"a protected client": {imp("in.ndjson"), "", func(b *bench) {
			b.edit(t, b.target, func(d *clients.Draft) { d.Protected = true })
		}, model.EProtected},
		"a sync":          {syncing("s"), "", func(*bench) {}, model.EInvalid},
		"a stream in":     {imp("-"), "", func(*bench) {}, model.EInvalid},
		"a stream out":    {export("-"), "", func(*bench) {}, model.EInvalid},
		"an unknown file": {imp("no.ndjson"), "", func(*bench) {}, model.ENotFound},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.Files.Put("in.ndjson", "{}")
			c.before(b)
			_, err := b.Transfers.Start(b.Ctx, b.Space, c.draft, transfers.Options{Confirm: c.confirm})
			wantCode(t, err, c.code)
			list, err := b.Transfers.List(b.Ctx, b.Space, nil)
			if err != nil || len(list) != 0 || len(b.Mover.Jobs()) != 0 || len(b.log(t)) != 0 {
				t.Errorf("stored are %d, %v; %d jobs; %q", len(list), err, len(b.Mover.Jobs()), b.log(t))
			}
		})
	}
}

// lacking points the source elsewhere, which clears its secret.
func (b *bench) lacking(t testing.TB) {
	t.Helper()
	b.edit(t, b.source, func(d *clients.Draft) {
		o := modeltest.OAuth("erp", "https://erp.example.com")
		d.Method, d.TokenURL, d.ClientID, d.ClientSecret = o.Method, o.TokenURL, o.ClientID, o.ClientSecret
	})
	b.edit(t, b.source, func(d *clients.Draft) {
		d.BaseURL, d.TokenURL = "https://new.example.com", "https://new.example.com/token"
	})
}

func TestAProtectedTargetIsWrittenByItsName(t *testing.T) {
	b := newBench(t)
	b.Files.Put("in.ndjson", "{}")
	b.protect(t, true)
	_, err := b.Transfers.Start(b.Ctx, b.Space, imp("in.ndjson"), transfers.Options{Confirm: "shop"})
	ok(t, err)
	_, err = b.Transfers.Start(b.Ctx, b.Space, export("a.json"), transfers.Options{}) // reading changes nothing
	ok(t, err)
}

func TestAnAPIUserNeedsToCallBothClientsItself(t *testing.T) {
	b := newBench(t)
	b.Files.Put("in.ndjson", "{}")
	_, err := b.Transfers.Start(b.As(model.Permit("transfers", model.VerbCreate)), b.Space, imp("in.ndjson"), transfers.Options{})
	wantCode(t, err, model.EPermission)
	_, err = b.Transfers.Start(b.As(model.CallPermission(b.target.ID)), b.Space, imp("in.ndjson"), transfers.Options{})
	ok(t, err)
}

func TestOfTwoThatStartTheSameAtOnceOneBegins(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Files.Put("in.ndjson", "{}")
	hold, _, first := b.begun(t, func() (transfers.Status, error) {
		return b.Transfers.Start(b.Ctx, b.Space, imp("in.ndjson"), transfers.Options{})
	})
	for _, o := range []transfers.Options{{}, {Resume: true}, {Restart: true}} {
		_, err := b.Transfers.Start(b.Ctx, b.Space, imp("in.ndjson"), o)
		wantCode(t, err, model.EBusy)
	}
	ok(t, hold.End(nil))
	_, err := first.wait(t)
	ok(t, err)
	if len(b.Mover.Jobs()) != 1 {
		t.Errorf("%d began", len(b.Mover.Jobs()))
	}
}

func TestAStreamEndsForGood(t *testing.T) {
	b := newBench(t)
	for i, fault := range []error{errors.New("broken"), model.ErrStopped} {
		var out strings.Builder
		b.Mover.Play(modeltest.Fails(fault, model.Progress{Records: 1}))
		st, err := b.Transfers.Start(b.Ctx, b.Space, export("-"), transfers.Options{Out: &out})
		if err == nil {
			t.Fatal("it went well")
		}
		if j := b.Mover.Jobs()[i]; j.Out != &out || j.In != nil {
			t.Errorf("the job is %+v", j)
		}
		_, err = b.Transfers.Continue(b.Ctx, b.Space, st.Transfer.ID, transfers.Options{Out: &out})
		wantCode(t, err, model.EInvalid)
		_, err = b.Transfers.Start(b.Ctx, b.Space, export("-"), transfers.Options{Out: &out, Resume: true})
		wantCode(t, err, model.EInvalid)
	}
	b.Mover.Play(nil)
	_, err := b.Transfers.Start(b.Ctx, b.Space, imp("-"), transfers.Options{In: strings.NewReader("{}")})
	ok(t, err)
}

func TestTheOldestOfWhatHasEndedAreDropped(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var ids []model.ID
	for n := range model.MaxEnded + 3 {
		id := model.ID(fmt.Sprintf("-%025d", n)) // before whatever the bench makes
		ids = append(ids, id)
		phase := model.PhaseDone
		if n == 1 {
			phase = model.PhaseFailed // unfinished: it stays
		}
		ok(t, b.Store.Update(b.Ctx, func(tx model.Tx) error {
			tr := model.Transfer{ID: id, Space: b.Space.ID, Kind: model.KindExport, File: model.TransferFile{Path: fmt.Sprint("/f", n)}, Revision: 1}
			if err := tx.Transfers().Put(tr); err != nil {
				return err
			}
			if err := tx.Transfers().PutRun(model.TransferRun{ID: id, Transfer: id}); err != nil {
				return err
			}
			return tx.Transfers().PutState(b.Space.ID, model.TransferState{Transfer: id, Phase: phase})
		}))
	}
	st, err := b.Transfers.Start(b.Ctx, b.Space, export("new.json"), transfers.Options{})
	ok(t, err)
	list, err := b.Transfers.List(b.Ctx, b.Space, nil)
	ok(t, err)
	var left []model.ID
	for _, s := range list {
		left = append(left, s.Transfer.ID)
	}
	want := append([]model.ID{ids[1]}, ids[4:]...)
	want = append(want, st.Transfer.ID)
	slices.Sort(left)
	slices.Sort(want)
	if !slices.Equal(left, want) {
		t.Errorf("%d are left, want %d", len(left), len(want))
	}
	if runs, err := b.Transfers.Runs(b.Ctx, ids[0]); err != nil || len(runs) != 0 {
		t.Errorf("the history of what was dropped is %v, %v", runs, err)
	}
}

func TestPreviewStoresAndSendsNothing(t *testing.T) {
	b := newBench(t)
	b.Files.Put("in.ndjson", "{}")
	b.protect(t, true) // no name is asked for
	b.Mover.Plan(model.PlannedRequest{Record: 1, Method: "POST"}, model.PlannedRequest{Record: 2, Method: "POST"})
	got, err := b.Transfers.Preview(b.Ctx, b.Space, imp("in.ndjson"), nil, 1)
	ok(t, err)
	if len(got) != 1 || got[0].Record != 1 {
		t.Errorf("it is %+v", got)
	}
	if list, err := b.Transfers.List(b.Ctx, b.Space, nil); err != nil || len(list) != 0 {
		t.Errorf("stored are %d, %v", len(list), err)
	}
	_, err = b.Transfers.Preview(b.Ctx, b.Space, export("a.json"), nil, 1)
	wantCode(t, err, model.EInvalid)
	_, err = b.Transfers.Preview(b.Ctx, b.Space, imp("-"), nil, 1)
	wantCode(t, err, model.EInvalid)
}
