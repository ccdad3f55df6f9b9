package clients_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/clients"
)

func TestLifeOfAClient(t *testing.T) {
	b := newBench(t)
	c := b.create(t, oauth())
	if c.Revision != 1 || c.State != model.Active || c.Created.By != "alice" || !c.Created.At.Equal(start) {
		t.Errorf("created %+v", c)
	}
	got, err := b.ByName(b.ctx, b.space, "DVINCI")
	if err != nil || got.ID != c.ID || got.Auth.ClientSecret.Reveal() != "s3cret" {
		t.Errorf("found %+v, %v", got, err)
	}
	b.now = start.Add(time.Minute)
	if got, err = b.SetState(b.ctx, b.space, c.ID, model.Disabled, ""); err != nil || got.Revision != 2 || got.State != model.Disabled {
		t.Fatalf("disabled: %+v, %v", got, err)
	}
	if again, err := b.SetState(b.ctx, b.space, c.ID, model.Disabled, ""); err != nil || again.Revision != 2 {
		t.Errorf("disabling twice made revision %d, %v", again.Revision, err)
	}
	cp, err := b.Duplicate(b.ctx, b.space, c.ID, "", "")
	if err != nil || cp.Name != "dvinci-copy" || cp.ID == c.ID || cp.Auth.ClientSecret.Reveal() != "s3cret" {
		t.Errorf("copy %+v, %v", cp, err)
	}
	if cp, err = b.Duplicate(b.ctx, b.space, c.ID, "", ""); err != nil || cp.Name != "dvinci-copy-2" {
		t.Errorf("second copy %q, %v", cp.Name, err)
	}
	wantCode(t, b.Delete(b.ctx, b.space, c.ID, ""), model.EConfirm)
	wantCode(t, b.Delete(b.ctx, b.space, c.ID, "dvinc"), model.EConfirm)
	if err := b.Delete(b.ctx, b.space, c.ID, "dvinci"); err != nil {
		t.Fatal(err)
	}
	_, err = b.ByName(b.ctx, b.space, "dvinci")
	wantCode(t, err, model.ENotFound)
	if model.AsError(err).Next == "" {
		t.Error("no next step")
	}
	b.create(t, oauth()) // the name is free again
	if log := strings.Join(b.log(t), "\n"); strings.Contains(log, "s3cret") || strings.Count(log, "\n") != 5 {
		t.Errorf("audit log:\n%s", log)
	}
}

// CASES: two operators edit one record → the later save sees a conflict, nothing overwritten.
func TestConflictSaysWhoChangedWhat(t *testing.T) {
	b := newBench(t)
	c := b.create(t, oauth())
	mine := clients.DraftOf(c)
	mine.Scopes = []string{"mine"}

	theirs := clients.DraftOf(c)
	theirs.Name, theirs.Audience = "dvinci2", "https://aud"
	bob := model.WithActor(b.ctx, model.Actor{User: "bob"})
	if _, err := b.Update(bob, b.space, c.ID, theirs, ""); err != nil {
		t.Fatal(err)
	}
	b.now = start.Add(2 * time.Minute)
	_, err := b.Update(b.ctx, b.space, c.ID, mine, "")
	message := wantCode(t, err, model.EConflict)
	for _, part := range []string{"bob", "2 min ago", "name", "audience", "revision 2, you have 1"} {
		if !strings.Contains(message, part) {
			t.Errorf("%q does not say %q", message, part)
		}
	}
	stored, err := b.Get(b.ctx, b.space, c.ID)
	if err != nil || stored.Name != "dvinci2" || len(stored.Auth.Scopes) != 0 {
		t.Errorf("overwritten: %+v, %v", stored, err)
	}
}

func TestNamesAreUniqueIgnoringCase(t *testing.T) {
	b := newBench(t)
	b.create(t, oauth())
	d := oauth()
	d.Name = "DVinci"
	_, err := b.Create(b.ctx, b.space, d, "")
	wantCode(t, err, model.EExists)
	if field := model.AsError(err).Field; field != "name" {
		t.Errorf("field %q", field)
	}
	d.Name = "other"
	other := b.create(t, d)
	edit := clients.DraftOf(other)
	edit.Name = "dvinci"
	_, err = b.Update(b.ctx, b.space, other.ID, edit, "")
	wantCode(t, err, model.EExists)
	edit.Name = "OTHER" // its own name in another case
	if _, err := b.Update(b.ctx, b.space, other.ID, edit, ""); err != nil {
		t.Error(err)
	}
}

