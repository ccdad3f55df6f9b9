package serving_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/serving"
	"ferry/storage"
	"ferry/storage/storagetest"
)

// CASES, token endpoint: a restart does not revive a revoked token.
func TestARestartKeepsRevokedTokens(t *testing.T) {
	path := filepath.Join(storagetest.Dir(t), "ferry.db")
	first, key := storagetest.NewAt(t, path, nil)
	expires := time.Now().Add(time.Hour)
	if err := serving.New(first, time.Now, model.NewID).RevokeToken(t.Context(), model.RevokedToken{ID: "j1", Expires: expires}); err != nil {
		t.Fatal(err)
	}
	again, err := storage.Open(t.Context(), path, key)
	if err != nil {
		t.Fatal(err)
	}
	s := serving.New(again, time.Now, model.NewID)
	if err := s.Upkeep(t.Context()); err != nil {
		t.Fatal(err)
	}
	d, err := s.Load(t.Context())
	if err != nil || !d.TokenRevoked("j1") || d.TokenRevoked("j2") {
		t.Errorf("revoked: j1 %v, j2 %v, %v", d.TokenRevoked("j1"), d.TokenRevoked("j2"), err)
	}
}

func TestRevokedTokensAreForgottenWhenTheyCannotComeBack(t *testing.T) {
	k := newKit(t)
	const n = 1050 // more than a page, and many transactions to forget
	for from := 0; from < n; from += 90 {
		k.update(func(tx model.Tx) error {
			for i := from; i < min(from+90, n); i++ {
				if err := tx.Serving().Revoke(model.RevokedToken{ID: fmt.Sprintf("j%04d", i), Expires: k.clock.Now()}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	k.do(k.RevokeToken(k.ctx, model.RevokedToken{ID: "j-later", Expires: k.clock.Now().Add(2 * time.Hour)}))
	k.clock.Pass(5 * time.Minute) // a clock that was put forward, and will be put back
	k.do(k.Upkeep(k.ctx))
	if d := k.load(); !d.TokenRevoked("j0000") || !d.TokenRevoked(fmt.Sprintf("j%04d", n-1)) {
		t.Error("forgotten five minutes after it expired")
	}
	k.clock.Pass(time.Hour)
	k.do(k.Upkeep(k.ctx))
	d := k.load()
	for i := range n {
		if d.TokenRevoked(fmt.Sprintf("j%04d", i)) {
			t.Fatalf("token %d is remembered for ever", i)
		}
	}
	if !d.TokenRevoked("j-later") {
		t.Error("one that lives was forgotten")
	}
	k.do(k.RevokeToken(k.ctx, model.RevokedToken{ID: "j-old", Expires: k.clock.Now().Add(-2 * time.Hour)}))
	if k.load().TokenRevoked("j-old") {
		t.Error("one that expired long ago was written down")
	}
}

func TestUsesAddUp(t *testing.T) {
	k := newKit(t)
	k.user(k.robot())
	const keys = 2*serving.MaxUses + 5 // more than one transaction
	now := k.clock.Now()
	var uses []serving.Use
	for i := range keys {
		id := model.ID(fmt.Sprintf("k%03d", i))
		k.key(model.APIKey{ID: id, Space: k.space.ID, User: "u1"})
		uses = append(uses, serving.Use{Space: k.space.ID, Key: id, At: now, Addr: "10.0.0.1", Tokens: uint64(i)})
	}
	gone := serving.Use{Space: k.space.ID, Key: "k-gone", At: now, Addr: "10.0.0.1", Tokens: 7}
	k.do(k.Record(k.ctx, append([]serving.Use{gone}, uses...)))
	k.do(k.Record(k.ctx, []serving.Use{
		{Space: k.space.ID, Key: "k001", At: now.Add(-time.Minute), Addr: "192.0.2.1", Tokens: 2}, // of another server, late
		{Space: k.space.ID, Key: "k002", At: now.Add(time.Minute), Addr: "192.0.2.2", Tokens: 3},
	}))
	k.update(func(tx model.Tx) error {
		for i := range keys {
			id := model.ID(fmt.Sprintf("k%03d", i))
			want := model.KeyUse{Key: id, At: now, Addr: "10.0.0.1", Count: uint64(i)}
			switch i {
			case 1:
				want.Count = 3
			case 2:
				want = model.KeyUse{Key: id, At: now.Add(time.Minute), Addr: "192.0.2.2", Count: 5}
			}
			got, err := tx.Keys().Use(k.space.ID, id)
			if err != nil || got.Count != want.Count || got.Addr != want.Addr || !got.At.Equal(want.At) {
				t.Errorf("%s: %+v, want %+v, %v", id, got, want, err)
			}
		}
		if use, err := tx.Keys().Use(k.space.ID, "k-gone"); err != nil || use.Key != "" {
			t.Errorf("a key that is gone left %+v, %v", use, err)
		}
		return nil
	})
}
