package server

import (
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"ferry/model"
	"ferry/ui/screens/listing"
	"ferry/ui/widget"
)

func (l *Live) resize() {
	if l.width == 0 {
		return
	}
	l.scroll.Resize(len(l.match), max(l.height-len(l.head())-l.infoRows()-1, 0))
}

// View implements screen.Screen.
func (l *Live) View() string {
	if l.width == 0 || l.height == 0 {
		return ""
	}
	st := l.env.Styles
	lines := l.head()
	if l.infoRows() > 0 {
		lines = append(lines, l.info())
	}
	lines = append(lines, st.Column.Render("   "+columnNames(l.width)))
	if len(l.match) == 0 {
		lines = append(lines, "   "+l.nothing())
	}
	return strings.Join(append(lines, listing.Window(st, &l.scroll, func(i int) string {
		r := l.lines[l.match[i]]
		r.Path = l.below(r.Path)
		return " " + requestRow(st, l.width, &r)
	})...), "\n")
}

// below is the part of a path that is the client's own: all that is shown begins alike.
func (l *Live) below(path string) string {
	rest := strings.TrimPrefix(path, "/spaces/"+model.Printable(l.space))
	if own, ok := strings.CutPrefix(rest, "/gw/"+model.Printable(l.client)); ok && strings.HasPrefix(own, "/") {
		return own
	}
	return path
}

// nothing says why there is no line.
func (l *Live) nothing() string {
	switch {
	case len(l.lines) > 0:
		return "No request matches. esc clears the filter."
	case l.state == off:
		return "Start a server with ferry serve: what it answers shows here."
	}
	return "Nothing was asked of it yet: requests show here as they end."
}

// head says how the client is, and whether the lines are live.
func (l *Live) head() []string {
	st := l.env.Styles
	state := st.OK.Render("●") + " live"
	switch {
	case l.state == off:
		state = st.Warn.Render("○ off") + " · no server runs on this store"
	case l.state == silent:
		state = st.Danger.Render("✗ not answering") + " · " + l.problem
	case l.paused:
		state = st.Warn.Render("‖ held") + " · " + counted(len(l.held), "new request") + " · p goes on"
		if len(l.held) >= maxLines {
			state = st.Warn.Render("‖ held") + " · more than " + humanize.Comma(maxLines) + " new requests, only the newest are kept · p goes on"
		}
	case l.scroll.Cursor > 0:
		state += st.Muted.Render(" · you read further down; g shows the newest")
	}
	if l.lost > 0 {
		state += st.Warn.Render(" · ! " + humanize.Comma(int64(min(l.lost, 1<<62))) + " were too many to be told")
	}
	lines := []string{widget.Truncate(" "+state, l.width-1)}
	if l.traffic != nil {
		lines = append(lines, "   "+l.figures())
	}
	if l.height >= 16 {
		lines = append(lines, "")
	}
	return lines
}

// figures are how the client is, as many of them as fit.
func (l *Live) figures() string {
	st, c := l.env.Styles, l.traffic
	parts := []string{
		"breaker " + breakerText(st.Danger.Render, st.Warn.Render, c, l.env.Hub.Now()), rateNow(c), errorShare(c) + " errors",
		humanize.Comma(int64(min(c.Refused, 1<<62))) + " refused", "p50 " + millis(c.P50) + " ms", "p99 " + millis(c.P99) + " ms",
	}
	for _, least := range []int{4, 3, 3} { // p50, refused and p99 are of the least use
		if widget.Width(strings.Join(parts, " · ")) > l.width-4 {
			parts = slices.Delete(parts, least, least+1)
		}
	}
	return widget.Truncate(strings.Join(parts, " · "), l.width-4)
}

// infoRows is how many lines say what is filtered by.
func (l *Live) infoRows() int {
	if l.filter.Shows() || l.class != 0 {
		return 1
	}
	return 0
}

func (l *Live) info() string {
	st := l.env.Styles
	var parts []string
	if l.filter.Shows() {
		parts = append(parts, l.filter.View())
	}
	if l.class != 0 {
		parts = append(parts, st.Accent.Render(className(l.class))+" only")
	}
	parts = append(parts, l.filter.Left(len(l.match), len(l.lines)))
	return " " + strings.Join(parts, "   ")
}
