package transfer

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
	fx.Files.Put("stock.csv", "sku\n1\n")
	return fx
}

var (
	export = transfers.Draft{
		Kind: model.KindExport, Source: transfers.Side{Client: "erp", Path: "/products", Query: []model.Param{{Name: "active", Value: "true"}}},
		File: model.TransferFile{Path: "products.ndjson"}, Shape: "{sku, name}",
	}
	imports = transfers.Draft{
		Kind: model.KindImport, Target: transfers.Side{Client: "shop", Path: "/products/{sku}"}, File: model.TransferFile{Path: "stock.csv"},
		Write: model.Writing{Method: "PUT", Parallel: 8},
	}
	syncs = transfers.Draft{
		Kind: model.KindSync, Name: "erp-to-shop", Source: transfers.Side{Client: "erp", Path: "/products"}, Target: transfers.Side{Client: "shop", Path: "/products/{sku}"},
		Sync: model.Syncing{Key: "sku", Schedule: "every 5m", Webhook: true, Deletes: true},
	}
	half = model.Progress{Records: 45_000, Total: 100_000, Bytes: 12_000_000, Pages: 45, Requests: 46, Retries: 1}
)

// page opens the page of a transfer.
func page(t testing.TB, fx *screentest.Fixture, id model.ID, w, h int) *screentest.Driver {
	t.Helper()
	return screentest.Drive(t, New(fx.Env, id), w, h).See("SETTINGS")
}

// start starts d in the console and returns its id.
func start(t testing.TB, fx *screentest.Fixture, d transfers.Draft) model.ID {
	t.Helper()
	s, err := fx.Env.Runner.Start(fx.Env.Ctx, fx.Hub, d, transfers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s.Transfer.ID
}

// ended waits until a transfer has the phase.
func ended(t testing.TB, fx *screentest.Fixture, id model.ID, phase model.TransferPhase) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		s, err := fx.Hub.Transfers.Find(fx.Env.Ctx, fx.Hub.Space, string(id))
		if err == nil && s.Phase == phase {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("it is %s, not %s: %v", s.Phase, phase, err)
		}
	}
}

func faultsOf(fx *screentest.Fixture) []model.TransferFault {
	return []model.TransferFault{
		{At: fx.Now(), Record: 3, Row: 4, Kind: model.FaultRejected, Status: 422, Reason: "price is missing, and the category that is named does not exist in this shop"},
		{At: fx.Now(), Record: 7, Row: 8, Kind: model.FaultUncertain, Reason: "in flight when the run was cut off; the API knows no idempotency keys"},
	}
}

// stopped returns what holds an export half done and stops it, and so brings it into the phase.
func stopped(phase model.TransferPhase, stop func(*screentest.Fixture, model.ID, *modeltest.Hold) error) func(*testing.T, *screentest.Fixture) model.ID {
	return func(t *testing.T, fx *screentest.Fixture) model.ID {
		t.Helper()
		id, hold := fx.Hold(t, export, half)
		if err := stop(fx, id, hold); err != nil {
			t.Fatal(err)
		}
		ended(t, fx, id, phase)
		return id
	}
}

