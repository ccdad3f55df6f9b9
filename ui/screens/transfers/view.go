package transfers

import (
	"strings"

	"ferry/model"
	"ferry/model/transfers"
	"ferry/ui/screens/listing"
	"ferry/ui/screens/moving"
	"ferry/ui/widget"
)

// columns are the widths of the columns; 0 is a column that is not shown.
type columns struct{ title, kind, state, rate, records, errors, when int }

const (
	indent     = 5  // " ▌✓▸ "
	stateWidth = 13 // interrupted; a bar and 45%
	titleWidth = 20 // at least, or a column of less use goes
)

// layout shares the width out. At 60 columns the kind and the errors go; from 110 on the
// bar grows and the rate has a column.
func layout(width int) columns {
	c := columns{state: stateWidth, records: 7, when: 9}
	rest := width - indent - 1 - c.state - c.records - c.when - 3*2
	if width >= 110 {
		c.state, c.records, c.rate = 26, 11, 8
		rest = width - indent - 1 - c.state - c.records - c.rate - c.when - 4*2
	}
	if rest-8 >= titleWidth {
		c.kind = 6
		rest -= c.kind + 2
	}
	if rest-8 >= titleWidth {
		c.errors = 6
		rest -= c.errors + 2
	}
	c.title = max(rest, 8)
	return c
}

func (t *Transfers) none() []string {
	st := t.Env.Styles
	return []string{
		"  " + st.Bold.Render("No transfers yet."), "",
		"  An export gets the records of an API into a file, an import",
		"  sends those of a file to an API, and a sync keeps two APIs",
		"  in step. Each goes on where it was when it was cut off.", "",
		"  " + st.HelpKey.Render("n") + " begins the first one",
	}
}

func (t *Transfers) table() (string, func(*transfers.Status) string) {
	cols, errors := layout(t.Width), "ERRORS"
	if t.Sort == byErrors {
		errors = "ERROR▾"
	}
	heading := join(cols, t.Heading(byTitle, "TRANSFER"), "KIND", "STATE", "RATE", "RECORDS", errors, t.Heading(byTime, "WHEN"))
	return strings.Repeat(" ", indent) + heading, func(s *transfers.Status) string { return t.row(s, cols) }
}

func join(c columns, title, kind, state, rate, records, errors, when string) string {
	return listing.Join(
		listing.Cell{Text: title, Width: c.title}, listing.Cell{Text: kind, Width: c.kind}, listing.Cell{Text: state, Width: c.state},
		listing.Cell{Text: rate, Width: c.rate}, listing.Cell{Text: records, Width: c.records},
		listing.Cell{Text: errors, Width: c.errors}, listing.Cell{Text: when, Width: c.when},
	)
}

// row renders one transfer.
func (t *Transfers) row(s *transfers.Status, cols columns) string {
	st := t.Env.Styles
	glyph, style := moving.Sign(st, s.Phase)
	p := &s.State.Progress
	records, errors, rate := moving.Short(p.Records), "–", ""
	if cols.records > 10 {
		records = moving.Number(p.Records)
	}
	if p.Records == 0 && (s.Phase == model.PhaseWaiting || s.Phase == "") {
		records = "–"
	}
	if n := moving.Faults(p); n > 0 {
		errors = st.Warn.Render(moving.Short(n))
	}
	if s.Phase == model.PhaseRunning {
		rate = moving.Rate(s.Rate)
	}
	return style.Render(glyph) + " " + join(cols, widget.Middle(model.Printable(s.Title()), cols.title), string(s.Transfer.Kind),
		t.state(s, cols.state), rate, records, errors, moving.When(s, t.Env.Hub.Now()))
}

// state is the phase, or how far a run is: a bar where the end is known, else the rate
// where that has no column of its own.
func (t *Transfers) state(s *transfers.Status, width int) string {
	st := t.Env.Styles
	_, style := moving.Sign(st, s.Phase)
	p := &s.State.Progress
	if s.Phase != model.PhaseRunning {
		return style.Render(moving.Word(s.Phase))
	}
	share, known := moving.Share(s)
	switch {
	case p.Waiting != "":
		return st.Warn.Render("held up")
	case known:
		return widget.Bar(st, style, share, width-5) + " " + moving.Percent(share)
	case width > stateWidth:
		return style.Render("running")
	}
	return style.Render("run " + moving.Rate(s.Rate))
}
