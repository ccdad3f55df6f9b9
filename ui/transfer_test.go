package ui_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/model/transfers"
	"ferry/ui"
	"ferry/ui/screen"
	"ferry/ui/uitest"
)

func exportOf(file string) transfers.Draft {
	return transfers.Draft{Kind: model.KindExport, Source: transfers.Side{Client: "dvinci", Path: "/jobs"}, File: model.TransferFile{Path: file}}
}

// startExport starts an export in the console as a person does, and holds it.
func startExport(t *testing.T, w *world, d *uitest.Driver, p model.Progress) *modeltest.Hold {
	t.Helper()
	hold := w.door.Mover.Hold()
	d.Press("3").See("No transfers yet").Press("n").See("What shall it be?").Press("enter").See("New export").See("Client *")
	d.Type("dvi").Press("right", "tab").Type("/jobs").Press("tab", "tab").Type("jobs.ndjson").Press("ctrl+s").See("goes on beside the screens")
	if _, ok := hold.Began(); !ok {
		t.Fatal("the job did not begin")
	}
	if err := hold.Keep(p); err != nil {
		t.Fatal(err)
	}
	if err := hold.Report(p); err != nil {
		t.Fatal(err)
	}
	return hold
}

var halfway = model.Progress{Records: 45_000, Total: 100_000, Bytes: 12_000_000, Pages: 45, Requests: 45}

func (w *world) phase(t *testing.T) model.TransferPhase {
	t.Helper()
	rows, err := w.hub.Transfers.List(context.Background(), w.hub.Space, nil)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d transfers: %v", len(rows), err)
	}
	return rows[0].Phase
}

// The journey of issue 5: an export is started, watched on its page and in the list while
// other screens are looked at, paused, gone on with and done.
func TestTransferJourneyOnATerminal(t *testing.T) {
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			w := newWorld(t).usual()
			d := w.start(size.width, size.height).See("pim-old")
			hold := startExport(t, w, d, halfway)
			d.Press("j").See("45%").Golden("transfer-" + size.name)
			d.Press("1").See("pim-old").Press("3").See("45%").Press("j").Golden("transfers-" + size.name)
			d.Press("p").See("pausing dvinci /jobs").On("○ dvinci").Press("p").See("goes on, beside the screens").See("45%")
			if j, ok := hold.Began(); !ok || j.Progress.Records != 45_000 {
				t.Fatal("it did not go on from what was kept")
			}
			if err := hold.Keep(model.Progress{Records: 100_000, Total: 100_000}); err != nil {
				t.Fatal(err)
			}
			if err := hold.End(nil); err != nil {
				t.Fatal(err)
			}
			d.See("done, 100,000 records").Press("enter").See("RUNS 2")
		})
	}
}

// Quitting while a transfer runs here asks; then it is paused, and how it goes on is said.
func TestQuittingPausesWhatRunsHere(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("pim-old")
	startExport(t, w, d, halfway)
	d.Press("esc").See("STATE").Press("q").See("again to quit").Press("q").See("Pause 1 transfer and quit?").See("p goes on later").Press("n").Gone("Pause 1 transfer")
	d.Press("q").See("again to quit").Press("q").See("Pause 1 transfer and quit?").Press("y")
	if err := d.Ended(); err != nil {
		t.Error(err)
	}
	if p := w.phase(t); p != model.PhasePaused {
		t.Errorf("it is %s", p)
	}
	if out := d.Sent(); !strings.Contains(out, "is paused; go on with: ferry transfer resume") {
		t.Errorf("the way on is not said: %q", out[max(len(out)-300, 0):])
	}
}

// Two ctrl-c leave at once; what runs here pauses all the same.
func TestTwoCtrlCPauseWhatRunsHere(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("pim-old")
	startExport(t, w, d, halfway)
	d.Press("ctrl+c").See("press ctrl-c again to quit; 1 transfer running here then pauses").Press("ctrl+c")
	if err := d.Ended(); err != nil {
		t.Error(err)
	}
	if p := w.phase(t); p != model.PhasePaused {
		t.Errorf("it is %s", p)
	}
}

