package serving_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/model/serving"
)

// Rotation publishes the new key before use and keeps the old one
// until its last token has expired.
func TestTheLifeOfASigningKey(t *testing.T) {
	k := newKit(t)
	if d := k.load(); d.Signer(k.clock.Now()) != nil || len(d.Published(k.clock.Now())) != 0 {
		t.Fatal("a new store has a signing key already")
	}
	k.do(k.Upkeep(k.ctx))
	first := k.load().Signing[0]
	if !first.ActiveFrom.Equal(modeltest.Start) || first.Algorithm != model.ES256 || first.Created.By != "alice" {
		t.Fatalf("the first key is active from %s, %s, by %s", first.ActiveFrom, first.Algorithm, first.Created.By)
	}
	next, err := k.Rotate(k.ctx, serving.Lead)
	k.do(err)
	if next.State != "next" || next.KeepUntil != nil {
		t.Fatalf("the second key is %+v", next)
	}
	keep := modeltest.Start.Add(serving.Lead + model.MaxTTL + model.ClockSkew)
	for _, at := range []struct {
		name      string
		now       time.Time
		signer    model.ID
		published int
		stored    int
	}{
		{"just rotated: published before use", modeltest.Start, first.ID, 2, 2},
		{"the moment before", modeltest.Start.Add(serving.Lead - 1), first.ID, 2, 2},
		{"its time has come", modeltest.Start.Add(serving.Lead), next.ID, 2, 2},
		{"the last token of the old one lives", keep.Add(-1), next.ID, 2, 2},
		{"it has expired", keep, next.ID, 1, 1},
	} {
		k.clock.Pass(at.now.Sub(k.clock.Now()))
		d := k.load() // before Upkeep: what is published does not wait for it
		if got := d.Signer(at.now).ID; got != at.signer {
			t.Errorf("%s: %s signs, want %s", at.name, got, at.signer)
		}
		if got := len(d.Published(at.now)); got != at.published {
			t.Errorf("%s: %d keys are published, want %d", at.name, got, at.published)
		}
		k.do(k.Upkeep(k.ctx))
		if got := len(k.load().Signing); got != at.stored {
			t.Errorf("%s: %d keys are stored, want %d", at.name, got, at.stored)
		}
	}
	want := []string{
		"signing.create r0 by alice [{algorithm  ES256} {active_from  2026-03-04T09:30:00Z}]",
		"signing.rotate r0 by alice [{algorithm  ES256} {active_from  2026-03-04T09:40:00Z}]",
	}
	if got := k.log(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the audit log is\n%s", strings.Join(got, "\n"))
	}
}

func TestUpkeepRotatesAKeyThatIsDue(t *testing.T) {
	k := newKit(t)
	k.do(k.Upkeep(k.ctx))
	k.clock.Pass(serving.DefaultRotateEvery - time.Second)
	k.do(k.Upkeep(k.ctx))
	if got := k.keys(); got != "ES256 active" {
		t.Errorf("a second before: %s", got)
	}
	k.clock.Pass(time.Second)
	for range 3 {
		k.do(k.Upkeep(k.ctx))
	}
	if got := k.keys(); got != "ES256 active, ES256 next" {
		t.Errorf("after 90 days: %s", got)
	}
	if next := k.load().Signing[1]; !next.ActiveFrom.Equal(k.clock.Now().Add(serving.Lead)) {
		t.Errorf("the next is active from %s", next.ActiveFrom)
	}
	k.clock.Pass(25 * time.Hour)
	k.do(k.Upkeep(k.ctx))
	if got := k.keys(); got != "ES256 active" {
		t.Errorf("a day later: %s", got)
	}
	_, err := k.Set(k.ctx, "rotate_every", "0")
	k.do(err)
	k.clock.Pass(1000 * 24 * time.Hour)
	k.do(k.Upkeep(k.ctx))
	if got := k.keys(); got != "ES256 active" {
		t.Errorf("rotated though it never should be: %s", got)
	}
}