func TestProtectedAsksForItsName(t *testing.T) {
	b := newBench(t)
	d := oauth()
	d.Protected = true
	c := b.create(t, d)
	edit := clients.DraftOf(c)
	edit.Audience = "x"
	secret := model.NewSecret("new")
	for name, do := range map[string]func(confirm string) error{
		"update":  func(s string) error { _, err := b.Update(b.ctx, b.space, c.ID, edit, s); return err },
		"disable": func(s string) error { _, err := b.SetState(b.ctx, b.space, c.ID, model.Disabled, s); return err },
		"rotate": func(s string) error {
			_, err := b.Rotate(b.ctx, b.space, c.ID, clients.Rotation{ClientSecret: &secret}, s)
			return err
		},
		"unprotect": func(s string) error { _, err := b.SetProtected(b.ctx, b.space, c.ID, false, s); return err },
		"delete":    func(s string) error { return b.Delete(b.ctx, b.space, c.ID, s) },
	} {
		for _, confirm := range []string{"", "wrong"} {
			if err := do(confirm); model.CodeOf(err) != model.EProtected {
				t.Errorf("%s with %q: %v", name, confirm, err)
			}
		}
	}
	if got, err := b.Update(b.ctx, b.space, c.ID, edit, c.Name); err != nil || got.Client.Auth.Audience != "x" {
		t.Errorf("with its name: %v", err)
	}
}

// A failed save leaves neither the change nor its audit entry.
func TestAuditEntryIsInTheSameTransaction(t *testing.T) {
	b := newBench(t)
	c := b.create(t, oauth())
	broken := errors.New("disk full")
	failing := clients.New(failingAudit{b.store, broken}, func() time.Time { return b.now }, model.NewID)
	_, err := failing.SetState(b.ctx, b.space, c.ID, model.Disabled, "")
	if !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
	if got, _ := b.Get(b.ctx, b.space, c.ID); got.State != model.Active {
		t.Error("the change was kept without its audit entry")
	}
}

type failingAudit struct {
	model.Store
	err error
}

func (f failingAudit) Update(ctx context.Context, fn func(model.Tx) error) error {
	return f.Store.Update(ctx, func(tx model.Tx) error { return fn(failingTx{tx, f.err}) })
}

type failingTx struct {
	model.Tx
	err error
}

func (f failingTx) Audit() model.AuditRepo { return failingLog{err: f.err} }

type failingLog struct {
	model.AuditRepo
	err error
}

func (f failingLog) Append(model.AuditEntry) error { return f.err }

func TestConcurrentCreatesKeepNamesUnique(t *testing.T) {
	b := newBench(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	codes := map[model.Code]int{}
	for range 8 {
		wg.Go(func() {
			_, err := b.Create(b.ctx, b.space, oauth(), "")
			mu.Lock()
			codes[model.CodeOf(err)]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if diff := cmp.Diff(map[model.Code]int{"": 1, model.EExists: 7}, codes); diff != "" {
		t.Error(diff)
	}
}

func TestListSortsAndFilters(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{"zeta", "Alpha", "beta"} {
		d := oauth()
		d.Name, d.BaseURL = name, "https://"+strings.ToLower(name)+".example.com"
		b.create(t, d)
	}
	rows, err := b.List(b.ctx, b.space, nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range rows {
		names = append(names, r.Name)
	}
	if diff := cmp.Diff([]string{"Alpha", "beta", "zeta"}, names); diff != "" {
		t.Error(diff)
	}
	if got := clients.Filter(nil, rows, "ETA example"); len(got) != 2 {
		t.Errorf("filter found %v", got)
	}
	views, err := b.Views(b.ctx, b.space, "ETA")
	if err != nil || len(views) != 2 || views[0].Name != "beta" || views[0].LastCallAt != nil {
		t.Errorf("views %+v, %v", views, err)
	}
	if got := clients.Filter(nil, rows, "nowhere"); len(got) != 0 {
		t.Errorf("filter found %v", got)
	}
}

func TestCurlMasksSecretsAndQuotes(t *testing.T) {
	b := newBench(t)
	d := oauth()
	d.Headers = []clients.HeaderDraft{{Name: "X-API-Key", Value: clients.Set("k3y"), Secret: true}, {Name: "X-Q", Value: clients.Set("it's")}}
	d.Send, d.Scopes = model.SendBody, []string{"a", "b"}
	c := b.create(t, d)
	got := clients.Curl(&c)
	for _, secret := range []string{"s3cret", "k3y"} {
		if strings.Contains(got, secret) {
			t.Errorf("%s is in:\n%s", secret, got)
		}
	}
	for _, part := range []string{`'X-Q: it'\''s'`, "scope=a b", c.Auth.TokenURL, c.BaseURL} {
		if !strings.Contains(got, part) {
			t.Errorf("no %s in:\n%s", part, got)
		}
	}
}