// TestGolden shows each phase of each kind at each size.
func TestGolden(t *testing.T) {
	cases := map[string]func(t *testing.T, fx *screentest.Fixture) model.ID{
		"export-running": func(t *testing.T, fx *screentest.Fixture) model.ID {
			id, _ := fx.Hold(t, export, half)
			return id
		},
		"export-held-up": func(t *testing.T, fx *screentest.Fixture) model.ID {
			p := half
			p.Total, p.Waiting, p.Notes = 0, "429: the API asks to wait 12 s", []string{"3 fields that no column has: weight, colour, ean"}
			id, _ := fx.Hold(t, export, p)
			return id
		},
		"export-paused": stopped(model.PhasePaused, func(fx *screentest.Fixture, id model.ID, _ *modeltest.Hold) error {
			return fx.Hub.Transfers.Pause(fx.Env.Ctx, fx.Hub.Space, id)
		}),
		"export-failed": stopped(model.PhaseFailed, func(_ *screentest.Fixture, _ model.ID, hold *modeltest.Hold) error {
			return hold.End(model.Errorf(model.EUnreachable, "erp.example.com refused the connection at page 46").WithNext("check host and port of the URL, and that the server is up"))
		}),
		"export-interrupted": stopped(model.PhaseInterrupted, func(fx *screentest.Fixture, _ model.ID, _ *modeltest.Hold) error {
			fx.Pass(3 * time.Minute)
			return nil
		}),
		"export-cancelled": stopped(model.PhaseCancelled, func(fx *screentest.Fixture, id model.ID, _ *modeltest.Hold) error {
			return fx.Hub.Transfers.Cancel(fx.Env.Ctx, fx.Hub.Space, id)
		}),
		"import-done": func(t *testing.T, fx *screentest.Fixture) model.ID {
			fx.Mover.Play(modeltest.Moves(model.Progress{Records: 900, Bytes: 54_000, Size: 54_000, Requests: 901, Retries: 1, Created: 890, Updated: 8, Rejected: 1, Uncertain: 1}, faultsOf(fx)...))
			id := start(t, fx, imports)
			ended(t, fx, id, model.PhaseDone)
			return id
		},
		"import-running": func(t *testing.T, fx *screentest.Fixture) model.ID {
			id, _ := fx.Hold(t, imports, model.Progress{Records: 300, Bytes: 18_000, Size: 54_000, Requests: 300, Created: 299, Rejected: 1}, faultsOf(fx)[:1]...)
			return id
		},
		"sync-waiting": func(t *testing.T, fx *screentest.Fixture) model.ID {
			return synced(t, fx, modeltest.Moves(model.Progress{Records: 1_000, Requests: 15, Updated: 9, Unchanged: 990, Conflicts: 1},
				model.TransferFault{At: fx.Now(), Key: "A-17", Kind: model.FaultConflict, Status: 412, Reason: "changed at the target since it was last written"}))
		},
		"sync-failed": func(t *testing.T, fx *screentest.Fixture) model.ID {
			return synced(t, fx, modeltest.Fails(model.Errorf(model.EUpstream, "the source answered 500 to page 2"), model.Progress{Records: 100, Requests: 9}))
		},
	}
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			fx := fixture(t)
			id := prepare(t, fx)
			for _, size := range screentest.Sizes {
				page(t, fx, id, size.W, size.H).Golden(name + "-" + size.Name)
			}
			if strings.HasPrefix(name, "import-done") || strings.HasPrefix(name, "sync") {
				page(t, fx, id, 80, 15).Press("i").See("▸ ERRORS").Golden(name + "-errors").Press("i").See("▸ RUNS").Golden(name + "-runs").Press("l").See("▸ SETTINGS").Press("h").See("▸ RUNS")
			}
		})
	}
}

// A sync that waits for its time says so where nobody would run it then.
func TestAWaitingSyncSaysThatNoServerRuns(t *testing.T) {
	fx := fixture(t)
	d := page(t, fx, synced(t, fx, modeltest.Moves(model.Progress{Records: 1})), 80, 19).See("no server runs to start it when it is due")
	fx.Server.Run(&model.ServerStatus{Ready: true})
	d.Send(screen.Changed{})
	d.Gone("no server runs")
}

// synced makes a sync that ran once by a script.
func synced(t testing.TB, fx *screentest.Fixture, script modeltest.Script) model.ID {
	t.Helper()
	s, err := fx.Hub.Transfers.CreateSync(fx.Env.Ctx, fx.Hub.Space, syncs, "")
	if err != nil {
		t.Fatal(err)
	}
	fx.Mover.Play(script)
	fx.Pass(time.Minute)
	_, _ = fx.Hub.Transfers.RunSync(fx.Env.Ctx, fx.Hub.Space, s.Transfer.ID, model.TriggerPerson, transfers.Options{})
	fx.Pass(time.Minute)
	return s.Transfer.ID
}

// CASES, Transfers: whatever stopped it, the page says what was kept, and p goes on.
func TestWhatStoppedGoesOnFromItsPage(t *testing.T) {
	fx := fixture(t)
	id, hold := fx.Hold(t, export, half)
	d := page(t, fx, id, 80, 19).See("45%")
	if !d.Screen.(*Transfer).Ticking() {
		t.Fatal("no timer while it runs")
	}
	if err := hold.End(model.Errorf(model.EUpstream, "page 46 repeats page 45")); err != nil {
		t.Fatal(err)
	}
	d.Until("the end", func() bool { d.Send(screen.Tick{}); return !d.Screen.(*Transfer).Ticking() })
	d.See("✗ failed").See("page 46 repeats page 45").See("p goes on after 45,000 records, which are kept").Press("p").Noticed("goes on, beside the screens")
	if j, ok := hold.Began(); !ok || j.Progress.Records != 45_000 {
		t.Fatalf("it did not go on from what was kept: %+v", j.Progress)
	}
}

