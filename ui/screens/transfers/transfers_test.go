package transfers

import (
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/model/transfers"
	"ferry/storage/storagetest"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
)

func TestMain(m *testing.M) { screentest.Main(m) }

// fixture has two clients and nothing else.
func fixture(t testing.TB) *screentest.Fixture {
	t.Helper()
	store, _ := storagetest.NewWithSpace(t)
	fx := screentest.New(t, store)
	fx.AddClients(t, "erp", "shop")
	return fx
}

func export(file string) transfers.Draft {
	return transfers.Draft{Kind: model.KindExport, Source: transfers.Side{Client: "erp", Path: "/products"}, File: model.TransferFile{Path: file}}
}

func imports(file string) transfers.Draft {
	return transfers.Draft{Kind: model.KindImport, Target: transfers.Side{Client: "shop", Path: "/products/{sku}"}, File: model.TransferFile{Path: file}, Write: model.Writing{Method: "PUT"}}
}

func sync(name, schedule string) transfers.Draft {
	return transfers.Draft{
		Kind: model.KindSync, Name: name, Source: transfers.Side{Client: "erp", Path: "/products"}, Target: transfers.Side{Client: "shop", Path: "/products/{sku}"},
		Sync: model.Syncing{Key: "sku", Schedule: schedule},
	}
}

// ran runs a transfer to its end by a script.
func ran(t testing.TB, fx *screentest.Fixture, d transfers.Draft, script modeltest.Script) transfers.Status {
	t.Helper()
	fx.Mover.Play(script)
	s, _ := fx.Hub.Transfers.Start(fx.Env.Ctx, fx.Hub.Space, d, transfers.Options{})
	if s.Transfer.ID == "" {
		_, err := fx.Hub.Transfers.Start(fx.Env.Ctx, fx.Hub.Space, d, transfers.Options{})
		t.Fatalf("%s %s did not start: %v", d.Kind, d.File.Path, err)
	}
	return s
}

// mixed makes a transfer of every phase; what runs is held by the hold that it returns.
func mixed(t testing.TB) (*screentest.Fixture, *modeltest.Hold) {
	t.Helper()
	fx := fixture(t)
	fx.Files.Put("stock.csv", "sku\n1\n")
	ran(t, fx, export("whole.ndjson"), modeltest.Moves(model.Progress{Records: 12_345, Bytes: 4_200_000, Pages: 13, Requests: 13}))
	fx.Pass(time.Hour)
	ran(t, fx, imports("stock.csv"), modeltest.Moves(model.Progress{Records: 900, Created: 898, Rejected: 2, Requests: 900},
		model.TransferFault{At: fx.Now(), Record: 3, Row: 4, Kind: model.FaultRejected, Status: 422, Reason: "price is missing"},
		model.TransferFault{At: fx.Now(), Record: 7, Row: 8, Kind: model.FaultRejected, Status: 409, Reason: "sku exists"}))
	fx.Pass(20 * time.Minute)
	ran(t, fx, export("broken.csv"), modeltest.Fails(model.Errorf(model.EUnreachable, "erp.example.com refused the connection"), model.Progress{Records: 4_000, Total: 10_000, Bytes: 99_000, Pages: 4, Requests: 5, Retries: 8}))
	for _, d := range []transfers.Draft{sync("erp-to-shop", "every 5m"), sync("on-demand", "")} {
		if _, err := fx.Hub.Transfers.CreateSync(fx.Env.Ctx, fx.Hub.Space, d, ""); err != nil {
			t.Fatal(err)
		}
	}
	hold := running(t, fx, "big.ndjson", model.Progress{Records: 45_000, Total: 100_000, Bytes: 12_000_000, Pages: 45, Requests: 46})
	return fx, hold
}

// running starts an export that goes no further than p.
func running(t testing.TB, fx *screentest.Fixture, file string, p model.Progress) *modeltest.Hold {
	t.Helper()
	_, hold := fx.Hold(t, export(file), p)
	return hold
}

func list(t testing.TB, fx *screentest.Fixture, w, h int) *screentest.Driver {
	t.Helper()
	return screentest.Drive(t, New(fx.Env, screen.Transfers{}), w, h).See("TRANSFER")
}

func TestEmptyListSaysWhatATransferIs(t *testing.T) {
	fx := fixture(t)
	for _, size := range screentest.Sizes {
		d := screentest.Drive(t, New(fx.Env, screen.Transfers{}), size.W, size.H).See("No transfers yet").Golden("empty-" + size.Name)
		d.Press("n")
		d.Until("the form", func() bool { return len(d.Pushed) == 1 })
		if d.Screen.(*Transfers).Ticking() {
			t.Error("a timer runs while nothing does")
		}
	}
}

