package ui_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/modeltest"
	"ferry/model/spaces"
)

// space makes a space.
func (w *world) space(name string, protected bool) model.Space {
	w.t.Helper()
	sp, err := w.hub.Spaces.Create(w.ctx(), name, protected)
	if err != nil {
		w.t.Fatal(err)
	}
	return sp
}

// addIn saves a client in a space.
func (w *world) addIn(sp model.Space, name string) {
	w.t.Helper()
	if _, err := w.hub.Clients.Create(w.ctx(), sp, modeltest.NoAuth(name, "https://"+name+".example.com"), sp.Name); err != nil {
		w.t.Fatal(err)
	}
}

// some makes the spaces that most tests work with.
func (w *world) some() *world {
	w.t.Helper()
	w.space("production", true)
	w.space("staging", false)
	return w
}

func TestSpacesGolden(t *testing.T) {
	w := newWorld(t).usual().some()
	sp := w.space("old-partners", false)
	w.addIn(sp, "crm")
	w.halfDeleted(sp)
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			w := &world{t, w.door, w.hub}
			d := w.start(size.width, size.height).See("pim-old")
			d.Press(":").Type("spaces").Press("enter").See("you are here").See("being deleted").Golden("spaces-" + size.name)
			d.Press("esc").See("pim-old").Press("S").See("you are here").Golden("picker-" + size.name)
		})
	}
}

// halfDeleted begins to delete a space and is cut off.
func (w *world) halfDeleted(sp model.Space) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.ctx())
	defer cancel()
	err := w.hub.Spaces.Delete(ctx, sp.ID, spaces.Deletion{Everything: true, Progress: func(int) { cancel() }}, sp.Name)
	if model.CodeOf(err) != model.EInterrupted {
		w.t.Fatalf("the deletion ended with %v", err)
	}
}

func TestJourneyThroughSpaces(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("1 Clients 3")
	d.Press(":").Type("spaces").Press("enter").See("› Spaces").On("default")
	d.Press("n").See("New space").Type("default").Press("enter").See("✗")
	d.Press("n").See("New space").Type("production").Press("enter").See("Created production").On("production")

	// There is nothing of the other space: no client, no count, no way back.
	d.Press("enter").See("› production › Clients").See("No API clients yet").See("1 Clients 0")
	d.Press("[").Sync().See("No API clients yet")
	d.Press("4").See("space.create").Gone("client.create").Press("1").See("No API clients yet")
	d.Press("n", "enter").See("Connection name").Type("dvinci").Press("tab").Type("https://other.example.com")
	d.Press("tab", "tab", "tab", "tab", "left").See("(•) No Auth").Press("ctrl+s")
	d.See("Created dvinci").See("other.example.com").See("1 Clients 1")

	d.Press(":").Type("space default").Press("enter").See("working in default").See("jobboard").Gone("other.example").See("1 Clients 3")
	d.Press(":").Type("client dv")
	d.Until("the names of this space", func(string) bool { return strings.Contains(d.Press("tab").Sync().Screen(), ":client dvinci") })
	d.Press("enter").See("CONNECTION").See("jobboard.example.com")
}

func TestPickerFiltersAndSwitches(t *testing.T) {
	w := newWorld(t).usual().some()
	d := w.start(80, 24).See("pim-old").Press("S").See("you are here")
	d.Type("PRO").See("production ◆").Gone("staging").Press("enter").See("› production ◆ › Clients").See("working in production")
	d.Press("S").Type("zzz").See("No space matches").Press("enter").Sync().See("No space matches").Press("esc").See("No API clients yet")
	// Enter on where one is stays there; typed ahead it waits for the list.
	d.Press("S").See("you are here").Press("enter").Gone("you are here").See("› production")
	d.Raw("Sstag\r").See("› staging › Clients")
	d.Press(":").Type("space").Press("enter").See("you are here").Press("tab").See("› Spaces").On("staging")
	d.Press("esc").See("No API clients yet")
}

func TestUnknownSpaceNamesTheNearest(t *testing.T) {
	w := newWorld(t).usual().some()
	d := w.start(80, 24).See("pim-old")
	d.Press(":").Type("space Prodction").Press("enter").See("there is no space Prodction; did you mean production?").See("› default")
	d.Press(":").Type("space st")
	d.Until("the completed name", func(string) bool {
		return strings.Contains(d.Press("tab").Sync().Screen(), ":space staging")
	})
	d.Press("enter").See("› staging › Clients")
	d.Press(":").Type("apiusres").Press("enter").See("did you mean")
}

