package spaces_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/modeltest"
	"ferry/model/spaces"
)

func ptr[T any](v T) *T { return &v }

func TestLifeOfASpace(t *testing.T) {
	k := newKit(t)
	sp, err := k.Create(k.ctx, "North", true)
	k.do(err)
	if sp.Revision != 1 || !sp.Protected || sp.Created.By != "alice" || !sp.Updated.At.Equal(modeltest.Start) {
		t.Errorf("created %+v", sp)
	}
	for _, name := range []string{"north", "NORTH"} {
		got, err := k.ByName(k.ctx, name)
		if err != nil || got.ID != sp.ID {
			t.Errorf("%s is %+v, %v", name, got, err)
		}
	}
	_, err = k.Create(k.ctx, "nOrTh", false)
	wantCode(t, err, model.EExists)
	_, err = k.Update(k.ctx, sp.ID, spaces.Edit{Name: ptr("Nord")}, "")
	wantCode(t, err, model.EProtected)
	_, err = k.Update(k.ctx, sp.ID, spaces.Edit{Protected: ptr(false)}, "Nord")
	wantCode(t, err, model.EProtected)
	got, err := k.Update(k.ctx, sp.ID, spaces.Edit{Name: ptr("Nord"), Protected: ptr(false), Revision: 1}, "North")
	if err != nil || got.Name != "Nord" || got.Protected || got.Revision != 2 {
		t.Errorf("renamed %+v, %v", got, err)
	}
	_, err = k.Update(k.ctx, sp.ID, spaces.Edit{Protected: ptr(true), Revision: 1}, "")
	if e := refused(t, err, model.EConflict); !strings.Contains(e.Message, "changed by alice") {
		t.Errorf("the conflict says %q", e.Message)
	}
	if got, err = k.Update(k.ctx, sp.ID, spaces.Edit{Name: ptr("Nord")}, ""); err != nil || got.Revision != 2 {
		t.Errorf("changing nothing made revision %d, %v", got.Revision, err)
	}
	if got, err = k.Update(k.ctx, sp.ID, spaces.Edit{Name: ptr("nord")}, ""); err != nil || got.Name != "nord" {
		t.Errorf("another case of letters: %+v, %v", got, err)
	}
	_, err = k.Update(k.ctx, sp.ID, spaces.Edit{Protected: ptr(true)}, "")
	k.do(err)
	_, err = k.ByName(k.ctx, "North")
	wantCode(t, err, model.ENotFound)
	wantCode(t, k.Delete(k.ctx, sp.ID, spaces.Deletion{}, ""), model.EProtected)
	k.do(k.Delete(k.ctx, sp.ID, spaces.Deletion{Revision: 4}, "nord"))
	wantCode(t, k.Delete(k.ctx, sp.ID, spaces.Deletion{}, "nord"), model.ENotFound)
	want := []string{
		"space.create North r1 by alice [{name  North} {protected false true}]",
		"space.rename Nord r2 by alice [{name North Nord} {protected true false}]",
		"space.rename nord r3 by alice [{name Nord nord}]",
		"space.protect nord r4 by alice [{protected false true}]",
		"space.delete nord r4 by alice []",
	}
	if got := k.log(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the audit log is\n%s", strings.Join(got, "\n"))
	}
}

func TestNamesOfSpaces(t *testing.T) {
	k := newKit(t)
	sp := k.create("north")
	for _, name := range []string{"", ".", "..", "a b", "a/b", "-a", "ä", "a\x1b[31m", strings.Repeat("a", 65)} {
		_, err := k.Create(k.ctx, name, false)
		_, err2 := k.Update(k.ctx, sp.ID, spaces.Edit{Name: &name}, "")
		for _, err := range []error{err, err2} {
			if e := refused(t, err, model.EInvalid); e.Field != "name" || strings.ContainsRune(e.Message, 0x1b) {
				t.Errorf("%q: field %q, %q", name, e.Field, e.Message)
			}
		}
	}
	other := k.create("south")
	_, err := k.Update(k.ctx, other.ID, spaces.Edit{Name: ptr("NORTH")}, "")
	wantCode(t, err, model.EExists)
}

func TestTheDefaultSpaceStays(t *testing.T) {
	k := newKit(t)
	for _, name := range []string{"other", "Default"} {
		_, err := k.Update(k.ctx, k.def.ID, spaces.Edit{Name: &name}, "")
		if e := refused(t, err, model.EInvalid); e.Field != "name" {
			t.Errorf("the field is %q", e.Field)
		}
	}
	wantCode(t, k.Delete(k.ctx, k.def.ID, spaces.Deletion{Everything: true}, "default"), model.EInvalid)
	got, err := k.Update(k.ctx, k.def.ID, spaces.Edit{Name: ptr("default"), Protected: ptr(true)}, "")
	if err != nil || !got.Protected {
		t.Errorf("protected %+v, %v", got, err)
	}
	wantCode(t, k.Delete(k.ctx, k.def.ID, spaces.Deletion{}, "default"), model.EInvalid)
}

func TestSpacesAreListedByName(t *testing.T) {
	k := newKit(t)
	for i := range 5 {
		k.create(fmt.Sprintf("%c%d", "zAbYc"[i], i))
	}
	list, err := k.List(k.ctx)
	k.do(err)
	var got []string
	for _, sp := range list {
		got = append(got, sp.Name)
	}
	if want := "A1 b2 c4 default Y3 z0"; strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNothingEntersASpaceThatIsBeingDeleted(t *testing.T) {
	k := newKit(t)
	sp := k.create("north")
	k.fill(sp)
	err := k.on(&mortal{Store: k.store, dies: 2}).Delete(k.ctx, sp.ID, spaces.Deletion{Everything: true}, "north")
	if !errors.Is(err, errDead) {
		t.Fatal(err)
	}
	_, err = k.ByName(k.ctx, "north")
	wantCode(t, err, model.EDisabled)
	_, err = k.Update(k.ctx, sp.ID, spaces.Edit{Protected: ptr(true)}, "")
	wantCode(t, err, model.EDisabled)
	k.update(func(tx model.Tx) error {
		_, err := spaces.Live(tx, sp.ID)
		wantCode(t, err, model.EDisabled)
		_, err = spaces.Live(tx, "s-gone")
		wantCode(t, err, model.ENotFound)
		return nil
	})
	ports := hub.Ports{Store: k.store, Now: k.clock.Now, NewID: k.ids.New}
	_, err = hub.New(k.ctx, ports, "north")
	wantCode(t, err, model.EDisabled)
	_, err = hub.New(k.ctx, ports, "nowhere")
	wantCode(t, err, model.ENotFound)
	if h, err := hub.New(k.ctx, ports, ""); err != nil || h.Space.ID != k.def.ID {
		t.Errorf("the default space is %+v, %v", h.Space, err)
	}
	for name, find := range map[string]func() (model.Space, error){
		"Find": func() (model.Space, error) { return k.Find(k.ctx, "NORTH") },
		"Get":  func() (model.Space, error) { return k.Get(k.ctx, sp.ID) },
	} {
		if got, err := find(); err != nil || got.ID != sp.ID || !got.Deleting {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	list, err := k.List(k.ctx)
	if err != nil || len(list) != 2 || !list[1].Deleting {
		t.Errorf("the list is %+v, %v", list, err)
	}
	if v := spaces.ViewOf(list[1]); !v.Deleting || v.Name != "north" {
		t.Errorf("the view is %+v", v)
	}
}
