package keys_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ferry/model"
	"ferry/model/keys"
	"ferry/model/modeltest"
	"ferry/storage/storagetest"
)

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// made is a key's text made of the given random bytes.
func made(t testing.TB, random func(int) []byte, id model.ID) string {
	t.Helper()
	b := newBench(t)
	s := keys.New(keys.Ports{
		Store: b.Store, Digest: modeltest.Digest, Now: b.Clock.Now, Random: random,
		NewID: func(time.Time) model.ID { return id },
	})
	i, err := s.Generate(b.Ctx, b.Space, b.robot.ID, keys.Request{}, "")
	if err != nil {
		t.Fatal(err)
	}
	return i.Text.Reveal()
}

// The figures are those of another implementation (Python: int.from_bytes, zlib.crc32).
func TestTheTextOfAKeyIsAsDocumented(t *testing.T) {
	const id = "01jnfzjt7g3v0000000000000k"
	for name, tc := range map[string]struct {
		random byte
		want   string
	}{
		"zeroes are padded":      {0x00, goldenZero},
		"a number in the middle": {0x5a, goldenMiddle},
		"the largest number":     {0xff, goldenLargest},
	} {
		t.Run(name, func(t *testing.T) {
			got := made(t, func(n int) []byte { return []byte(strings.Repeat(string([]byte{tc.random}), n)) }, id)
			if got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if parsed, ok := keys.Parse(got); !ok || parsed != id {
				t.Errorf("it is read as %q, %v", parsed, ok)
			}
		})
	}
}

func TestKeysDifferAndHaveTheirIDInThem(t *testing.T) {
	b := newBench(t)
	seen := map[string]bool{}
	for range 5 {
		i := b.key(t, "", 0)
		text := i.Text.Reveal()
		if id, ok := keys.Parse(text); !ok || id != i.Key.ID || seen[text[33:]] {
			t.Errorf("%q is read as %q, %v; or its random part was there before", text, id, ok)
		}
		seen[text[33:]] = true
	}
}

// token endpoint: a key with a typing error in it needs no look-up.
func TestAnyTypingErrorInAKeyIsNoticed(t *testing.T) {
	b := newBench(t)
	text := b.key(t, "", 0).Text.Reveal()
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		c := rapid.SampledFrom([]byte(alphabet+"_-. \x00\xff")).Filter(func(c byte) bool { return c != text[at] }).Draw(t, "char")
		if changed := text[:at] + string([]byte{c}) + text[at+1:]; accepted(changed) {
			t.Fatalf("%q is taken for a key", changed)
		}
		if less := text[:at] + text[at+1:]; accepted(less) {
			t.Fatalf("%q, a character short, is taken for a key", less)
		}
		if more := text[:at] + string([]byte{c}) + text[at:]; accepted(more) {
			t.Fatalf("%q, a character longer, is taken for a key", more)
		}
	})
	for i := 1; i < len(text); i++ {
		swapped := text[:i-1] + text[i:i+1] + text[i-1:i] + text[i+1:]
		if swapped != text && accepted(swapped) {
			t.Errorf("%q, with two characters swapped, is taken for a key", swapped)
		}
	}
	for _, s := range []string{"", "ferry_k", text + "\n", " " + text, strings.ToUpper(text), strings.Replace(text, "ferry_k", "ferry_t", 1)} {
		if accepted(s) {
			t.Errorf("%q is taken for a key", s)
		}
	}
}

func accepted(text string) bool {
	_, ok := keys.Parse(text)
	return ok
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{goldenZero, goldenMiddle, goldenLargest, "", "ferry_k", strings.Repeat("é", 41), goldenZero + "0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := keys.Parse(text)
		switch {
		case !ok && id != "":
			t.Errorf("refused, but with the id %q", id)
		case ok && (len(text) != 82 || !strings.HasPrefix(text, "ferry_k"+string(id)) || len(id) != 26):
			t.Errorf("%q is taken for the key %q", text, id)
		case ok && keys.SecretProblem("see "+text) == "":
			t.Errorf("%q does not look like a secret", text)
		}
	})
}

// vault: a key that is pasted into a field that everybody may read is refused, and the
// refusal does not repeat it.
func TestWhatLooksLikeASecretIsKeptOutOfLabels(t *testing.T) {
	b := newBench(t)
	text := b.key(t, "", 0).Text.Reveal()
	for name, label := range map[string]string{
		"a key's first part":   text[:60],
		"a key cut at its end": text[:40],
		"a random part alone":  text[33:76],
		"an identity":          storagetest.Identity(t).Identity.Reveal()[:64],
		"a token":              "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
		"a PEM":                "-----BEGIN EC PRIVATE KEY-----",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.Keys.Generate(b.Ctx, b.Space, b.robot.ID, keys.Request{Label: label}, "")
			if msg := wantField(t, err, "label"); strings.Contains(msg, label[:20]) || !strings.Contains(msg, "secret") {
				t.Errorf("it says %q", msg)
			}
		})
	}
	for _, label := range []string{
		"ci", "rotated 2026-03-04, ask Ännchen", "ferry_key", "ferry_keysOfTheWarehouseManagementSystem", "01jnfzjt7g3v0000000000000k",
		strings.Repeat("ab12", 16), "eyJ.not.one", strings.Repeat("x", 64),
	} {
		if _, err := b.Keys.Generate(b.Ctx, b.Space, b.robot.ID, keys.Request{Label: label}, ""); err != nil {
			t.Errorf("%q is refused: %v", label, err)
		}
	}
}

// A token endpoint reads every client secret that it is sent.
func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if !accepted(goldenMiddle) {
			b.Fatal("refused")
		}
	}
}
