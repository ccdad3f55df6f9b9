package moving

import (
	"strconv"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/dustin/go-humanize"

	"ferry/model"
	"ferry/model/transfers"
	"ferry/ui/theme"
	"ferry/ui/widget"
)

// Sign is the glyph of a phase with the style of what is said about it.
func Sign(st *theme.Styles, p model.TransferPhase) (glyph string, style lipgloss.Style) {
	switch p {
	case model.PhaseRunning:
		return "▸", st.Accent
	case model.PhaseWaiting:
		return "●", st.OK
	case model.PhaseDone:
		return "·", st.OK
	case model.PhaseFailed:
		return "✗", st.Danger
	case model.PhaseInterrupted:
		return "!", st.Warn
	case model.PhasePaused:
		return "○", st.Warn
	}
	return "○", st.Muted
}

// Word is how a phase is called. A sync that nothing is known of yet waits.
func Word(p model.TransferPhase) string {
	if p == "" {
		return string(model.PhaseWaiting)
	}
	return string(p)
}

// Share is how much of a run is done, from 0 to 1, and false while that is not known.
func Share(s *transfers.Status) (float64, bool) {
	p := &s.State.Progress
	switch total := s.Total(); {
	case total > 0:
		return min(float64(p.Records)/float64(total), 1), true
	case p.Size > 0:
		return min(float64(p.Bytes)/float64(p.Size), 1), true
	}
	return 0, false
}

// Percent is a share in words: 100 only when all is done.
func Percent(share float64) string { return strconv.Itoa(int(share*100)) + "%" }

// Faults is how many records something went wrong with.
func Faults(p *model.Progress) int64 { return p.Rejected + p.Uncertain + p.Conflicts }

// Number is a count with its thousands apart.
func Number(n int64) string { return humanize.Comma(n) }

// Short is a count in at most five cells: 123, 9,999, 12k, 3.4M.
func Short(n int64) string {
	switch {
	case n < 10_000:
		return humanize.Comma(n)
	case n < 1_000_000:
		return strconv.FormatInt(n/1000, 10) + "k"
	case n < 10_000_000:
		return strconv.FormatFloat(float64(n/100_000)/10, 'f', 1, 64) + "M"
	}
	return strconv.FormatInt(n/1_000_000, 10) + "M"
}

// Bytes is a size for people.
func Bytes(n int64) string { return humanize.Bytes(uint64(max(n, 0))) }

// Rate is a number of records a second.
func Rate(perSecond float64) string {
	if perSecond < 10 {
		return strconv.FormatFloat(perSecond, 'f', 1, 64) + "/s"
	}
	return Short(int64(perSecond)) + "/s"
}

// Lasted is a length of time to the second, and to the tenth below ten of them.
func Lasted(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	case d < time.Hour:
		s := int(d / time.Second)
		if s < 60 {
			return strconv.Itoa(s) + "s"
		}
		return strconv.Itoa(s/60) + "m " + strconv.Itoa(s%60) + "s"
	}
	m := int(d / time.Minute)
	return strconv.Itoa(m/60) + "h " + strconv.Itoa(m%60) + "m"
}

// When is the time that matters of a transfer: what is left of a run, how long ago it
// ended, or when a sync is due.
func When(s *transfers.Status, now time.Time) string {
	switch s.Phase {
	case model.PhaseRunning:
		if left, ok := s.Left(); ok {
			return widget.Left(left) + " left"
		}
		return "for " + widget.Ago(now.Sub(s.State.Started))
	case model.PhaseWaiting, "":
		switch {
		case s.State.Next.IsZero():
			return ago(s.State.Ended, now)
		case !s.State.Next.After(now):
			return "due now"
		}
		return "in " + widget.Left(s.State.Next.Sub(now))
	case model.PhaseInterrupted:
		return ago(s.State.Reported, now)
	case model.PhasePaused, model.PhaseFailed:
		if s.State.Ended.IsZero() {
			return ago(s.State.Reported, now)
		}
	}
	return ago(s.State.Ended, now)
}

func ago(t, now time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return widget.Ago(now.Sub(t)) + " ago"
}

// Records is a number of records in words.
func Records(n int64) string {
	if n == 1 {
		return "1 record"
	}
	return Number(n) + " records"
}
