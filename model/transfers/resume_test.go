package transfers_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/model/transfers"
)

// failed leaves an unfinished export behind.
func (b *bench) failed(t *testing.T, d transfers.Draft) transfers.Status {
	t.Helper()
	b.Mover.Play(modeltest.Fails(model.Errorf(model.EUnreachable, "no answer").WithNext("look at the network"), model.Progress{Records: 5}))
	st, err := b.Transfers.Start(b.Ctx, b.Space, d, transfers.Options{})
	wantCode(t, err, model.EUnreachable)
	b.Mover.Play(modeltest.Moves(model.Progress{Records: 9}))
	return st
}

func TestWhatWasBegunIsResumedOrGivenUpWhenAsked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	part, err := b.Files.Part("/home/alice/p.csv")
	ok(t, err)
	_, _ = part.Write([]byte("half"))
	ok(t, part.Close())
	was := b.failed(t, export("p.csv"))
	_, err = b.Transfers.Start(b.Ctx, b.Space, export("p.csv"), transfers.Options{})
	wantCode(t, err, model.EExists)
	if next := model.AsError(err).Next; !strings.Contains(next, "--resume") || !strings.Contains(next, "--restart") {
		t.Errorf("the next step is %q", next)
	}
	// Another file, path or client is another export.
	for _, d := range []transfers.Draft{
		export("q.csv"), with(export("p.csv"), func(d *transfers.Draft) { d.Source.Path = "/orders" }),
		with(export("p.csv"), func(d *transfers.Draft) { d.Source.Client = "shop" }),
	} {
		_, err = b.Transfers.Start(b.Ctx, b.Space, d, transfers.Options{})
		ok(t, err)
	}
	if text, is := b.Files.PartText("p.csv"); text != "half" || !is {
		t.Errorf("the unfinished file holds %q, %v", text, is)
	}
	st, err := b.Transfers.Start(b.Ctx, b.Space, export("p.csv"), transfers.Options{Restart: true})
	ok(t, err)
	if st.Transfer.ID == was.Transfer.ID || st.Phase != model.PhaseDone {
		t.Errorf("it is %+v", st)
	}
	if _, is := b.Files.PartText("p.csv"); is {
		t.Error("the unfinished file of what was given up is still there")
	}
	if old := b.find(t, string(was.Transfer.ID)); old.Phase != model.PhaseCancelled || old.State.Checkpoint != nil {
		t.Errorf("what was given up is %+v", old)
	}
}

// A wrong flag is mended and tried again: what came to nothing is in nobody's way.
func TestWhatCameToNothingIsInNobodysWay(t *testing.T) {
	b := newBench(t)
	b.Files.Put("in.ndjson", "{}")
	for name, c := range map[string]struct {
		draft  transfers.Draft
		script modeltest.Script
		open   bool
	}{
		"export, nothing kept":      {export("a.json"), func(context.Context, model.Job) error { return errors.New("wrong flag") }, false},
		"export, no record kept":    {export("b.json"), modeltest.Fails(errors.New("wrong flag"), model.Progress{}), false},
		"import, nothing kept":      {imp("in.ndjson"), func(context.Context, model.Job) error { return errors.New("wrong flag") }, false},
		"import, with a checkpoint": {imp("in.ndjson"), modeltest.Fails(errors.New("killed"), model.Progress{}), true},
	} {
		t.Run(name, func(t *testing.T) {
			b.Mover.Play(c.script)
			st, err := b.Transfers.Start(b.Ctx, b.Space, c.draft, transfers.Options{Restart: true})
			wantCode(t, err, model.EInternal)
			b.Mover.Play(nil)
			if !c.open { // nor is what was killed then
				b.running(t, st.Transfer.ID)
			}
			_, err = b.Transfers.Start(b.Ctx, b.Space, c.draft, transfers.Options{})
			if c.open {
				wantCode(t, err, model.EExists)
				return
			}
			ok(t, err)
			_, err = b.Transfers.Start(b.Ctx, b.Space, c.draft, transfers.Options{Resume: true})
			wantCode(t, err, model.ENotFound)
		})
	}
}

