package widget

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"ferry/ui/screen"
	"ferry/ui/theme"
)

var st = theme.New(true)

func press(name string) tea.KeyPressMsg {
	switch name {
	case "enter":
		return tea.KeyPressMsg{Code: tea.KeyEnter}
	case "esc":
		return tea.KeyPressMsg{Code: tea.KeyEscape}
	case "tab":
		return tea.KeyPressMsg{Code: tea.KeyTab}
	}
	r := []rune(name)[0]
	return tea.KeyPressMsg{Code: r, Text: name}
}

// result presses keys and returns what the overlay closes with; closed is false when
// it stays open.
func result(o screen.Overlay, keys ...string) (value any, closed bool) {
	o.SetSize(80, 20)
	for _, k := range keys {
		if cmd := o.Update(press(k)); cmd != nil {
			if c, ok := cmd().(screen.Close); ok {
				return c.Result, true
			}
		}
	}
	return nil, false
}

func TestFitIsExactlyAsWideAsAsked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.SampledFrom([]rune("ab …漢字é👍")), 0, 40, -1).Draw(t, "s")
		w := rapid.IntRange(0, 40).Draw(t, "w")
		if got := Width(Fit(s, w)); got != w {
			t.Fatalf("Fit(%q, %d) is %d wide", s, w, got)
		}
		if got := Width(Truncate(s, w)); got > w {
			t.Fatalf("Truncate(%q, %d) is %d wide", s, w, got)
		}
	})
}

func TestAgoAndLeft(t *testing.T) {
	for d, want := range map[time.Duration][2]string{
		0:                        {"0s", "0s"},
		-time.Hour:               {"0s", "0s"},
		1500 * time.Millisecond:  {"1s", "2s"},
		59 * time.Second:         {"59s", "59s"},
		59500 * time.Millisecond: {"59s", "1m"},
		90 * time.Second:         {"1m", "2m"},
		59*time.Minute + 1:       {"59m", "1h"},
		47 * time.Hour:           {"47h", "47h"},
		72 * time.Hour:           {"3d", "3d"},
		3 * 365 * 24 * time.Hour: {"3y", "3y"},
	} {
		if got := [2]string{Ago(d), Left(d)}; got != want {
			t.Errorf("%s: %v, want %v", d, got, want)
		}
	}
}

func TestCountdown(t *testing.T) {
	for _, tc := range []struct {
		left, life time.Duration
		want       string
	}{
		{time.Minute, 2 * time.Minute, "█████░░░░░ 1:00 left"},
		{time.Millisecond, 2 * time.Minute, "█░░░░░░░░░ 0:01 left"},
		{3 * time.Hour, 3 * time.Hour, "██████████ 3:00:00 left"},
		{5 * time.Minute, 0, "5m left"},
		{0, time.Minute, "expired"},
	} {
		if got := ansi.Strip(Countdown(st, tc.left, tc.life, 10)); got != tc.want {
			t.Errorf("%s of %s: %q, want %q", tc.left, tc.life, got, tc.want)
		}
	}
}

func TestMenu(t *testing.T) {
	items := []MenuItem{{Key: "a", Label: "First", Value: 1}, {Key: "b", Label: "Second", Value: 2, Disabled: "not now"}, {Label: "Third", Value: 3}}
	for _, tc := range []struct {
		keys   []string
		want   any
		closed bool
	}{
		{[]string{"enter"}, 1, true},
		{[]string{"j", "j", "j", "enter"}, 3, true},
		{[]string{"a"}, 1, true},
		{[]string{"b"}, nil, false},
		{[]string{"j", "enter"}, nil, false},
		{[]string{"esc"}, nil, true},
	} {
		if got, closed := result(NewMenu(st, "Menu", items), tc.keys...); got != tc.want || closed != tc.closed {
			t.Errorf("%v: %v, %v", tc.keys, got, closed)
		}
	}
}

func TestConfirmBeginsOnTheSafeSide(t *testing.T) {
	for _, tc := range []struct {
		keys []string
		want any
	}{{[]string{"enter"}, nil}, {[]string{"tab", "enter"}, true}, {[]string{"y"}, true}, {[]string{"n"}, nil}, {[]string{"esc"}, nil}} {
		if got, closed := result(NewConfirm(st, ConfirmOptions{Title: "Sure?"}), tc.keys...); got != tc.want || !closed {
			t.Errorf("%v: %v, %v", tc.keys, got, closed)
		}
	}
}

func TestTypedNameTakesTheNameOnly(t *testing.T) {
	ask := func() screen.Overlay {
		return NewTypedName(st, TypedNameOptions{Title: "Delete", Name: "hr", Action: "delete"})
	}
	if got, closed := result(ask(), "h", "r", "enter"); got != "hr" || !closed {
		t.Errorf("the name: %v, %v", got, closed)
	}
	if got, closed := result(ask(), "h", "enter"); closed {
		t.Errorf("another name was taken: %v", got)
	}
}

// Every dialog fits whatever room there is, and keeps its last line.
func TestDialogsFit(t *testing.T) {
	body := []string{strings.Repeat("a long text that wraps ", 20), "", "• one", "• two"}
	for name, o := range map[string]screen.Overlay{
		"menu":    NewMenu(st, "Menu", make([]MenuItem, 40)),
		"confirm": NewConfirm(st, ConfirmOptions{Title: "Sure?", Body: body}),
		"name":    NewTypedName(st, TypedNameOptions{Title: "Delete", Body: body, Name: "hr"}),
		"prompt":  NewPrompt(st, PromptOptions{Title: "Name", Body: body, Label: "Name"}),
		"show":    NewShow(st, "Text", body),
	} {
		for _, size := range [][2]int{{0, 0}, {1, 1}, {10, 4}, {60, 11}, {500, 200}} {
			o.SetSize(size[0], size[1])
			lines := strings.Split(o.View(), "\n")
			if len(lines) > max(size[1], 1) {
				t.Errorf("%s at %v takes %d rows", name, size, len(lines))
			}
			for _, l := range lines {
				if Width(l) > size[0] {
					t.Errorf("%s at %v is %d wide: %q", name, size, Width(l), l)
				}
			}
		}
	}
}

// Highlighting adds style and changes no character, whatever the line.
func TestHighlightKeepsTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.SampledFrom([]rune(`{}[]":,\ -0.1eEtruefalsn<>/!?='é漢`)), 0, 60, -1).Draw(t, "s")
		if got := ansi.Strip(HighlightJSON(st, s)); got != s {
			t.Fatalf("JSON %q became %q", s, got)
		}
		if got := ansi.Strip(HighlightXML(st, s)); got != s {
			t.Fatalf("XML %q became %q", s, got)
		}
	})
}

func TestHighlightTellsKeysFromStrings(t *testing.T) {
	got := HighlightJSON(st, `  "id": -1.5e3, "name": "a \" b", "ok": true`)
	for _, want := range []string{
		st.JSONKey.Render(`"id"`), st.JSONNumber.Render("-1.5e3"), st.JSONString.Render(`"a \" b"`), st.JSONWord.Render("true"),
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	got = HighlightXML(st, `<a href="x">text</a><!-- no -->`)
	for _, want := range []string{st.JSONKey.Render("<a"), st.JSONWord.Render("href"), st.JSONString.Render(`"x"`), st.Faint.Render("<!-- no -->")} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
}
