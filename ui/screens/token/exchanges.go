package token

import (
	"slices"
	"strings"

	"ferry/model"
	"ferry/ui/widget"
	"ferry/ui/widget/exchange"
)

// exchanges are the last ones with the authorization server, newest first: token
// requests as they are remembered, and what this panel asked beside them.
func (p *Panel) exchanges() []model.Exchange {
	out := slices.Clone(p.known.Recent)
	if len(out) == 0 && (p.known.Exchange.Method != "" || p.known.Exchange.Failure != "") {
		out = append(out, p.known.Exchange)
	}
	out = append(out, p.aside...)
	slices.SortStableFunc(out, func(a, b model.Exchange) int { return b.At.Compare(a.At) })
	return out[:min(len(out), maxListed)]
}

const maxListed = model.MaxRecent + 2

// choose moves the choice among the exchanges and brings it into view.
func (p *Panel) choose(by int) {
	n := len(p.exchanges())
	p.chosen = max(min(p.chosen+by, n-1), 0)
	before, _, _ := p.sections()
	p.top = 0
	p.scroll(len(before))
}

// exchangeLines are the list, where there are several, and below it the chosen one.
func (p *Panel) exchangeLines() []string {
	list := p.exchanges()
	if len(list) == 0 {
		return nil
	}
	st := p.env.Styles
	chosen := min(p.chosen, len(list)-1)
	var out []string
	if len(list) > 1 {
		heads := make([]string, len(list))
		for i := range list {
			mark := "  "
			if i == chosen {
				mark = st.Marker.Render("▌") + " "
			}
			heads[i] = widget.Truncate(mark+p.head(&list[i], true), max(p.size.width-labelCells-2, 1))
		}
		out = p.row("Exchanges", heads...)
	} else {
		out = p.row("Exchange", p.head(&list[0], false))
	}
	x := &list[chosen]
	return append(out, p.details(x)...)
}

// head is an exchange on one line: how it ended, when, and which endpoint it was with.
func (p *Panel) head(x *model.Exchange, short bool) string {
	st := p.env.Styles
	status, ago := exchange.Status(st, x.Status), widget.Ago(p.env.Hub.Now().Sub(x.At))+" ago"
	if !short {
		return status + st.Muted.Render("  "+ago)
	}
	if p.size.width >= 76 {
		status = widget.Fit(status, len("x 503 Service Unavailable"))
	} else {
		status = widget.Fit(exchange.Code(st, x.Status), len("x no answer"))
	}
	return status + st.Muted.Render(" "+widget.Fit(ago, 8)+" "+widget.Fit(exchange.Duration(x.Timing.Total), 7)+" ") + model.Printable(endpoint(x.URL))
}

// endpoint is the path of a URL, which tells the endpoints of one server apart, or its
// host where it has none.
func endpoint(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	if i := strings.IndexByte(rest, '/'); i >= 0 && len(rest) > i+1 {
		return rest[i:]
	}
	return rest
}

// tallEnough is how high a screen is on which the waterfall leaves room for the rest.
const tallEnough = 15

// details are what was said, and below it where the time went: what an operator looks
// for first is the answer.
func (p *Panel) details(x *model.Exchange) []string {
	st, width := p.env.Styles, max(p.size.width-labelCells-2, 1)
	lines := exchange.Lines(st, x, width)
	var fall []string
	if p.size.height >= tallEnough {
		fall = exchange.Waterfall(st, x.Timing, min(width, 72))
	}
	switch {
	case len(fall) > 0:
		lines = append(append(lines, ""), fall...)
	case x.Timing != (model.Timing{}):
		first := widget.Wrap(st.Muted.Render(exchange.Timing(x.Timing)), width)
		if x.Failure != "" { // where it failed does not stand below the edge of a low screen
			first = append(widget.Wrap(st.Danger.Render("✗ "+model.Printable(x.Failure)), width), first...)
		}
		lines = append(first, lines...)
	}
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = strings.Repeat(" ", labelCells+2) + l
	}
	return out
}
