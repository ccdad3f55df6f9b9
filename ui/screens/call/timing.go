package call

import (
	"strings"
	"time"

	"ferry/model"
	"ferry/ui/widget"
	"ferry/ui/widget/exchange"
)

// barCells is how wide the whole of an exchange is drawn.
const barCells = 40

// waterfall draws where the time of an exchange went: each part begins where the one
// before it ended.
func waterfall(x *model.Exchange) []string {
	t := x.Timing
	parts := []struct {
		name string
		d    time.Duration
	}{{"DNS", t.DNS}, {"Connect", t.Connect}, {"TLS", t.TLS}, {"Wait", t.Wait}, {"Body", t.Body}}
	sum := time.Duration(0)
	for _, p := range parts {
		sum += p.d
	}
	total := max(t.Total, sum)
	if total <= 0 {
		return []string{"(nothing was measured)"}
	}
	cells := func(d time.Duration) int { return int(int64(barCells) * int64(d) / int64(total)) }
	var out []string
	began := time.Duration(0)
	for _, p := range parts {
		if p.d <= 0 {
			out = append(out, widget.Fit(p.name, 9)+widget.Fit("", barCells)+"  –")
			continue
		}
		from := min(cells(began), barCells-1)
		bar := strings.Repeat(" ", from) + strings.Repeat("█", max(cells(began+p.d)-from, 1))
		out = append(out, widget.Fit(p.name, 9)+widget.Fit(bar, barCells)+"  "+exchange.Duration(p.d))
		began += p.d
	}
	out = append(out, widget.Fit("Total", 9)+strings.Repeat("▔", barCells)+"  "+exchange.Duration(t.Total))
	switch {
	case t.Reused:
		out = append(out, "", "An open connection was used, so there was nothing to look up or to connect.")
	case t.Total-sum >= time.Millisecond: // less is in the rounding
		out = append(out, "", "What is missing to the total is writing the request, and redirects.")
	}
	return out
}
