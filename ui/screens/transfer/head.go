package transfer

import (
	"strings"

	"ferry/model"
	"ferry/ui/screens/moving"
	"ferry/ui/screens/nextstep"
	"ferry/ui/widget"
)

// headLines say what the transfer is doing: its phase, how far it is, what it waits for,
// and, when it stopped, why, what was kept and how it goes on.
func (t *Transfer) headLines() []string {
	st, s := t.Env.Styles, &t.Seen.status
	glyph, style := moving.Sign(st, s.Phase)
	first := style.Render(glyph+" "+moving.Word(s.Phase)) + st.Muted.Render(" · "+string(s.Transfer.Kind)+" · "+t.moment())
	lines := []string{" " + widget.Truncate(first, t.Width-2)}
	lines = append(lines, t.amount()...)
	add := func(sign, text string, render func(...string) string) {
		for i, l := range widget.Wrap(text, max(t.Width-5, 10)) {
			lead := "  "
			if i == 0 {
				lead = sign + " "
			}
			lines = append(lines, " "+render(lead+l))
		}
	}
	p := &s.State.Progress
	if s.Phase == model.PhaseRunning && p.Waiting != "" {
		add("!", "held up: "+model.Printable(p.Waiting), st.Warn.Render)
	}
	if why := t.why(); why != "" {
		add(glyph, why, style.Render)
	}
	for _, l := range []string{t.next(), t.advice()} {
		if l != "" {
			add("·", l, st.Muted.Render)
		}
	}
	for _, n := range p.Notes {
		add("·", model.Printable(n), st.Muted.Render)
	}
	return lines
}

// moment is when the phase began or ends.
func (t *Transfer) moment() string {
	s, now := &t.Seen.status, t.Now()
	switch text := moving.When(s, now); s.Phase {
	case model.PhaseRunning:
		if s.State.Wish == model.WishPause {
			return "pausing: what is in flight ends first"
		}
		if s.State.Wish == model.WishCancel {
			return "being cancelled"
		}
		return "for " + moving.Lasted(now.Sub(s.State.Started)) + rest(text)
	case model.PhaseInterrupted:
		return "last heard of " + text
	case model.PhaseWaiting, "":
		if s.State.Next.IsZero() {
			return "runs when it is asked to"
		}
		return "runs " + strings.TrimPrefix(text, "due ")
	default:
		return text
	}
}

// rest is what is left, behind how long it has run already.
func rest(when string) string {
	if strings.HasSuffix(when, " left") {
		return " · " + when
	}
	return ""
}

// amount is how far it is: a bar where the end is known, and what was counted.
func (t *Transfer) amount() []string {
	st, s := t.Env.Styles, &t.Seen.status
	p := &s.State.Progress
	if p.Records == 0 && p.Requests == 0 && s.Phase != model.PhaseRunning {
		return nil
	}
	var lines []string
	if share, known := moving.Share(s); known && (s.Phase == model.PhaseRunning || s.Phase != model.PhaseDone && s.Transfer.Kind != model.KindSync) {
		_, style := moving.Sign(st, s.Phase)
		of := moving.Number(p.Records)
		if total := s.Total(); total > 0 {
			of += " of " + moving.Number(total)
		}
		of += " records"
		bar := max(t.Width-len(of)-11, 10)
		lines = append(lines, " "+widget.Bar(st, style, share, bar)+" "+widget.Fit(moving.Percent(share), 4)+"  "+of)
	} else {
		lines = append(lines, " "+st.Bold.Render(moving.Records(p.Records)))
	}
	return append(lines, t.counts(p)...)
}