func TestUnsavedFormAsksBeforeSwitching(t *testing.T) {
	w := newWorld(t).usual().some()
	d := w.start(80, 24).See("pim-old").Press("e").See("CONNECTION").Type("x").See("djust-erpx")
	d.Press("tab", "tab") // to a choice: in a field the colon is typed
	d.Press(":").Type("space staging").Press("enter").See("Leave without saving?").Press("esc").Gone("Leave").See("djust-erpx").See("› default ›")
	d.Press("S").See("you are here").Type("stag").Press("enter").See("Leave without saving?").Pass(time.Second)
	d.Press("y").See("› staging › Clients").See("No API clients yet")
}

func TestSpaceRenamedOrProtectedByOthers(t *testing.T) {
	w := newWorld(t).usual().some()
	d := w.start(80, 24).See("pim-old").Press(":").Type("space staging").Press("enter").See("› staging")
	sp := w.find("staging")
	w.addIn(sp, "crm")
	d.See("● crm").Press("e").See("CONNECTION").Press("tab").Type("/v2")
	name, on := "preview", true
	w.update(sp, spaces.Edit{Name: &name})
	d.See("the space staging is called preview now").See("› preview ›").See("/v2")
	w.update(sp, spaces.Edit{Protected: &on})
	// What the screens know of the space is fresh: saving asks for the name now.
	d.See("protected now").Press("ctrl+s").See("Type crm").Pass(time.Second).Type("crm").Press("enter").See("Saved crm")
}

func TestSpaceDeletedUnderOnesFeet(t *testing.T) {
	w := newWorld(t).usual().some()
	d := w.start(80, 24).See("pim-old").Press(":").Type("space staging").Press("enter").See("› staging")
	sp := w.find("staging")
	w.addIn(sp, "crm")
	d.See("● crm").Press("m").See("More actions")
	if err := w.hub.Spaces.Delete(w.ctx(), sp.ID, spaces.Deletion{Everything: true}, sp.Name); err != nil {
		t.Fatal(err)
	}
	d.See("the space staging was deleted").See("Work in another space").Gone("crm").See("› default › Clients")
	d.Press("enter").Sync().See("Work in another space") // a key that was meant for what is gone
	d.Pass(time.Second).Press("esc").Gone("Work in another space").See("pim-old")
}

func TestSpaceIsDeletedWithEverythingInIt(t *testing.T) {
	w := newWorld(t).usual().some()
	sp := w.find("staging")
	for i := range 3 {
		w.addIn(sp, fmt.Sprintf("client-%d", i))
	}
	w.halfDeleted(w.filled("legacy", 1))
	d := w.start(80, 24).See("pim-old").Press(":").Type("spaces").Press("enter").On("default")
	d.Press("D").See("the space default stays").Press("e").See("keeps its name")
	d.Press("G").On("staging").Press("D").See("irreversible").See("3 API clients").Pass(time.Second)
	d.Type("stagin").Press("enter").See("this is not the name").Type("g").Press("enter").See("Deleted the space staging").Gone("  staging")

	d.Press("g", "j").On("legacy").See("being deleted").Press("enter").See("D goes on with it").Press("e").See("D goes on with it")
	d.Press("D").See("has begun and was cut off").Pass(time.Second).Type("legacy").Press("enter").See("Deleted the space legacy").Gone("being deleted")
	if _, err := w.hub.Spaces.Find(w.ctx(), "legacy"); model.CodeOf(err) != model.ENotFound {
		t.Errorf("afterwards: %v", err)
	}
}

func TestSpacesAreRenamedAndProtected(t *testing.T) {
	w := newWorld(t).usual().some()
	d := w.start(80, 24).See("pim-old").Press(":").Type("spaces").Press("enter").On("default").Press("G").On("staging")
	d.Press("p").See("staging is protected").See("staging ◆")
	d.Press("enter").See("› staging ◆ › Clients").Press("S", "tab").See("› Spaces").On("staging").Press("D").See("you are working in staging")
	d.Press("e").See("token URL of the space change").Press("ctrl+u").Type("preview").Press("enter").See("Type staging").Pass(time.Second)
	d.Type("staging").Press("enter").See("Renamed staging to preview").On("preview ◆")
	d.Press("m").See("Unprotect").Press("p").See("Type preview").Pass(time.Second).Type("preview").Press("enter").See("not protected any more").Gone("preview ◆")
	d.Press("g").Sync().Press("/").Type("prod").See("1 of 3").Press("enter").Press("m", "w").See("› production ◆ › Clients")
}

