package storage_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/storage"
	"ferry/storage/seal"
	"ferry/storage/storagetest"
)

func update(t testing.TB, s *storage.Store, fn func(model.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

func view(t testing.TB, s *storage.Store, fn func(model.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatalf("view: %v", err)
	}
}

func wantCode(t testing.TB, err error, code model.Code) {
	t.Helper()
	if model.CodeOf(err) != code {
		t.Fatalf("got %v (%s), want %s", err, model.CodeOf(err), code)
	}
	if model.AsError(err).Next == "" {
		t.Fatalf("%q has no next step", err)
	}
}

func wantClean(t testing.TB, s *storage.Store) {
	t.Helper()
	report, err := s.Check(t.Context())
	if err != nil || len(report.Problems) > 0 {
		t.Fatalf("check: %q, %v", report.Problems, err)
	}
}

func TestClientNamesAreUniqueInTheirSpaceIgnoringCase(t *testing.T) {
	s := storagetest.New(t)
	put := func(space, id model.ID, name string) error {
		return s.Update(t.Context(), func(tx model.Tx) error {
			return tx.Clients().Put(model.Client{ID: id, Space: space, Name: name})
		})
	}
	if err := errors.Join(put("s1", "c1", "Billing"), put("s2", "c2", "billing"), put("s1", "c3", "hr")); err != nil {
		t.Fatal(err)
	}
	err := put("s1", "c4", "BILLING")
	wantCode(t, err, model.EExists)
	if model.AsError(err).Field != "name" {
		t.Errorf("the field is %q", model.AsError(err).Field)
	}
	wantCode(t, put("s1", "c3", "billing"), model.EExists) // by renaming
	if err := errors.Join(put("s1", "c1", "billing"), put("s1", "c1", "invoices"), put("s1", "c4", "Billing")); err != nil {
		t.Fatalf("changing case, renaming, and taking the name that is free now: %v", err)
	}
	view(t, s, func(tx model.Tx) error {
		c, err := tx.Clients().ByName("s1", "INVOICES")
		if c.ID != "c1" {
			t.Errorf("the name leads to %q", c.ID)
		}
		return err
	})
	wantClean(t, s)
}

func TestADeletedClientIsGoneAndItsNameIsFree(t *testing.T) {
	s := storagetest.New(t)
	del := func() error {
		return s.Update(t.Context(), func(tx model.Tx) error { return tx.Clients().Delete("s1", "c1") })
	}
	wantCode(t, del(), model.ENotFound)
	update(t, s, func(tx model.Tx) error { return tx.Clients().Put(model.Client{ID: "c1", Space: "s1", Name: "a"}) })
	if err := del(); err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.View(t.Context(), func(tx model.Tx) error { _, err := tx.Clients().Get("s1", "c1"); return err }), model.ENotFound)
	wantCode(t, s.View(t.Context(), func(tx model.Tx) error { _, err := tx.Clients().ByName("s1", "a"); return err }), model.ENotFound)
	update(t, s, func(tx model.Tx) error { return tx.Clients().Put(model.Client{ID: "c2", Space: "s1", Name: "A"}) })
	wantClean(t, s)
}

func TestPagesComeInTheOrderOfIDsAndStayInTheirSpace(t *testing.T) {
	s := storagetest.New(t)
	update(t, s, func(tx model.Tx) error {
		for i, id := range []model.ID{"c3", "c1", "c5", "c2", "c4"} {
			space := model.ID("s1")
			if id == "c4" {
				space = "s10"
			}
			if err := errors.Join(
				tx.Clients().Put(model.Client{ID: id, Space: space, Name: fmt.Sprint("n", i)}),
				tx.Runtimes().Put(space, model.Runtime{Client: id, LastStatus: 200 + i}),
				tx.Spaces().Put(model.Space{ID: id, Name: string(id)})); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx model.Tx) error {
		first, err := tx.Clients().Page("s1", "", 3)
		rest, err2 := tx.Clients().Page("s1", "c3", 3)
		runs, err3 := tx.Runtimes().Page("s1", "c1", 10)
		spaces, err4 := tx.Spaces().Page("c2", 2)
		got := fmt.Sprintf("%v %v %d %s %d %s", ids(first), ids(rest), len(runs), runs[0].Client, len(spaces), spaces[1].ID)
		if want := "[c1 c2 c3] [c5] 3 c2 2 c4"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		return errors.Join(err, err2, err3, err4)
	})
}

func ids(cs []model.Client) (out []model.ID) {
	for _, c := range cs {
		out = append(out, c.ID)
	}
	return out
}

func TestSpacesHaveUniqueNamesAndCanBeRenamed(t *testing.T) {
	s := storagetest.New(t)
	put := func(id model.ID, name string) error {
		return s.Update(t.Context(), func(tx model.Tx) error { return tx.Spaces().Put(model.Space{ID: id, Name: name}) })
	}
	if err := put("s1", "default"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, put("s2", "Default"), model.EExists)
	if err := errors.Join(put("s1", "Production"), put("s2", "default")); err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.View(t.Context(), func(tx model.Tx) error { _, err := tx.Spaces().ByName("test"); return err }), model.ENotFound)
	wantClean(t, s)
}

func TestWhatIsNotThereIsZeroForRuntimesAndTokens(t *testing.T) {
	s := storagetest.New(t)
	update(t, s, func(tx model.Tx) error {
		return errors.Join(tx.Runtimes().Delete("s1", "c1"), tx.Tokens().Delete("c1"))
	})
	view(t, s, func(tx model.Tx) error {
		r, err := tx.Runtimes().Get("s1", "c1")
		k, err2 := tx.Tokens().Get("c1")
		if r != (model.Runtime{}) || k.Client != "" || k.Token.Access.IsSet() {
			t.Errorf("got %+v, %+v", r, k)
		}
		return errors.Join(err, err2)
	})
}

func TestHistoryKeepsTheNewestCallsOfEachClient(t *testing.T) {
	s := storagetest.New(t)
	at := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := range model.MaxHistory + 7 {
		e := model.HistoryEntry{ID: model.NewID(at.Add(time.Duration(i) * time.Second)), Client: "c1", Status: i}
		update(t, s, func(tx model.Tx) error { return tx.History().Append(e) })
	}
	update(t, s, func(tx model.Tx) error { return tx.History().Append(model.HistoryEntry{ID: "h", Client: "c2"}) })
	view(t, s, func(tx model.Tx) error {
		list, err := tx.History().List("c1")
		if len(list) != model.MaxHistory || list[0].Status != model.MaxHistory+6 || list[len(list)-1].Status != 7 {
			t.Errorf("%d entries, from %d to %d", len(list), list[0].Status, list[len(list)-1].Status)
		}
		return err
	})
	for _, want := range []int{20, 0, 0} {
		left := -1
		update(t, s, func(tx model.Tx) (err error) { left, err = tx.History().DeleteSome("c1", 30); return err })
		if left != want {
			t.Errorf("%d left, want %d", left, want)
		}
	}
	view(t, s, func(tx model.Tx) error {
		other, err := tx.History().List("c2")
		if len(other) != 1 {
			t.Error("another client's history is gone")
		}
		return err
	})
}

func TestAuditPagesFromTheNewest(t *testing.T) {
	s := storagetest.New(t)
	update(t, s, func(tx model.Tx) error {
		for i := range 5 {
			if err := tx.Audit().Append(model.AuditEntry{ID: model.ID(fmt.Sprint("a", i)), Action: "client.create"}); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx model.Tx) error {
		var got []string
		for before := model.ID(""); ; {
			page, err := tx.Audit().Page(before, 2)
			if err != nil || len(page) == 0 {
				if want := "a4 a3 a2 a1 a0"; strings.Join(got, " ") != want {
					t.Errorf("got %v", got)
				}
				return err
			}
			for _, e := range page {
				got = append(got, string(e.ID))
				before = e.ID
			}
		}
	})
}

func TestAChangeAndItsAuditEntryAreOneTransaction(t *testing.T) {
	s := storagetest.New(t)
	mine := errors.New("no")
	err := s.Update(t.Context(), func(tx model.Tx) error {
		return errors.Join(tx.Clients().Put(model.Client{ID: "c1", Space: "s1", Name: "a"}),
			tx.Audit().Append(model.AuditEntry{ID: "a1"}), mine)
	})
	if !errors.Is(err, mine) {
		t.Fatal(err)
	}
	info, err := s.Info(t.Context())
	if err != nil || info.Records["clients"] != 0 || info.Records["audit"] != 0 {
		t.Errorf("%v, %v", info.Records, err)
	}
}

func TestAnIDThatWouldLeaveItsPlaceIsRefused(t *testing.T) {
	s := storagetest.New(t)
	for _, id := range []model.ID{"", "a/b", "../x", "a b", "é", model.ID(strings.Repeat("x", 65))} {
		err := s.Update(t.Context(), func(tx model.Tx) error {
			return tx.Clients().Put(model.Client{ID: id, Space: "s1", Name: "n"})
		})
		if model.CodeOf(err) != model.EInvalid {
			t.Errorf("id %q: %v", id, err)
		}
	}
}

func TestARecordThatIsTooLargeIsRefusedInWords(t *testing.T) {
	s := storagetest.New(t)
	err := s.Update(t.Context(), func(tx model.Tx) error {
		return tx.Clients().Put(model.Client{ID: "c1", Space: "s1", Name: "n", TLS: model.TLS{CAPEM: strings.Repeat("x", 1<<20)}})
	})
	wantCode(t, err, model.EInvalid)
}

func TestInfoAndStatusTellOfTheStore(t *testing.T) {
	path := storagetest.Dir(t) + "/ferry.db"
	s, _ := storagetest.NewAt(t, path, func(tx model.Tx) error { return tx.Spaces().Put(model.Space{ID: "s1", Name: "default"}) })
	fillClients(t, s, 120)
	info, err := s.Info(t.Context())
	if err != nil || info.Records["clients"] != 120 || info.Records["spaces"] != 1 || info.Bytes == 0 || info.Kind != "bolt" {
		t.Errorf("%+v, %v", info, err)
	}
	status, err := storage.Status(t.Context(), path)
	if err != nil || status.StoreID != info.StoreID || status.Path != path || status.Format != seal.Format ||
		len(status.Slots) != 1 || status.Slots[0] != s.Slot() || s.Slot().Label != "test" {
		t.Errorf("%+v, %v", status, err)
	}
	_, err = storage.Status(t.Context(), path+".missing")
	wantCode(t, err, model.ENotFound)
	if next := model.AsError(err).Next; !strings.Contains(next, "ferry vault init") {
		t.Errorf("the next step is %q", next)
	}
	_, err = storage.Open(context.Background(), path, storagetest.Identity(t))
	wantCode(t, err, model.ELocked)
	if len(info.Records) != 19 {
		t.Errorf("kinds: %v", info.Records)
	}
}