func TestListGolden(t *testing.T) {
	fx, _ := mixed(t)
	for _, size := range screentest.Sizes {
		list(t, fx, size.W, size.H).See("45%").Golden("list-" + size.Name)
	}
}

// Running ones refresh once a second: a Tick reads the list again, and no timer runs once
// all has ended.
func TestRunningOnesAreReadAgainEachTick(t *testing.T) {
	fx := fixture(t)
	hold := running(t, fx, "big.ndjson", model.Progress{Records: 45_000, Total: 100_000})
	d := list(t, fx, 80, 19).See("45%")
	if !d.Screen.(*Transfers).Ticking() {
		t.Fatal("no timer while one runs")
	}
	if err := hold.Keep(model.Progress{Records: 80_000, Total: 100_000}); err != nil {
		t.Fatal(err)
	}
	d.Send(screen.Tick{})
	d.See("80%")
	if err := hold.End(nil); err != nil {
		t.Fatal(err)
	}
	d.Until("its end", func() bool { d.Send(screen.Tick{}); return !d.Screen.(*Transfers).Ticking() })
	d.See("done")
}

func TestPauseAndGoOn(t *testing.T) {
	fx := fixture(t)
	hold := running(t, fx, "big.ndjson", model.Progress{Records: 45_000, Total: 100_000})
	d := list(t, fx, 80, 19).See("45%").Press("p").Noticed("pausing erp /products")
	d.Until("the pause", func() bool { d.Send(screen.Changed{}); return strings.Contains(d.View(), "paused") })
	d.Press("p").Noticed("goes on, beside the screens")
	if j, ok := hold.Began(); !ok || string(j.Checkpoint) != "kept" {
		t.Fatalf("it did not go on from its checkpoint: %q %v", j.Checkpoint, ok)
	}
	d.Until("that it runs", func() bool { d.Send(screen.Changed{}); return strings.Contains(d.View(), "45%") })
}

func TestCancelAsksFirst(t *testing.T) {
	fx := fixture(t)
	running(t, fx, "big.ndjson", model.Progress{Records: 45_000, Total: 100_000})
	d := list(t, fx, 80, 19).See("45%").Press("c").See("Cancel for good?").See("The unfinished file is removed").Press("n").See("45%")
	d.Press("c").See("Cancel for good?").Press("y").Noticed("cancelled erp /products")
	d.Until("the end", func() bool { d.Send(screen.Changed{}); return strings.Contains(d.View(), "cancelled") })
	d.Press("p").Noticed("it is cancelled: there is nothing to go on with")
}

func TestMarkedOnesAreDeletedTogether(t *testing.T) {
	fx, _ := mixed(t)
	d := list(t, fx, 80, 19).Press("/").Type("done").See("2 of 6").Press("enter", "space", "space").See("2 marked: D deletes them")
	d.Press("D").See("Delete 2 transfers?").Press("y").Noticed("Deleted 2 transfers").See("0 of 4")
	if rows, err := fx.Hub.Transfers.List(fx.Env.Ctx, fx.Hub.Space, nil); err != nil || len(rows) != 4 {
		t.Errorf("%d left: %v", len(rows), err)
	}
}

func TestWhatRunsAndSyncsAreNotDeletedByMarks(t *testing.T) {
	fx, _ := mixed(t)
	d := list(t, fx, 80, 19).See("45%").Press("space", "D").Noticed("runs: cancel it first").Press("G", "G")
	d.Screen.(*Transfers).Back()
	d.Press("/").Type("on-demand").See("1 of 6").Press("enter", "space", "D").Noticed("is a sync: delete it by itself")
}

func TestSyncIsDeletedByItsName(t *testing.T) {
	fx, _ := mixed(t)
	d := list(t, fx, 80, 19).Press("/").Type("on-demand").See("1 of 6").Press("enter", "D").See("Delete on-demand: irreversible")
	d.Type("on-deman").Press("enter").See("this is not the name").Type("d").Press("enter").Noticed("Deleted on-demand").See("0 of 5")
}

// Without a server a sync runs here; with one, the server is asked to.
func TestRunNow(t *testing.T) {
	fx := fixture(t)
	if _, err := fx.Hub.Transfers.CreateSync(fx.Env.Ctx, fx.Hub.Space, sync("on-demand", ""), ""); err != nil {
		t.Fatal(err)
	}
	fx.Mover.Play(modeltest.Moves(model.Progress{Records: 10, Updated: 3, Unchanged: 7}))
	d := list(t, fx, 80, 19).See("on-demand").Press("r").Noticed("on-demand runs in this console, as no server does")
	d.Until("the run", func() bool { return len(fx.Mover.Jobs()) == 1 })
	fx.Server.Run(&model.ServerStatus{})
	d.Until("its end", func() bool { d.Send(screen.Changed{}); return !d.Screen.(*Transfers).Ticking() })
	d.Press("r").Noticed("asked the server to run on-demand now")
}