// A protected target is asked for by its name when an import goes on.
func TestProtectedTargetAsksWhenItGoesOn(t *testing.T) {
	fx := fixture(t)
	id, _ := fx.Hold(t, imports, model.Progress{Records: 300})
	if err := fx.Hub.Transfers.Pause(fx.Env.Ctx, fx.Hub.Space, id); err != nil {
		t.Fatal(err)
	}
	ended(t, fx, id, model.PhasePaused)
	c, err := fx.Hub.Clients.ByName(fx.Env.Ctx, fx.Hub.Space, "shop")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fx.Hub.Clients.SetProtected(fx.Env.Ctx, fx.Hub.Space, c.ID, true, ""); err != nil {
		t.Fatal(err)
	}
	d := page(t, fx, id, 80, 19).See("paused").Press("p").See("shop is protected").Type("shop").Press("enter").Noticed("goes on, beside the screens")
	d.Until("that it runs", func() bool { d.Send(screen.Changed{}); return d.Screen.(*Transfer).Ticking() })
}

// A transfer that another process deletes takes its page with it.
func TestDeletedElsewhereWhileItsPageIsOpen(t *testing.T) {
	fx := fixture(t)
	fx.Mover.Play(modeltest.Moves(model.Progress{Records: 5}))
	id := start(t, fx, export)
	ended(t, fx, id, model.PhaseDone)
	d := page(t, fx, id, 80, 19)
	if err := fx.Hub.Transfers.Delete(fx.As("bob"), fx.Hub.Space, id, 0, ""); err != nil {
		t.Fatal(err)
	}
	d.Send(screen.Changed{})
	d.Until("the way back", func() bool { return d.Popped }).Noticed("erp /products → products.ndjson was deleted")
}

func TestDeleteFromThePage(t *testing.T) {
	fx := fixture(t)
	id, _ := fx.Hold(t, export, half)
	d := page(t, fx, id, 80, 19).Press("D").Noticed("it runs: cancel it first (c)").Press("c").See("Cancel for good?").Press("y").Noticed("cancelled")
	ended(t, fx, id, model.PhaseCancelled)
	d.Send(screen.Changed{})
	d.See("○ cancelled").Press("D").See("Delete this export?").Press("y").Noticed("Deleted erp")
	d.Until("the way back", func() bool { return d.Popped })
}

func TestSyncKeys(t *testing.T) {
	fx := fixture(t)
	id := synced(t, fx, modeltest.Moves(model.Progress{Records: 10, Unchanged: 10}))
	d := page(t, fx, id, 80, 19).Press("p").Noticed("is paused: it does not run until p").See("paused").Press("c").Noticed("a sync is not cancelled")
	d.Press("p").Noticed("runs again when it is due").See("waiting").Press("y").See("Path of the webhook").Press("w").Noticed("the path of the webhook")
	d.Press("y").See("ferry command").Press("f").See("ferry sync create erp-to-shop --source erp").See("--webhook").Press("esc").Press("e")
	d.Until("the form", func() bool { return len(d.Pushed) == 1 && d.Pushed[0] == screen.Route(screen.EditSync{ID: id}) })
}

func TestHostileTextIsSpelledOut(t *testing.T) {
	fx := fixture(t)
	evil := "a\x1b[2Jb\u202e"
	p := half
	p.Waiting, p.Notes = evil, []string{evil}
	id, _ := fx.Hold(t, export, p, model.TransferFault{Key: evil, Kind: model.FaultRejected, Reason: evil})
	d := page(t, fx, id, 80, 19)
	for range 3 {
		if v := d.Screen.View(); strings.Contains(v, "\x1b[2J") || strings.Contains(v, "\u202e") {
			t.Errorf("%q", v)
		}
		d.Press("i")
	}
	if !strings.Contains(d.View(), "<U+001B>") {
		t.Error("what was there is not spelled out")
	}
}

func TestEverySizeFitsAndKeysDuringTheLoad(t *testing.T) {
	fx := fixture(t)
	id, _ := fx.Hold(t, imports, model.Progress{Records: 300, Size: 100, Bytes: 50, Notes: []string{strings.Repeat("long ", 80)}}, faultsOf(fx)...)
	one := New(fx.Env, id).(*Transfer)
	one.SetSize(80, 19)
	_ = one.Init()
	for _, k := range []string{"p", "c", "r", "e", "D", "y", "i", "j", "G"} {
		if cmd := one.Update(screentest.Key(k)); cmd != nil {
			t.Errorf("%s did something before the page was there", k)
		}
	}
	d := page(t, fx, id, 80, 19)
	tr := d.Screen.(*Transfer)
	for w := 0; w <= 200; w += 7 {
		for h := 0; h <= 40; h++ {
			tr.SetSize(w, h)
			if n := strings.Count(tr.View(), "\n") + 1; h >= 6 && w > 20 && n > h {
				t.Fatalf("%d lines at %d×%d", n, w, h)
			}
		}
	}
}