// CASES, token endpoint: clock steps of ±5 min.
func TestAClockThatStepsBackLeavesASigner(t *testing.T) {
	k := newKit(t)
	k.do(k.Upkeep(k.ctx))
	first := k.load().Signing[0].ID
	before := k.clock.Now().Add(-5 * time.Minute)
	if got := k.load().Signer(before); got == nil || got.ID != first {
		t.Errorf("5 minutes before the first key: %v signs", got)
	}
	k.clock.Pass(-5 * time.Minute)
	k.do(k.Upkeep(k.ctx))
	if got := k.keys(); got != "ES256 active" {
		t.Errorf("upkeep at a clock that was put back: %s", got)
	}
	k.clock.Pass(5 * time.Minute)
	next, err := k.Rotate(k.ctx, 0)
	k.do(err)
	d := k.load()
	if got := d.Signer(before); got.ID != first {
		t.Errorf("before the rotation %s signs", got.ID)
	}
	for _, now := range []time.Time{before, k.clock.Now(), k.clock.Now().Add(5 * time.Minute)} {
		if n := len(d.Published(now)); n != 2 {
			t.Errorf("at %s %d keys are published", now, n)
		}
	}
	if got := d.Signer(k.clock.Now()); got.ID != next.ID {
		t.Errorf("now %s signs", got.ID)
	}
}

func TestRotatingTwiceIsAConflict(t *testing.T) {
	k := newKit(t)
	k.do(k.Upkeep(k.ctx))
	_, err := k.Rotate(k.ctx, time.Hour)
	k.do(err)
	_, err = k.Rotate(k.ctx, 0)
	wantCode(t, err, model.EConflict)
	for _, lead := range []time.Duration{-1, serving.MaxLead + 1} {
		_, err := k.Rotate(k.ctx, lead)
		if e := refused(t, err, model.EInvalid); e.Field != "lead" {
			t.Errorf("the field is %q", e.Field)
		}
	}
	k.clock.Pass(time.Hour)
	view, err := k.Rotate(k.ctx, 0)
	k.do(err)
	if got := k.keys(); view.State != "active" || got != "ES256 retired, ES256 retired, ES256 active" {
		t.Errorf("%s: %s", view.State, got)
	}
}

func TestRotatingWithoutAKeyMakesTheFirst(t *testing.T) {
	k := newKit(t)
	view, err := k.Rotate(k.ctx, time.Hour)
	k.do(err)
	if view.State != "active" || !view.ActiveFrom.Equal(k.clock.Now()) {
		t.Errorf("%+v", view)
	}
	if got := k.log(); len(got) != 1 || !strings.HasPrefix(got[0], "signing.create") {
		t.Errorf("the audit log is %q", got)
	}
}

func TestTheAlgorithmIsTheOneThatWasSetLast(t *testing.T) {
	k := newKit(t)
	set := func(a, want string) {
		t.Helper()
		_, err := k.Set(k.ctx, "algorithm", a)
		k.do(err)
		if got := k.keys(); got != want {
			t.Errorf("after %s: %s, want %s", a, got, want)
		}
	}
	set("EdDSA", "") // the first key is made by Upkeep
	k.do(k.Upkeep(k.ctx))
	set("EdDSA", "EdDSA active")
	set("rs256", "EdDSA active, RS256 next")
	set("ES256", "EdDSA active, ES256 next")
	set("EdDSA", "EdDSA active")
	if d := k.load(); !d.Signing[0].KeepUntil.IsZero() {
		t.Error("the key that goes on is to be dropped")
	}
	set("", "EdDSA active, ES256 next")
	k.clock.Pass(serving.Lead - time.Second)
	_, err := k.Set(k.ctx, "algorithm", "RS256")
	wantCode(t, err, model.EConflict) // servers may sign with the next one at any moment
	k.clock.Pass(time.Second)
	set("RS256", "EdDSA retired, ES256 active, RS256 next")
}

