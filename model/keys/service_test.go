package keys_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/keys"
	"ferry/storage"
)

func TestLifeOfAKey(t *testing.T) {
	b := newBench(t)
	first := b.key(t, "ci", 90*day)
	if first.Username != "robot" || first.Key.Label != "ci" || first.Key.User != b.robot.ID || first.Key.Revision != 1 {
		t.Errorf("made %+v", first.Key)
	}
	b.Clock.Pass(time.Hour)
	second, old, err := b.Keys.Rotate(b.Ctx, b.Space, first.Key.ID, keys.Rotation{Overlap: day}, "")
	if err != nil {
		t.Fatal(err)
	}
	if second.Key.Replaces != first.Key.ID || second.Key.Label != "ci" || !second.Key.Expires.IsZero() {
		t.Errorf("the new key is %+v", second.Key)
	}
	if !old.Expires.Equal(b.Clock.Now().Add(day)) || old.Revision != 2 {
		t.Errorf("the old key is %+v", old)
	}
	if _, err := b.Keys.Relabel(b.Ctx, b.Space, second.Key.ID, "ci 2", 1, ""); err != nil {
		t.Fatal(err)
	}
	gone := b.revoke(t, second.Key.ID)
	if gone.Revoked.By != "alice" || gone.State(b.Clock.Now()) != model.KeyRevoked || gone.Revision != 3 {
		t.Errorf("revoked: %+v", gone)
	}
	b.Clock.Pass(time.Minute)
	if again := b.revoke(t, second.Key.ID); !cmp.Equal(again, gone) {
		t.Errorf("revoking it again made it %+v", again)
	}
	want := []string{
		"key.revoke robot/ci 2 r3 by alice [{state  revoked}]",
		"key.relabel robot/ci 2 r2 by alice [{label ci ci 2}]",
		"key.rotate robot/ci r2 by alice [{expires_at 2026-06-02T09:30:00Z 2026-03-05T10:30:00Z} {new key  " + string(second.Key.ID) + "} {new key expires_at  never}]",
		"key.create robot/ci r1 by alice [{label  ci} {expires_at  2026-06-02T09:30:00Z}]",
	}
	if got := b.log(t); !slices.Equal(got[:4], want) || len(got) != 5 {
		t.Errorf("the log is\n%s", strings.Join(got, "\n"))
	}
	entries, _, err := b.Audit.List(b.Ctx, b.Space, "", 1)
	if err != nil || entries[0].In != b.Space.ID || entries[0].Space != "default" || entries[0].Target != second.Key.ID {
		t.Errorf("the entry is %+v, %v", entries, err)
	}
}

// vault: no text and no name is readable in the file, and no printing shows a key.
func TestAKeyIsKeptAsADigestOnly(t *testing.T) {
	b := newBench(t)
	issued := b.key(t, "canary-label", 0)
	text := issued.Text.Reveal()
	stored := b.stored(t, issued.Key.ID)
	if stored.Digest != b.Store.KeyDigest(text) || stored.Digest == [32]byte{} {
		t.Error("the digest is not that of the text under the pepper")
	}
	fresh, _, err := b.Keys.Rotate(b.Ctx, b.Space, issued.Key.ID, keys.Rotation{}, "")
	if err != nil {
		t.Fatal(err)
	}
	view, err := json.Marshal(keys.ViewOf(b.Space, b.list(t, "")[0]))
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(b.Store.Path())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{
		"file": string(file), "view": string(view), "log": strings.Join(b.log(t), "\n"),
		"prints": fmt.Sprintf("%v %+v %#v %s", issued, issued, issued, fresh.Text),
	}
	for place, content := range seen {
		for _, secret := range []string{text, text[33:76], fresh.Text.Reveal(), fresh.Text.Reveal()[33:76]} {
			if strings.Contains(content, secret) {
				t.Errorf("the key is in the %s", place)
			}
		}
	}
	for _, word := range []string{"canary-label", "robot"} {
		if strings.Contains(seen["file"], word) {
			t.Errorf("%s is readable in the file", word)
		}
	}
	if strings.Contains(seen["log"], fmt.Sprintf("%x", stored.Digest[:8])) {
		t.Error("the digest is in the audit log")
	}
	out, err := json.Marshal(keys.IssuedViewOf(b.Space, issued, b.Clock.Now()))
	if err != nil || !strings.Contains(string(out), `"key":"`+text+`"`) {
		t.Errorf("whoever made it gets %s, %v", out, err)
	}
}

