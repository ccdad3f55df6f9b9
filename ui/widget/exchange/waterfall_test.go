package exchange

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"ferry/model"
	"ferry/ui/theme"
)

func TestWaterfall(t *testing.T) {
	ms := time.Millisecond
	x := model.Timing{DNS: 10 * ms, Connect: 10 * ms, Wait: 60 * ms, Body: 1, Total: 90 * ms}
	got := ansi.Strip(strings.Join(Waterfall(theme.New(true), x, 35), "\n"))
	want := strings.Join([]string{
		"DNS     ██                    10 ms",
		"connect   ██                  10 ms",
		"wait        ████████████      60 ms",
		"body                    █     <1 ms",
		"total                         90 ms",
	}, "\n")
	if got != want {
		t.Fatalf("got\n%s\nwant\n%s", got, want)
	}
	x = model.Timing{Wait: 2 * time.Second, Reused: true}
	if got := ansi.Strip(Waterfall(theme.New(true), x, 50)[1]); !strings.HasPrefix(got, "total   over an open connection") {
		t.Errorf("reused: %q", got)
	}
	for _, none := range [][]string{Waterfall(theme.New(true), model.Timing{Total: ms}, 80), Waterfall(theme.New(true), x, 29)} {
		if none != nil {
			t.Errorf("it draws %q", none)
		}
	}
	odd := model.Timing{DNS: 1, Connect: 1, TLS: 1, Wait: time.Hour, Body: time.Hour, Total: 1}
	for width := 30; width < 200; width++ {
		for _, l := range Waterfall(theme.New(true), odd, width) {
			if n := ansi.StringWidth(l); n != width {
				t.Fatalf("%d cells of %d: %q", n, width, ansi.Strip(l))
			}
		}
	}
}
