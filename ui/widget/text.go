// Package widget holds the small parts that screens share: text that fits, dialogs,
// scrolling, a viewer, highlighting.
//
// It imports the screen contract, the theme, Bubble Tea and model; it knows no use-case and
// does no I/O.
package widget

import (
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"ferry/model"
	"ferry/ui/theme"
)

// Truncate cuts s to width cells, with … where something is missing. It knows wide
// characters and leaves escape sequences whole.
func Truncate(s string, width int) string {
	switch {
	case width <= 0:
		return ""
	case len(s) <= width: // bytes are never fewer than cells, but for escape sequences
		return s
	}
	return ansi.Truncate(s, width, "…")
}

// Middle cuts s to width cells before its middle, where that tells more than its end: of a path
// or of what leads to a file. S holds no escape sequence.
func Middle(s string, width int) string {
	if Width(s) <= width || width < 8 {
		return Truncate(s, width)
	}
	tail := width * 3 / 5
	return ansi.Truncate(s, width-tail-1, "") + "…" + ansi.TruncateLeft(s, Width(s)-tail, "")
}

// Width returns how many cells s takes.
func Width(s string) int { return ansi.StringWidth(s) }

// Fit cuts or pads s with spaces to exactly width cells.
func Fit(s string, width int) string {
	s = Truncate(s, width)
	if n := width - Width(s); n > 0 {
		return s + strings.Repeat(" ", n)
	}
	return s
}

// Wrap breaks s into lines of at most width cells, at spaces where there are any.
func Wrap(s string, width int) []string {
	if width <= 0 {
		return nil
	}
	return strings.Split(ansi.Wrap(s, width, ""), "\n")
}

// Lines makes text of several lines fit to be shown: sanitised, without empty lines around.
func Lines(text string) []string {
	return strings.Split(strings.TrimSpace(model.PrintableLines(text)), "\n")
}

// Ago is how long ago something was, in at most four cells: 3s, 42m, 5h, 12d, 3y.
func Ago(d time.Duration) string { return brief(max(d, 0), false) }

// Left is how long something still lasts: 42m, 1h, 59s. It rounds up, so that it is
// never 0 while there is time left.
func Left(d time.Duration) string { return brief(max(d, 0), true) }

func brief(d time.Duration, up bool) string {
	const day = 24 * time.Hour
	for _, u := range []struct {
		limit, unit time.Duration
		name        string
	}{{time.Minute, time.Second, "s"}, {time.Hour, time.Minute, "m"}, {2 * day, time.Hour, "h"}, {1000 * day, day, "d"}} {
		n := d / u.unit
		if up && d%u.unit > 0 {
			n++
		}
		if n < u.limit/u.unit {
			return strconv.Itoa(int(n)) + u.name
		}
	}
	return strconv.Itoa(int(d/(365*day))) + "y"
}

// Countdown is a bar of width cells that empties while left goes from life to 0, with
// what is left in words behind it. A life of 0 is unknown: there is no bar then.
func Countdown(st *theme.Styles, left, life time.Duration, width int) string {
	switch {
	case left <= 0:
		return st.Danger.Render("expired")
	case life <= 0:
		return Left(left) + " left"
	}
	width = max(width, 1)
	full := min(max(int(int64(width)*int64(left)/int64(life)), 1), width)
	style := st.OK
	if left*10 < life || left < 10*time.Second {
		style = st.Warn
	}
	bar := style.Render(strings.Repeat("█", full))
	if full < width {
		bar += st.Faint.Render(strings.Repeat("░", width-full))
	}
	return bar + " " + clock(left) + " left"
}

// clock is a countdown to the second, of a fixed width for each magnitude.
func clock(d time.Duration) string {
	s := int((d + time.Second - 1) / time.Second)
	if s < 3600 {
		return strconv.Itoa(s/60) + ":" + two(s%60)
	}
	if s < 48*3600 {
		return strconv.Itoa(s/3600) + ":" + two(s/60%60) + ":" + two(s%60)
	}
	return strconv.Itoa(s/86400) + " days"
}

func two(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}