// CASES, Terminal: the connection drops while a transfer runs: it can be resumed.
func TestADroppedConnectionLeavesItResumable(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("pim-old")
	hold := startExport(t, w, d, halfway)
	if err := d.HangUp().Ended(); model.CodeOf(err) != model.EInterrupted {
		t.Errorf("ended with %v", err)
	}
	if !hold.Ended() {
		t.Fatal("the job runs on")
	}
	if p := w.phase(t); p != model.PhasePaused {
		t.Errorf("it is %s", p)
	}
	w.start(80, 24).See("pim-old").Press("3").See("paused").Press("p").See("goes on, beside the screens")
	if j, ok := hold.Began(); !ok || j.Progress.Records != 45_000 {
		t.Error("it did not go on from what was kept")
	}
}

// The terminal's own progress bar (OSC 9;4) shows while a transfer runs here, and is off
// afterwards.
func TestTerminalProgressBar(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("pim-old")
	if strings.Contains(d.Sent(), "\x1b]9;4;") {
		t.Error("a progress bar while nothing runs")
	}
	hold := startExport(t, w, d, halfway)
	d.Until("the bar", func(string) bool { return strings.Contains(d.Sent(), "\x1b]9;4;1;45") })
	p := halfway
	p.Total = 0
	if err := hold.Report(p); err != nil {
		t.Fatal(err)
	}
	d.Until("a bar without an end", func(string) bool { return strings.Contains(d.Sent(), "\x1b]9;4;3") })
	if err := hold.End(nil); err != nil {
		t.Fatal(err)
	}
	d.See("done, 45,000 records")
	d.Until("no bar", func(string) bool {
		return strings.LastIndex(d.Sent(), "\x1b]9;4;0") > strings.LastIndex(d.Sent(), "\x1b]9;4;3")
	})
}

func TestAFailureIsSaidWhereverOneIs(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("pim-old")
	hold := startExport(t, w, d, halfway)
	d.Press("4").See("ACTION")
	if err := hold.End(model.Errorf(model.EUpstream, "page 46 repeats page 45")); err != nil {
		t.Fatal(err)
	}
	d.See("dvinci /jobs → jobs.ndjson: page 46 repeats page 45")
}

// "Export this": from the list of clients, their page, and the answer to a test call.
func TestExportThis(t *testing.T) {
	w := newWorld(t).usual()
	w.door.Caller.Answer = model.Response{Status: 200, Proto: "HTTP/1.1", Body: []byte(`{"value":[{"id":1}]}`), Size: 20, Headers: []model.Param{{Name: "Content-Type", Value: "application/json"}}}
	d := w.start(80, 24).See("pim-old").On("djust-erp").Press("X").See("New export").See("djust-erp").Press("esc").See("pim-old")
	d.Press("enter").See("CONNECTION").Press("m").See("More actions").Press("X").See("New export").Press("esc").See("CONNECTION")
	d.Press("x").See("Request").Type("products?active=true&q=a%20b").Press("enter").See("200").Press("|").Type(".value[]").Press("enter").See("jq .value[]")
	d.Press("X").See("New export").See("/products").See("active=true&q=a b").See(".value[]").See("djust-erp")
}

// A storm of sizes and keys during the load leave nothing broken.
func TestTransfersInAStormOfSizes(t *testing.T) {
	w := newWorld(t).usual()
	if _, err := w.hub.Transfers.Start(w.ctx(), w.hub.Space, exportOf("a.ndjson"), transfers.Options{}); err != nil {
		t.Fatal(err)
	}
	d := w.startWith(ui.Options{Route: screen.Transfers{}}, 80, 24)
	d.Raw("jkG").See("a.ndjson").Press("enter").See("SETTINGS")
	for i := range 60 {
		d.Resize(1+(i*37)%220, 1+(i*13)%60)
	}
	d.Resize(80, 24).Sync().See("SETTINGS")
	if strings.Contains(d.Sent(), "panic") {
		t.Error("a panic was shown")
	}
}

// TERM=dumb gets a plain list.
func TestPlainTransfers(t *testing.T) {
	w := newWorld(t).usual()
	if _, err := w.hub.Transfers.Start(w.ctx(), w.hub.Space, exportOf("a.ndjson"), transfers.Options{}); err != nil {
		t.Fatal(err)
	}
	w.door.Clock.Pass(time.Minute)
	d := w.startWith(ui.Options{Env: []string{"TERM=dumb"}}, 120, 40)
	d.See("pim-old").Type("transfers\r\n").See("dvinci /jobs → a.ndjson").See("done").Type("transfers nothing\r\nhelp\r\n").See("transfers [FILTER]")
	if strings.Contains(d.Sent(), "\x1b]9;4;") {
		t.Error("a progress bar on a dumb terminal")
	}
}