func TestPrivateKeysReadBack(t *testing.T) {
	for _, a := range []model.Algorithm{model.ES256, model.EdDSA, model.RS256} {
		k := newKit(t)
		_, err := k.Set(k.ctx, "algorithm", string(a))
		k.do(err)
		k.do(k.Upkeep(k.ctx))
		key, err := x509.ParsePKCS8PrivateKey([]byte(k.load().Signing[0].Private.Reveal()))
		k.do(err)
		kind := ""
		switch key := key.(type) {
		case *ecdsa.PrivateKey:
			kind = "ES256 " + key.Params().Name
		case ed25519.PrivateKey:
			kind = "EdDSA"
		case *rsa.PrivateKey:
			kind = fmt.Sprint("RS256 ", key.N.BitLen())
		}
		if want := map[model.Algorithm]string{model.ES256: "ES256 P-256", model.EdDSA: "EdDSA", model.RS256: "RS256 2048"}[a]; kind != want {
			t.Errorf("%s is %q, want %q", a, kind, want)
		}
	}
}

func TestAPIUsersNeitherSetNorRotate(t *testing.T) {
	k := newKit(t)
	k.do(k.Upkeep(k.ctx))
	_, err := k.Set(k.asAPIUser(), "listen", "127.0.0.1:9999")
	wantCode(t, err, model.EPermission)
	_, err = k.Rotate(k.asAPIUser(), 0)
	wantCode(t, err, model.EPermission)
	if got := k.keys(); got != "ES256 active" {
		t.Errorf("the keys are %s", got)
	}
}

// unlocked is a store on which nobody ever gets a lock: what is right must not hang on one.
type unlocked struct{ model.Store }

func (unlocked) Lock(_ context.Context, _ string) (func(), error) {
	return nil, model.Errorf(model.EBusy, "no lock today")
}

func TestSeveralServersMakeOneKey(t *testing.T) {
	for name, wrap := range map[string]func(model.Store) model.Store{
		"with the lock":    func(s model.Store) model.Store { return s },
		"without the lock": func(s model.Store) model.Store { return unlocked{s} },
	} {
		t.Run(name, func(t *testing.T) {
			k := newKit(t)
			upkeep := func() {
				var wg sync.WaitGroup
				for range 4 {
					s := serving.New(wrap(k.store), k.clock.Now, k.ids.New)
					wg.Go(func() {
						if err := s.Upkeep(k.ctx); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
			}
			upkeep()
			if got := k.keys(); got != "ES256 active" {
				t.Errorf("at the start: %s", got)
			}
			k.clock.Pass(serving.DefaultRotateEvery)
			upkeep()
			if got := k.keys(); got != "ES256 active, ES256 next" {
				t.Errorf("at the rotation: %s", got)
			}
			if got := k.log(); len(got) != 2 {
				t.Errorf("the audit log is %q", got)
			}
		})
	}
}

// twice is a store that runs every closure twice, as the contract allows.
type twice struct{ model.Store }

func (s twice) Update(ctx context.Context, fn func(model.Tx) error) error {
	dry := model.Errorf(model.EConflict, "the first run is thrown away")
	if err := s.Store.Update(ctx, func(tx model.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return dry
	}); err != dry { //nolint:errorlint // this very error comes back, or another
		return err
	}
	return s.Store.Update(ctx, fn)
}

func TestClosuresMayRunTwice(t *testing.T) {
	k := newKit(t)
	k.Service = serving.New(twice{k.store}, k.clock.Now, k.ids.New)
	k.do(k.Upkeep(k.ctx))
	_, err := k.Set(k.ctx, "algorithm", "EdDSA")
	k.do(err)
	k.clock.Pass(time.Hour)
	view, err := k.Rotate(k.ctx, time.Hour)
	k.do(err)
	if got := k.keys(); view.State != "next" || got != "ES256 retired, EdDSA active, EdDSA next" {
		t.Errorf("%s: %s", view.State, got)
	}
	c, err := k.Config(k.ctx)
	k.do(err)
	if got := k.log(); c.Revision != 1 || len(got) != 4 {
		t.Errorf("revision %d, log %q", c.Revision, got)
	}
	k.user(k.robot())
	k.key(model.APIKey{ID: "k1", Space: k.space.ID, User: "u1"})
	k.do(k.Record(k.ctx, []serving.Use{{Space: k.space.ID, Key: "k1", At: k.clock.Now(), Tokens: 3}}))
	k.update(func(tx model.Tx) error {
		if use, err := tx.Keys().Use(k.space.ID, "k1"); err != nil || use.Count != 3 {
			t.Errorf("counted %d, %v", use.Count, err)
		}
		return nil
	})
}
