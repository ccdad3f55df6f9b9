package screentest

import (
	"os"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/model/transfers"
)

// Size is how much room a screen has.
type Size struct {
	Name string
	W, H int
}

// Sizes are those of a screen's body in terminals of 80×24, 120×40 and 60×16.
var Sizes = []Size{{"80x24", 80, 19}, {"120x40", 120, 35}, {"60x16", 60, 11}}

// Main runs the tests of a package where a person's times are in UTC.
func Main(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}

// AddClients makes clients without authentication at https://NAME.example.com.
func (f *Fixture) AddClients(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := f.Hub.Clients.Create(f.Env.Ctx, f.Hub.Space, modeltest.NoAuth(name, "https://"+name+".example.com"), ""); err != nil {
			t.Fatal(err)
		}
	}
}

// Hold starts a transfer in the console that goes no further than p until the test says so.
func (f *Fixture) Hold(t testing.TB, d transfers.Draft, p model.Progress, faults ...model.TransferFault) (model.ID, *modeltest.Hold) {
	t.Helper()
	hold := f.Mover.Hold()
	s, err := f.Env.Runner.Start(f.Env.Ctx, f.Hub, d, transfers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := hold.Began(); !ok {
		t.Fatal("the job did not begin")
	}
	if err := hold.Keep(p, faults...); err != nil {
		t.Fatal(err)
	}
	return s.Transfer.ID, hold
}