func (w *world) find(name string) model.Space {
	w.t.Helper()
	sp, err := w.hub.Spaces.ByName(w.ctx(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	return sp
}

func (w *world) update(sp model.Space, e spaces.Edit) {
	w.t.Helper()
	if _, err := w.hub.Spaces.Update(w.ctx(), sp.ID, e, ""); err != nil {
		w.t.Fatal(err)
	}
}

// filled makes a space with n clients in it.
func (w *world) filled(name string, n int) model.Space {
	w.t.Helper()
	sp := w.space(name, false)
	for i := range n {
		w.addIn(sp, fmt.Sprintf("%s-%d", name, i))
	}
	return sp
}

// CASES, Terminal: resize storm, keys while it loads → no hang, no panic, in the places of
// issue 3 too.
func TestResizeStormInSpacesAndServer(t *testing.T) {
	w := newWorld(t).usual().some()
	w.door.Server.Run(running(w.door.Clock.Now()))
	d := w.start(80, 24).See("pim-old")
	rng := rand.New(rand.NewPCG(3, 4))
	for _, keys := range [][]string{{"S"}, {":", "spaces\r"}, {"D"}, {"5"}, {"m"}, {"/", "token"}, {"enter"}} {
		for _, k := range keys {
			d.Raw(strings.ReplaceAll(k, "enter", "\r"))
		}
		for range stormy() {
			d.Resize(1+rng.IntN(500), 1+rng.IntN(200))
		}
		d.Resize(1, 1).Resize(500, 200).Resize(80, 24).Sync().Press("esc").Sync()
	}
	d.See("Data Hub")
}

// The screens of API users know the space as it is now, like all the others.
func TestSpaceProtectedByOthersAsksForNamesOfAPIUsers(t *testing.T) {
	w := newWorld(t).some()
	sp := w.find("staging")
	if _, err := w.hub.Users.Create(w.ctx(), sp, apiusers.Draft{Username: "partner", OAuth: true}, ""); err != nil {
		t.Fatal(err)
	}
	d := w.start(80, 24).See("No API clients yet").Press(":").Type("space staging").Press("enter").See("› staging").See("API users 1")
	d.Press(":").Type("user partner").Press("enter").See("› API users › partner").Press("esc").See("› API users").On("partner")
	on := true
	w.update(sp, spaces.Edit{Protected: &on})
	d.See("protected now").Press("m").See("Disable").Press("i").See("Type partner").Pass(time.Second).Type("partner").Press("enter").See("Disabled partner")
}

// gate is a store whose changes wait, once it is shut, until who makes them gives up.
type gate struct {
	model.Store
	shut atomic.Bool
}

func (g *gate) Update(ctx context.Context, fn func(model.Tx) error) error {
	if g.shut.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return g.Store.Update(ctx, fn)
}

func TestDeletionOfASpaceCanBeStoppedAndGoneOnWith(t *testing.T) {
	for _, stop := range []string{"esc", "ctrl+c"} {
		t.Run(stop, func(t *testing.T) {
			w := newWorld(t).some()
			w.addIn(w.find("staging"), "crm")
			g := &gate{Store: w.door.Store}
			w.door.Store = g
			d := w.start(80, 24).See("No API clients yet").Press(":").Type("spaces").Press("enter").On("default").Press("G").On("staging")
			g.shut.Store(true)
			d.Press("D").See("1 API client").Pass(time.Second).Type("staging").Press("enter").See("Deleting staging").See("beginning")
			d.Press("q", "G").Sync().See("Deleting staging") // nothing else happens meanwhile
			d.Press(stop).See("stopped; D goes on with the deletion of staging").Gone("Deleting staging")
			g.shut.Store(false)
			d.Press("D").See("Type staging").Pass(time.Second).Type("staging").Press("enter").See("Deleted the space staging")
		})
	}
}