func TestKeysThatDoNotFitSaySo(t *testing.T) {
	fx, _ := mixed(t)
	d := list(t, fx, 80, 19).Press("/").Type("whole").See("1 of 6").Press("enter")
	d.Press("r").Noticed("only a sync is run again").Press("e").Noticed("an export stays as it was asked for").Press("c").Noticed("it is done already")
	d.Press("p").Noticed("there is nothing to go on with")
}

func TestFilterAndSort(t *testing.T) {
	fx, _ := mixed(t)
	d := list(t, fx, 120, 35).See("WHEN ▾").Press("s").See("TRANSFER ▾").Press("s").See("ERROR▾")
	if line := strings.Split(d.View(), "\n")[1]; !strings.Contains(line, "stock.csv") {
		t.Errorf("not by errors:\n%s", d.View())
	}
	d.Press("s").See("WHEN ▾").Press("/").Type("import shop").See("1 of 6").Type(" nothing").See("No transfer matches")
	if !d.Screen.(*Transfers).Back() {
		t.Fatal("back did not clear the filter")
	}
	d.See("big.ndjson")
}

func TestPasteIntoTheFilterIsText(t *testing.T) {
	fx, _ := mixed(t)
	d := list(t, fx, 80, 19).Paste("D\rc\ry").See("45%").Press("/").Paste("bro\x1b[2Jken\r").See("No transfer matches")
	if d.Overlay != nil || len(d.Pushed) > 0 {
		t.Error("a paste did something")
	}
}

// What another process deletes leaves the list, and its mark with it.
func TestDeletedElsewhere(t *testing.T) {
	fx, _ := mixed(t)
	d := list(t, fx, 80, 19).Press("/").Type("whole").See("1 of 6").Press("enter", "space").See("1 marked")
	rows, err := fx.Hub.Transfers.List(fx.Env.Ctx, fx.Hub.Space, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if strings.Contains(rows[i].Title(), "whole") {
			if err := fx.Hub.Transfers.Delete(fx.As("bob"), fx.Hub.Space, rows[i].Transfer.ID, 0, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	d.Send(screen.Changed{})
	d.See("0 of 5").Gone("1 marked").Press("D", "p", "c", "enter", "y")
	if d.Overlay != nil || len(d.Pushed) > 0 {
		t.Error("a key did something to what is gone")
	}
}

func TestCopyMenu(t *testing.T) {
	fx, _ := mixed(t)
	d := list(t, fx, 120, 35).Press("/").Type("broken").See("1 of 6").Press("enter", "y").See("ferry command").Press("f")
	d.See("ferry export erp /products -o /home/alice/broken.csv --format csv").Noticed("to the terminal's clipboard")
}

func TestKeysDuringALoadDoNothing(t *testing.T) {
	fx, _ := mixed(t)
	l := New(fx.Env, screen.Transfers{}).(*Transfers)
	l.SetSize(80, 19)
	_ = l.Init()
	for _, k := range []string{"e", "p", "c", "r", "D", "y", "enter", "j", "s", "space", "G"} {
		l.Update(screentest.Key(k))
	}
	if !strings.Contains(l.View(), "loading") || !l.Cancel() || !strings.Contains(l.View(), "Loading was cancelled") {
		t.Errorf("it shows:\n%s", l.View())
	}
}

func TestHostileTextIsSpelledOut(t *testing.T) {
	l := New(fixture(t).Env, screen.Transfers{}).(*Transfers)
	l.Rows = []transfers.Status{{
		Transfer: model.Transfer{Kind: model.KindSync, Name: "a\x1b[2Jb\u202e"}, State: model.TransferState{Progress: model.Progress{Waiting: "\x07"}}, Phase: model.PhaseRunning,
	}}
	l.Match, l.Known = []int{0}, true
	l.SetSize(120, 20)
	if v := l.View(); strings.Contains(v, "\x1b[2J") || strings.Contains(v, "\x07") || !strings.Contains(v, "<U+001B>") {
		t.Errorf("%q", v)
	}
}

func TestEverySizeFits(t *testing.T) {
	fx, _ := mixed(t)
	l := list(t, fx, 80, 19).Screen.(*Transfers)
	for w := 0; w <= 200; w += 7 {
		for h := 0; h <= 40; h += 3 {
			l.SetSize(w, h)
			for line := range strings.SplitSeq(l.View(), "\n") {
				if n := len([]rune(line)); w >= 60 && strings.Count(line, "\x1b") == 0 && n > w {
					t.Fatalf("%d cells of %d: %q", n, w, line)
				}
			}
		}
	}
}