func TestNothingIsGivenUpForAStartThatIsRefused(t *testing.T) {
	b := newBench(t)
	b.Files.Put("p.ndjson", "{}")
	was := b.failed(t, imp("p.ndjson"))
	b.protect(t, true)
	_, err := b.Transfers.Start(b.Ctx, b.Space, imp("p.ndjson"), transfers.Options{Restart: true})
	wantCode(t, err, model.EProtected)
	if st := b.find(t, string(was.Transfer.ID)); st.Phase != model.PhaseFailed {
		t.Errorf("it is %s", st.Phase)
	}
}

func TestResumeGoesOnWithTheSettingsItWasBegunWith(t *testing.T) {
	b := newBench(t)
	_, err := b.Transfers.Start(b.Ctx, b.Space, export("p.csv"), transfers.Options{Resume: true})
	wantCode(t, err, model.ENotFound)
	if model.AsError(err).Field != "resume" {
		t.Errorf("%v is about %q", err, model.AsError(err).Field)
	}
	d := export("p.csv")
	d.File.Columns, d.Read.Limit, d.Source.Query = []string{"sku", "price"}, 9, []model.Param{{Name: "lang", Value: "de"}}
	was := b.failed(t, d)
	for field, differs := range map[string]transfers.Draft{
		"columns": with(d, func(d *transfers.Draft) { d.File.Columns = []string{"sku"} }),
		"limit":   with(d, func(d *transfers.Draft) { d.Read.Limit = 10 }),
		"query":   with(d, func(d *transfers.Draft) { d.Source.Query = []model.Param{{Name: "lang", Value: "fr"}} }),
		"jq":      with(d, func(d *transfers.Draft) { d.Shape = ".x" }),
		"format":  with(export("p.csv"), func(d *transfers.Draft) { d.File.Format = model.NDJSON }),
	} {
		_, err := b.Transfers.Start(b.Ctx, b.Space, differs, transfers.Options{Resume: true})
		wantField(t, err, field)
	}
	// What is not said again is as it was.
	st, err := b.Transfers.Start(b.Ctx, b.Space, export("p.csv"), transfers.Options{Resume: true})
	ok(t, err)
	jobs := b.Mover.Jobs()
	if j := jobs[len(jobs)-1]; st.Transfer.ID != was.Transfer.ID || j.Transfer.Read.Limit != 9 || string(j.Checkpoint) != "some" || j.Progress.Records != 5 {
		t.Errorf("it went on as %+v", j)
	}
	if runs, err := b.Transfers.Runs(b.Ctx, st.Transfer.ID); err != nil || len(runs) != 2 || runs[0].Trigger != model.TriggerResume {
		t.Errorf("the history is %+v, %v", runs, err)
	}
	_, err = b.Transfers.Start(b.Ctx, b.Space, export("p.csv"), transfers.Options{Resume: true})
	wantCode(t, err, model.ENotFound)
	_, err = b.Transfers.Continue(b.Ctx, b.Space, st.Transfer.ID, transfers.Options{})
	wantField(t, errField(err), "id")
}

// errField makes an error of one field look as model.Invalid does.
func errField(err error) error {
	e := model.AsError(err)
	if e != nil && e.Fields == nil && e.Field != "" {
		e.Fields = []model.FieldError{{Field: e.Field}}
	}
	return err
}

func TestAnImportMayGoOnWithMoreRejects(t *testing.T) {
	b := newBench(t)
	b.Files.Put("p.ndjson", "{}")
	d := imp("p.ndjson")
	d.Write.MaxRejects = 1
	b.failed(t, d)
	d.Write.MaxRejects, d.Write.Parallel = 100, 2
	st, err := b.Transfers.Start(b.Ctx, b.Space, d, transfers.Options{Resume: true})
	ok(t, err)
	jobs := b.Mover.Jobs()
	if w := jobs[len(jobs)-1].Transfer.Write; w.MaxRejects != 100 || w.Parallel != 2 || st.Transfer.Revision != 2 {
		t.Errorf("it went on with %+v, revision %d", w, st.Transfer.Revision)
	}
}