func TestARequestThatCannotBeIsRefused(t *testing.T) {
	b := newBench(t)
	now := b.Clock.Now()
	for name, tc := range map[string]struct {
		r     keys.Request
		field string
	}{
		"expired":       {keys.Request{Expires: now}, "expires_at"},
		"far future":    {keys.Request{Expires: now.Add(101 * 365 * day)}, "expires_at"},
		"long label":    {keys.Request{Label: strings.Repeat("ä", 65)}, "label"},
		"two lines":     {keys.Request{Label: "a\nb"}, "label"},
		"bidi in label": {keys.Request{Label: "a\u202eb"}, "label"},
		"not UTF-8":     {keys.Request{Label: "a\xff"}, "label"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.Keys.Generate(b.Ctx, b.Space, b.robot.ID, tc.r, "")
			wantField(t, err, tc.field)
		})
	}
	_, err := b.Keys.Generate(b.Ctx, b.Space, b.robot.ID, keys.Request{Label: "a\n", Expires: now}, "")
	if e := model.AsError(err); len(e.Fields) != 2 {
		t.Errorf("not every field at fault is named: %v", err)
	}
	if n := len(b.list(t, "")); n != 0 {
		t.Errorf("%d keys were made", n)
	}
	_, err = b.Keys.Generate(b.Ctx, b.Space, "nobody", keys.Request{}, "")
	wantCode(t, err, model.ENotFound)
	key := b.key(t, "", 0)
	_, err = b.Keys.Relabel(b.Ctx, b.Space, key.Key.ID, "a\x1b[2J", 0, "")
	wantField(t, err, "label")
	for _, overlap := range []time.Duration{-1, keys.MaxOverlap + 1} {
		_, _, err = b.Keys.Rotate(b.Ctx, b.Space, key.Key.ID, keys.Rotation{Overlap: overlap}, "")
		wantField(t, err, "overlap")
	}
	_, _, err = b.Keys.Rotate(b.Ctx, b.Space, key.Key.ID, keys.Rotation{Expires: now}, "")
	wantField(t, err, "expires_at")
}

func TestRotationNeverMakesTheOldKeyLiveLonger(t *testing.T) {
	for name, tc := range map[string]struct {
		life, overlap, want time.Duration
	}{
		"the overlap ends first":  {30 * day, day, day},
		"the key ends first":      {time.Hour, day, time.Hour},
		"a key without an end":    {0, day, day},
		"at once":                 {30 * day, 0, 0},
		"the longest":             {0, keys.MaxOverlap, keys.MaxOverlap},
		"both at the same moment": {day, day, day},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			issued := b.key(t, "old", tc.life)
			fresh, old, err := b.Keys.Rotate(b.Ctx, b.Space, issued.Key.ID, keys.Rotation{Overlap: tc.overlap, Label: "new"}, "")
			if err != nil || !old.Expires.Equal(b.Clock.Now().Add(tc.want)) || fresh.Key.Label != "new" {
				t.Fatalf("old %+v, new %+v, %v", old, fresh.Key, err)
			}
			if !cmp.Equal(b.stored(t, old.ID), old) || !cmp.Equal(b.stored(t, fresh.Key.ID), fresh.Key) {
				t.Error("what is stored is not what was returned")
			}
			if b.Clock.Pass(tc.want); old.State(b.Clock.Now()) != model.KeyExpired {
				t.Error("it is still valid at the end of the overlap")
			}
			_, _, err = b.Keys.Rotate(b.Ctx, b.Space, old.ID, keys.Rotation{}, "")
			wantCode(t, err, model.EDisabled)
			b.revoke(t, fresh.Key.ID)
			_, _, err = b.Keys.Rotate(b.Ctx, b.Space, fresh.Key.ID, keys.Rotation{}, "")
			wantCode(t, err, model.EDisabled)
		})
	}
}

