package transfer

import (
	"strconv"
	"strings"
	"time"

	"ferry/model"
	"ferry/ui/screens/moving"
	"ferry/ui/widget"
)

// faultLines are the records with which something went wrong, a line each, with the
// reason below where it does not fit.
func (t *Transfer) faultLines() []string {
	st := t.Env.Styles
	if len(t.Seen.faults) == 0 {
		return []string{"   " + st.Muted.Render("nothing went wrong with any record")}
	}
	var out []string
	names := 0
	for i := range t.Seen.faults {
		names = max(names, widget.Width(faultName(&t.Seen.faults[i])))
	}
	names = min(names, max(t.Width/3, 12))
	for i := range t.Seen.faults {
		f := &t.Seen.faults[i]
		lead := "   " + widget.Fit(faultName(f), names) + "  "
		style, what := st.Warn, string(f.Kind)
		if f.Kind == model.FaultUncertain || f.Kind == model.FaultFailed {
			style = st.Danger
		}
		if f.Status > 0 {
			what += " " + strconv.Itoa(f.Status)
		}
		lead += style.Render(widget.Fit(what, 13)) + "  "
		for j, l := range widget.Wrap(model.Printable(f.Reason), max(t.Width-widget.Width(lead)-1, 12)) {
			if j > 0 {
				lead = strings.Repeat(" ", widget.Width(lead))
			}
			out = append(out, lead+l)
		}
	}
	if n := moving.Faults(&t.Seen.status.State.Progress); n > int64(len(t.Seen.faults)) {
		out = append(out, "   "+st.Muted.Render("the newest "+strconv.Itoa(len(t.Seen.faults))+" of "+moving.Number(n)))
	}
	return out
}

// faultName says which record it is: its key, or its number and its line in the file.
func faultName(f *model.TransferFault) string {
	switch {
	case f.Key != "":
		return model.Printable(f.Key)
	case f.Row > 0:
		return "record " + moving.Number(f.Record) + ", line " + moving.Number(f.Row)
	}
	return "record " + moving.Number(f.Record)
}

// runLines are the runs, the newest first.
func (t *Transfer) runLines() []string {
	st := t.Env.Styles
	if len(t.Seen.runs) == 0 {
		return []string{"   " + st.Muted.Render("it has not run yet")}
	}
	var out []string
	for i := range t.Seen.runs {
		r := t.Seen.runs[i]
		phase := r.Phase
		if i == 0 && phase == model.PhaseRunning {
			phase = t.Seen.status.Phase // a run that was cut off says so itself no more
			r.Progress = t.Seen.status.State.Progress
		}
		glyph, style := moving.Sign(st, phase)
		line := "   " + style.Render(glyph) + " " + r.Started.UTC().Format("2006-01-02 15:04:05") + "  " +
			style.Render(widget.Fit(moving.Word(phase), 11)) + "  " + widget.Fit(trigger(&r), 20) + "  " + lasted(&r, t.Now())
		out = append(out, strings.TrimRight(line, " "))
		text := runText(&r.Progress)
		if r.Message != "" && phase != model.PhaseRunning {
			text += " · " + model.Printable(r.Message)
		}
		for _, l := range widget.Wrap(text, max(t.Width-7, 12)) {
			out = append(out, "     "+st.Muted.Render(l))
		}
	}
	return out
}

// runText is what a run counted.
func runText(p *model.Progress) string {
	words := []string{moving.Records(p.Records)}
	for _, c := range []struct {
		n    int64
		word string
	}{
		{p.Created, "created"},
		{p.Updated, "updated"},
		{p.Unchanged, "unchanged"},
		{p.Deleted, "deleted"},
		{p.Rejected, "rejected"},
		{p.Uncertain, "uncertain"},
		{p.Conflicts, plural(p.Conflicts, "conflict")},
		{p.Retries, plural(p.Retries, "retry")},
	} {
		if c.n > 0 {
			words = append(words, moving.Number(c.n)+" "+c.word)
		}
	}
	return strings.Join(words, " · ")
}

func trigger(r *model.TransferRun) string {
	text := string(r.Trigger)
	if r.Trigger == model.TriggerPerson || r.Trigger == model.TriggerResume {
		text = map[model.RunTrigger]string{model.TriggerPerson: "by ", model.TriggerResume: "resumed by "}[r.Trigger] + model.Printable(r.By)
	}
	return text
}

func lasted(r *model.TransferRun, now time.Time) string {
	if r.Ended.IsZero() {
		return moving.Lasted(now.Sub(r.Started))
	}
	return moving.Lasted(r.Ended.Sub(r.Started))
}
