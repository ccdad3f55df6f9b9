package ui_test

import (
	"testing"
	"time"

	"ferry/model"
	"ferry/model/modeltest"
)

// sizes are those of every golden: comfortable, roomy, the smallest.
var sizes = []struct {
	name          string
	width, height int
}{{"80x24", 80, 24}, {"120x40", 120, 40}, {"60x16", 60, 16}}

func TestClientsListGolden(t *testing.T) {
	w := newWorld(t).usual()
	c := w.mustGet("dvinci")
	if _, err := w.hub.Tokens.Get(w.ctx(), w.hub.Space, &c, false); err != nil {
		t.Fatal(err)
	}
	if _, err := w.hub.Calls.Do(w.ctx(), w.hub.Space, &c, model.Request{Path: "/jobs"}, ""); err != nil {
		t.Fatal(err)
	}
	p := w.add(modeltest.OAuth("production-warehouse-management", "https://warehouse.production.example.com:9443/api/v2"))
	if _, err := w.hub.Clients.SetProtected(w.ctx(), w.hub.Space, p.ID, true, ""); err != nil {
		t.Fatal(err)
	}
	w.door.Clock.Pass(3 * time.Minute)
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			w := &world{t, w.door, w.hub}
			w.start(size.width, size.height).See("pim-old").Golden("clients-" + size.name)
		})
	}
}

func TestClientsEmptyGolden(t *testing.T) {
	w := newWorld(t)
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			w := &world{t, w.door, w.hub}
			w.start(size.width, size.height).See("No API clients yet").Golden("clients-empty-" + size.name)
		})
	}
}

func TestFilterNarrowsAndEscClearsIt(t *testing.T) {
	d := newWorld(t).usual().start(80, 24).See("pim-old")
	d.Press("/").Type("erp").See("1 of 3").Gone("dvinci").See("djust-erp")
	// Letters that are keys elsewhere are typed, not acted on.
	d.Type("q").See("No client matches").Press("backspace").See("djust-erp")
	d.Press("enter").See("/ erp").Press("esc").See("dvinci").Gone("1 of 3")
}

func TestSortCyclesAndShowsInTheHeading(t *testing.T) {
	d := newWorld(t).usual().start(80, 24).See("NAME ▾")
	d.Press("s").See("LAST CALL ▾").Press("s").See("TOKEN ▾").Press("s").See("NAME ▾")
}

func TestMarkedClientsAreDisabledTogether(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("pim-old").On("djust-erp")
	d.Press("space").Press("space").See("2 marked").Press("m").See("2 marked clients").Press("i").See("Disabled 2 clients")
	for _, name := range []string{"djust-erp", "dvinci"} {
		if s := w.mustGet(name).State; s != model.Disabled {
			t.Errorf("%s is %s", name, s)
		}
	}
}

func TestChangesByOthersShowUp(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("1 Clients 3")
	w.add(modeltest.NoAuth("crm", "https://crm.example.com"))
	d.See("crm").See("1 Clients 4")
}

func TestTokenCountsDownLive(t *testing.T) {
	w := newWorld(t).usual()
	c := w.mustGet("dvinci")
	if _, err := w.hub.Tokens.Get(w.ctx(), w.hub.Space, &c, false); err != nil {
		t.Fatal(err)
	}
	d := w.start(80, 24).See("10m left")
	d.Pass(4 * time.Minute).See("6m left").Pass(5*time.Minute + 10*time.Second).See("50s left").Pass(time.Minute).See("expired")
}

func TestListErrorOffersRetry(t *testing.T) {
	w := newWorld(t).usual()
	w.door.Fault = model.Errorf(model.EBusy, "the store is held by process 4711")
	d := w.start(80, 24).See("held by process 4711").See("R tries again")
	w.door.SetFault(nil)
	d.Press("R").See("dvinci")
}