// counts are the other numbers, those that are not zero, as many on a line as fit.
func (t *Transfer) counts(p *model.Progress) []string {
	s := &t.Seen.status
	var words []string
	add := func(text string, on bool) {
		if on {
			words = append(words, text)
		}
	}
	size := moving.Bytes(p.Bytes)
	if p.Size > 0 {
		size += " of " + moving.Bytes(p.Size)
	}
	add(moving.Rate(s.Rate), s.Rate > 0)
	add(size, p.Bytes > 0)
	add(count(p.Pages, "page"), p.Pages > 0)
	add(count(p.Requests, "request"), p.Requests > 0)
	add(count(p.Retries, "retry"), p.Retries > 0)
	outcomes := []struct {
		n    int64
		word string
		bad  bool
	}{
		{p.Created, "created", false},
		{p.Updated, "updated", false},
		{p.Unchanged, "unchanged", false},
		{p.Deleted, "deleted", false},
		{p.Rejected, "rejected", true},
		{p.Uncertain, "uncertain", true},
		{p.Conflicts, plural(p.Conflicts, "conflict"), true},
	}
	for _, o := range outcomes {
		text := moving.Number(o.n) + " " + o.word
		if o.bad {
			text = t.Env.Styles.Warn.Render(text)
		}
		add(text, o.n > 0)
	}
	var lines []string
	at := ""
	for _, w := range words {
		switch {
		case at == "":
			at = w
		case widget.Width(at)+3+widget.Width(w) > t.Width-2:
			lines, at = append(lines, " "+at), w
		default:
			at += " · " + w
		}
	}
	if at != "" {
		lines = append(lines, " "+at)
	}
	return lines
}

func count(n int64, what string) string { return moving.Number(n) + " " + plural(n, what) }

func plural(n int64, what string) string {
	switch {
	case n == 1:
		return what
	case strings.HasSuffix(what, "y"):
		return strings.TrimSuffix(what, "y") + "ies"
	}
	return what + "s"
}

// why says what stopped it, "" when nothing did.
func (t *Transfer) why() string {
	s := &t.Seen.status
	switch s.Phase {
	case model.PhaseInterrupted:
		return "cut off: whoever ran it reports no more, as after a kill"
	case model.PhasePaused:
		if s.State.Code == model.EInterrupted {
			return "whoever ran it was stopped, and kept what was done"
		}
		return model.Printable(s.State.Message)
	case model.PhaseFailed, model.PhaseCancelled:
		return model.Printable(s.State.Message)
	case model.PhaseWaiting, "":
		if s.State.Code != "" { // the last run of a sync
			return "the last run failed: " + model.Printable(s.State.Message)
		}
	}
	return ""
}

// advice is what to do before it goes on, "" when nothing is known.
func (t *Transfer) advice() string {
	st := &t.Seen.status.State
	text, _, _ := strings.Cut(st.Advice, "ferry ") // a command is of no use here: there are keys
	text = strings.TrimRight(text, ": ")
	text = strings.TrimSuffix(strings.TrimSuffix(text, "go on with"), "then ")
	text = strings.TrimRight(text, "; ,")
	if text == "" && (st.Code == model.EUnreachable || st.Code == model.ETimeout) {
		text = nextstep.Of(&model.Error{Code: st.Code})
	}
	if s := &t.Seen.status; strings.Contains(text, "--") || s.Phase == model.PhaseDone || s.Phase == model.PhaseCancelled || s.Phase == model.PhaseRunning {
		return ""
	}
	return model.Printable(text)
}

// next says what was kept and how it goes on, "" when there is nothing to say.
func (t *Transfer) next() string {
	s := &t.Seen.status
	kept := s.State.Kept.Records
	switch s.Phase {
	case model.PhaseInterrupted, model.PhaseFailed, model.PhasePaused:
		switch s.Transfer.Kind {
		case model.KindSync:
			if s.Transfer.Sync.Paused {
				return "p lets it run again, r runs it once"
			}
			return "r runs it again: what did not change is not sent"
		case model.KindImport:
			return "p goes on after " + moving.Records(kept) + ", which are not sent again"
		case model.KindExport:
			return "p goes on after " + moving.Records(kept) + ", which are kept"
		}
	case model.PhaseWaiting, "":
		if s.Transfer.Kind == model.KindSync && s.Transfer.Sync.Schedule != "" && !t.Seen.served {
			return "no server runs to start it when it is due: ferry serve, or r runs it now"
		}
		if s.State.Code != "" {
			return "it is tried again when it is due, or with r"
		}
	}
	return ""
}
