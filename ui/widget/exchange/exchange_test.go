package exchange

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"ferry/model"
	"ferry/ui/theme"
)

func TestLines(t *testing.T) {
	x := model.Exchange{
		Method: "POST", URL: "https://a.example.com/token", RequestBody: "grant_type=client_credentials", Status: 400, Truncated: true,
		RequestHeaders: []model.Param{{Name: "Authorization", Value: "Basic " + model.Mask}}, ResponseBody: "a\x1b[2J\nb",
	}
	got := ansi.Strip(strings.Join(Lines(theme.New(true), &x, 0), "\n"))
	want := "> POST https://a.example.com/token\n> Authorization: Basic ••••••••\n>\n> grant_type=client_credentials\n" +
		"< ✗ 400 Bad Request\n<\n< a<U+001B>[2J\n< b\n! the body was longer; this is its beginning"
	if got != want {
		t.Fatalf("got\n%s\nwant\n%s", got, want)
	}
	for _, l := range Lines(theme.New(true), &x, 20) {
		if n := ansi.StringWidth(l); n > 20 {
			t.Errorf("%d cells: %q", n, ansi.Strip(l))
		}
	}
}

func TestTiming(t *testing.T) {
	for want, x := range map[string]model.Timing{
		"59 ms: DNS 2 ms · connect 3 ms · TLS 12 ms · wait 41 ms · body 1 ms": {
			DNS: 2e6, Connect: 3e6, TLS: 12e6, Wait: 41e6, Body: 1e6, Total: 59e6,
		},
		"1.2 s: wait 1.2 s · connection reused": {Wait: 1200 * time.Millisecond, Total: 1200 * time.Millisecond, Reused: true},
		"0 ms":                                  {},
	} {
		if got := Timing(x); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
