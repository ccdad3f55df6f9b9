package command

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"ferry/model"
	"ferry/model/transfers"
)

// lineWidth is how many columns the line of a transfer takes at most, so that it stays one.
const lineWidth = 76

// tellEvery is how often -v tells how far a transfer is where there is no terminal.
const tellEvery = 10 * time.Second

// transferLine says on stderr how far a transfer is: on a terminal in one line that
// changes, with -v elsewhere now and then on a line of its own, else not at all.
type transferLine struct {
	a     *app
	quiet bool // records go to the same terminal

	mu     sync.Mutex // a signal comes from elsewhere
	line   *progressLine
	told   time.Time
	latest transfers.Status
}

func (a *app) transferLine(now model.Clock, quiet bool) *transferLine {
	return &transferLine{a: a, quiet: quiet, line: a.progress(now), told: now()}
}

// report is a transfers.Options.Report.
func (t *transferLine) report(st transfers.Status) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.latest = st
	if t.quiet || t.a.json() {
		return
	}
	if t.a.env.Terminals.Err {
		t.line.say(func(time.Time) string { return clip("ferry: "+progressText(&st), lineWidth) })
		return
	}
	if at := t.line.now(); t.a.g.verbose && at.Sub(t.told) >= tellEvery {
		t.told = at
		fmt.Fprintln(t.a.errOut, "ferry: "+progressText(&st))
	}
}

// pausing tells the person whose signal came what happens now.
func (t *transferLine) pausing() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.quiet || t.a.json() || !t.a.env.Terminals.Err && !t.a.g.verbose {
		return
	}
	t.line.end()
	fmt.Fprintln(t.a.errOut, "ferry: pausing after what is in flight; once more ends it at once")
}

// end clears the line and returns what was reported last.
func (t *transferLine) end() transfers.Status {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.line.end()
	t.quiet = true
	return t.latest
}

func clip(line string, width int) string {
	if runes := []rune(line); len(runes) > width {
		return string(runes[:width-3]) + "..."
	}
	return line
}

// progressText is how far a transfer is, or how far it came.
func progressText(st *transfers.Status) string {
	p := &st.State.Progress
	total := st.Total()
	if st.Phase == model.PhaseDone || st.Phase == model.PhaseWaiting {
		total = 0 // all that it took
	}
	parts := []string{recordsText(p, total)}
	switch {
	case p.Size > 0:
		parts = append(parts, fmt.Sprintf("%s of %s", bytesText(p.Bytes), bytesText(p.Size)))
	case p.Bytes > 0:
		parts = append(parts, bytesText(p.Bytes))
	}
	if st.Rate >= 1 {
		parts = append(parts, humanize.Comma(int64(st.Rate+0.5))+"/s")
	}
	if left, ok := st.Left(); ok && st.Phase == model.PhaseRunning {
		parts = append(parts, span(left)+" left")
	}
	if p.Rejected > 0 && st.Phase == model.PhaseRunning {
		parts = append(parts, humanize.Comma(p.Rejected)+" rejected")
	}
	text := strings.Join(parts, ", ")
	if p.Waiting != "" {
		text += "; waiting: " + model.Printable(p.Waiting)
	}
	return text
}

// recordsText is "12,000 records", or "12,000 of 1,000,000 records (1%)".
func recordsText(p *model.Progress, total int64) string {
	if total <= p.Records {
		return recordCount(p.Records)
	}
	return fmt.Sprintf("%s of %s (%d%%)", humanize.Comma(p.Records), recordCount(total), p.Records*100/total)
}

func recordCount(n int64) string {
	if n == 1 {
		return "1 record"
	}
	return humanize.Comma(n) + " records"
}

func bytesText(n int64) string { return humanize.Bytes(uint64(max(n, 0))) }
