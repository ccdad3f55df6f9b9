package paste_test

import (
	"testing"

	"ferry/storage/internal/paste"
)

func TestPathIsQuotedWhereItMustBe(t *testing.T) {
	for path, want := range map[string]string{
		"/home/a/ferry.db":  "/home/a/ferry.db",
		"/home/a b/f":       "'/home/a b/f'",
		"/it's/f":           `'/it'\''s/f'`,
		"/$(rm)/f":          "'/$(rm)/f'",
		"/a\x1b[2J\n/f":     "'/a<U+001B>[2J<U+000A>/f'",
		"/with\u202ebidi/f": "'/with<U+202E>bidi/f'",
	} {
		if got := paste.Path(path); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