func TestAUserHasSoManyLiveKeysAndNoMore(t *testing.T) {
	b := newBench(t)
	var made []model.ID
	for range model.MaxLiveKeys {
		made = append(made, b.key(t, "", 0).Key.ID)
	}
	_, err := b.Keys.Generate(b.Ctx, b.Space, b.robot.ID, keys.Request{}, "")
	if msg := wantCode(t, err, model.EConflict); !strings.Contains(msg, "20 active keys") {
		t.Errorf("it says %q", msg)
	}
	_, _, err = b.Keys.Rotate(b.Ctx, b.Space, made[0], keys.Rotation{Overlap: time.Hour}, "")
	wantCode(t, err, model.EConflict)
	if _, old, err := b.Keys.Rotate(b.Ctx, b.Space, made[0], keys.Rotation{}, ""); err != nil || old.State(b.Clock.Now()) != model.KeyExpired {
		t.Fatalf("in place of one that ends at once: %v", err)
	}
	other := b.user(t, b.Space, "other")
	if _, err := b.Keys.Generate(b.Ctx, b.Space, other.ID, keys.Request{}, ""); err != nil {
		t.Errorf("another user is held up by it: %v", err)
	}
	b.revoke(t, made[1])
	if _, err := b.Keys.Generate(b.Ctx, b.Space, b.robot.ID, keys.Request{}, ""); err != nil {
		t.Errorf("after one was revoked: %v", err)
	}
}

func TestTheOldestKeysThatCannotBeUsedGoFirst(t *testing.T) {
	b := newBench(t)
	lasting := b.key(t, "lasting", 0)
	var dead []model.ID
	for len(dead) < model.MaxKeys-1 {
		i := b.key(t, "", 0)
		b.use(t, model.KeyUse{Key: i.Key.ID, At: b.Clock.Now(), Count: 1})
		b.revoke(t, i.Key.ID)
		dead = append(dead, i.Key.ID)
	}
	if n := len(b.list(t, b.robot.ID)); n != model.MaxKeys {
		t.Fatalf("there are %d keys", n)
	}
	second := b.key(t, "second", time.Hour)
	third, _, err := b.Keys.Rotate(b.Ctx, b.Space, second.Key.ID, keys.Rotation{Overlap: time.Hour}, "")
	if err != nil {
		t.Fatal(err)
	}
	rows := b.list(t, b.robot.ID)
	var left []model.ID
	for _, r := range rows {
		left = append(left, r.Key.ID)
	}
	slices.Sort(left)
	want := append([]model.ID{lasting.Key.ID}, dead[2:]...)
	if want = append(want, second.Key.ID, third.Key.ID); !slices.Equal(left, want) {
		t.Errorf("left are %v, want %v", left, want)
	}
	err = b.Store.View(b.Ctx, func(tx model.Tx) error {
		use, err := tx.Keys().Use(b.Space.ID, dead[0])
		if use != (model.KeyUse{}) {
			t.Error("the use of a key that is gone is kept")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	clean(t, b.Store)
}

func clean(t *testing.T, s *storage.Store) {
	t.Helper()
	report, err := s.Check(t.Context())
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("check: %q, %v", report.Problems, err)
	}
}

// store: two operators edit one record.
func TestAConflictSaysWhoChangedWhat(t *testing.T) {
	b := newBench(t)
	issued := b.key(t, "ci", 0)
	if _, err := b.Keys.Relabel(b.Ctx, b.Space, issued.Key.ID, "build", 1, ""); err != nil {
		t.Fatal(err)
	}
	b.Clock.Pass(5 * time.Minute)
	_, err := b.Keys.Relabel(b.Ctx, b.Space, issued.Key.ID, "other", 1, "")
	want := `"robot/build" was changed by alice 5 min ago: label (revision 2, you have 1)`
	if msg := wantCode(t, err, model.EConflict); msg != want {
		t.Errorf("got  %s\nwant %s", msg, want)
	}
	_, err = b.Keys.Revoke(b.Ctx, b.Space, issued.Key.ID, 1, "")
	wantCode(t, err, model.EConflict)
	if k := b.stored(t, issued.Key.ID); k.Label != "build" || !k.Revoked.At.IsZero() {
		t.Errorf("it was overwritten: %+v", k)
	}
}
