package exchange

import (
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"ferry/model"
	"ferry/ui/theme"
)

// part is one part of the time of an exchange.
type part struct {
	name  string
	d     time.Duration
	style lipgloss.Style
}

func parts(st *theme.Styles, t model.Timing) []part {
	var out []part
	for _, p := range []part{
		{"DNS", t.DNS, st.Muted}, {"connect", t.Connect, st.Info}, {"TLS", t.TLS, st.Accent}, {"wait", t.Wait, st.Warn}, {"body", t.Body, st.OK},
	} {
		if p.d > 0 {
			out = append(out, p)
		}
	}
	return out
}

const (
	partCells = 8 // the longest name of a part and a space
	timeCells = 9 // "12.3 s" with two spaces before it
)

// Waterfall shows how the time of an exchange was spent: a line for each part that took
// any, its bar where it was in the whole, and the whole below. Nothing is drawn in less
// than 30 cells; Timing says the same in one line.
func Waterfall(st *theme.Styles, t model.Timing, width int) []string {
	list := parts(st, t)
	room := width - partCells - timeCells
	if len(list) == 0 || width < 30 {
		return nil
	}
	var sum time.Duration
	for _, p := range list {
		sum += p.d
	}
	whole := max(sum, t.Total)
	cells := func(d time.Duration) int { return int(int64(room) * int64(d) / int64(whole)) }
	var out []string
	var before time.Duration
	for _, p := range list {
		from := min(cells(before), room-1)
		before += p.d
		to := max(cells(before), from+1)
		bar := strings.Repeat(" ", from) + p.style.Render(strings.Repeat("█", to-from)) + strings.Repeat(" ", room-to)
		out = append(out, st.Muted.Render(fit(p.name))+bar+right(Duration(p.d)))
	}
	note := ""
	if t.Reused {
		note = "over an open connection"
	}
	return append(out, st.Muted.Render(fit("total")+note+strings.Repeat(" ", max(room-len(note), 0)))+right(Duration(whole)))
}

func fit(name string) string { return name + strings.Repeat(" ", max(partCells-len(name), 0)) }

func right(s string) string { return strings.Repeat(" ", max(timeCells-ansi.StringWidth(s), 0)) + s }
