package widget

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func numbered(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("line %d", i+1)
	}
	return out
}

func shown(v *Viewer) []string { return strings.Split(ansi.Strip(v.View()), "\n") }

func TestViewerScrollsToBothEnds(t *testing.T) {
	v := NewViewer(st)
	v.SetContent(numbered(100))
	v.SetSize(40, 10)
	for _, tc := range []struct{ key, first, last string }{
		{"j", "line 2", "line 11"}, {"G", "line 91", "line 100"}, {"j", "line 91", "line 100"}, {"k", "line 90", "line 99"}, {"g", "line 1", "line 10"},
	} {
		v.Update(press(tc.key))
		if got := shown(v); got[0] != tc.first || got[len(got)-1] != tc.last {
			t.Errorf("after %s: %q … %q", tc.key, got[0], got[len(got)-1])
		}
	}
}

func TestViewerSearch(t *testing.T) {
	v := NewViewer(st)
	v.SetContent(numbered(1000))
	v.SetSize(60, 10)
	v.Update(press("/"))
	for _, r := range "LINE 77" {
		v.Update(press(string(r)))
	}
	if !v.Capturing() || !strings.Contains(strings.Join(shown(v), "\n"), "line 77") {
		t.Fatalf("typing does not lead to the match: %q", shown(v))
	}
	v.Update(press("enter"))
	v.Update(press("n"))
	if got := strings.Join(shown(v), "\n"); !strings.Contains(got, "line 770") {
		t.Errorf("n does not go on: %q", got)
	}
	v.Update(press("N"))
	if got := strings.Join(shown(v), "\n"); !strings.Contains(got, "line 77\n") {
		t.Errorf("N does not go back: %q", got)
	}
	if !v.Back() || v.Back() {
		t.Error("back ends the search once")
	}
}

func TestViewerWrapsAndNumbers(t *testing.T) {
	v := NewViewer(st)
	v.SetContent([]string{strings.Repeat("x", 25), "end"})
	v.SetSize(10, 10)
	if got := shown(v); len(got) != 4 || got[2] != "xxxxx" {
		t.Errorf("wrapped: %q", got)
	}
	v.Update(press("#"))
	if got := shown(v); got[0] != "1  xxxxxxx" || !strings.HasPrefix(got[1], "   x") {
		t.Errorf("numbered: %q", got)
	}
	v.Update(press("w"))
	if got := shown(v); len(got) != 2 || got[0] != "1  xxxxxx…" {
		t.Errorf("not wrapped: %q", got)
	}
}

func TestViewerNeverExceedsItsSize(t *testing.T) {
	v := NewViewer(st)
	v.Highlight = HighlightJSON
	v.SetText(strings.Repeat(`{"a": "`+strings.Repeat("漢", 5000)+`"}`+"\n", 20))
	for w := 0; w < 30; w++ {
		for h := 0; h < 5; h++ {
			v.SetSize(w, h)
			lines := strings.Split(v.View(), "\n")
			if len(lines) > max(h, 1) {
				t.Fatalf("%d×%d: %d rows", w, h, len(lines))
			}
			for _, l := range lines {
				if Width(l) > max(w, 2) { // a wide character in a column of one cannot be cut
					t.Fatalf("%d×%d: %q", w, h, l)
				}
			}
		}
	}
}

// A match may stand across the cut of a long line, outside ASCII, and where lower case
// takes another number of bytes.
func TestViewerSearchFindsEveryPiece(t *testing.T) {
	v := NewViewer(st)
	long := strings.Repeat("x", maxPiece-2) + "NEEDLE" + strings.Repeat("é", maxPiece) + "\tend"
	v.SetText("Ärger\n" + long + "\nİstanbul ÄRGER\n\nneedle\n")
	v.SetSize(40, 10)
	for query, want := range map[string]string{"needle": "1 of 2 lines", "ärger": "1 of 2 lines", "stanbul ä": "1 of 1 line", "    END": "1 of 1 line", "é": "1 of 3 lines", "none": "no match"} {
		v.Update(press("/"))
		for _, r := range query {
			v.Update(press(string(r)))
		}
		if got := shown(v); !strings.HasSuffix(strings.TrimSpace(got[len(got)-1]), want) {
			t.Errorf("%q: %q, want %q", query, got[len(got)-1], want)
		}
		v.Update(press("esc"))
	}
	v.Update(press("#"))
	v.Update(press("G"))
	if got := shown(v); got[len(got)-1] != "5  needle" {
		t.Errorf("the last line is %q", got[len(got)-1])
	}
}

func body5MB() string {
	return "[" + strings.Repeat(`{"id": 12345, "name": "somebody", "active": true},`, 100_000) + "]"
}

// BenchmarkViewer5MB is one key on a body of 5 MB in one line; the aim is below 16 ms.
func BenchmarkViewer5MB(b *testing.B) {
	v := NewViewer(st)
	v.Highlight = HighlightJSON
	v.SetText(body5MB())
	v.SetSize(80, 20)
	for name, key := range map[string]string{"scroll": "j", "end": "G"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				v.Update(press(key))
				_ = v.View()
			}
		})
	}
	b.Run("search", func(b *testing.B) {
		v.Update(press("/"))
		for b.Loop() {
			v.Update(press("z")) // matches nothing, so that everything is looked through
			_ = v.View()
			v.search.SetValue("")
		}
	})
}
