package transfers_test

import (
	"slices"
	"testing"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/model/spaces"
	"ferry/model/transfers"
)

// inNorth puts a process into a new space with the two clients.
func (a *another) inNorth(t *testing.T) {
	t.Helper()
	north, err := a.Spaces.Create(a.ctx, "north", false)
	ok(t, err)
	for _, name := range []string{"erp", "shop"} {
		_, err := a.Clients.Create(a.ctx, north, modeltest.NoAuth(name, "https://"+name+".example.com"), "")
		ok(t, err)
	}
	a.Hub = a.In(north)
}

func TestASpaceTakesWhatItsTransfersLeft(t *testing.T) {
	a := &pair(t, 1)[0]
	a.inNorth(t)
	a.mover.Play(modeltest.Fails(model.Errorf(model.ETimeout, "no answer"), model.Progress{Records: 1}))
	part, err := a.files.Part("/home/alice/p.ndjson")
	ok(t, err)
	ok(t, part.Close())
	a.files.Put("in.ndjson", "{}")
	var want []model.ID
	for _, d := range []transfers.Draft{export("p.ndjson"), imp("in.ndjson")} {
		st, err := a.Transfers.Start(a.ctx, a.Space, d, transfers.Options{})
		wantCode(t, err, model.ETimeout)
		want = append(want, st.Transfer.ID)
	}
	a.mover.Play(nil)
	_, err = a.Transfers.Start(a.ctx, a.Space, export("done.ndjson"), transfers.Options{})
	ok(t, err)
	ok(t, a.Spaces.Delete(a.ctx, a.Space.ID, spaces.Deletion{Everything: true}, "north"))
	got := a.mover.Forgotten()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("forgotten are %q, want %q", got, want)
	}
	if _, is := a.files.PartText("p.ndjson"); is {
		t.Error("the unfinished file is still there")
	}
}

// The space goes under a run of another process, which ends then and clears up behind itself.
func TestARunWhoseSpaceWentLeavesNothing(t *testing.T) {
	t.Parallel()
	p := pair(t, 2)
	p[0].inNorth(t)
	p[0].files.Put("in.ndjson", "{}")
	hold := p[0].mover.Hold()
	r := inBackground(func() (transfers.Status, error) {
		return p[0].Transfers.Start(p[0].ctx, p[0].Space, imp("in.ndjson"), transfers.Options{})
	})
	j, began := hold.Began()
	if !began {
		t.Fatal("nothing began")
	}
	ok(t, p[1].Spaces.Delete(p[1].ctx, p[0].Space.ID, spaces.Deletion{Everything: true}, "north"))
	_, err := r.wait(t)
	if code := model.CodeOf(err); code != model.EPaused && code != model.EDisabled { // it may see the space go, or be gone
		t.Errorf("it ended with %v", err)
	}
	if got := p[0].mover.Forgotten(); !slices.Equal(got, []model.ID{j.Transfer.ID}) {
		t.Errorf("forgotten are %q", got)
	}
}
