package keys

import (
	"math"
	"strconv"
	"strings"
	"time"

	"ferry/model"
)

// maxAhead is how far ahead an expiry may be. What is meant to be longer has none.
const maxAhead = 100 * 365 * 24 * time.Hour

// units are those of a span. A day has 24 hours.
var units = map[byte]time.Duration{
	'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour,
}

// ParseSpan reads a span of time: "90d", "2w", "36h", "30m", "0". EInvalid for anything
// else, and for what is longer than 292 years.
func ParseSpan(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if d, ok := span(text); ok {
		return d, nil
	}
	return 0, model.Errorf(model.EInvalid, "%s is no span of time", Quoted(text)).
		WithNext("write it as in 90d, 2w, 36h or 30m")
}

func span(text string) (time.Duration, bool) {
	if text == "0" {
		return 0, true
	}
	if len(text) < 2 || text[0] < '0' || text[0] > '9' { // no sign
		return 0, false
	}
	unit, ok := units[text[len(text)-1]]
	n, err := strconv.ParseInt(text[:len(text)-1], 10, 64)
	if !ok || err != nil || time.Duration(n) > math.MaxInt64/unit {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// ParseExpiry reads when something expires: "" or "never" (the zero time), a span from now
// ("90d", "12h", "2w"), a day ("2027-01-31": its last second in UTC) or a time in RFC 3339.
// The result is in UTC and in whole seconds. EInvalid for anything else and for what is
// not in the future.
func ParseExpiry(text string, now time.Time) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" || text == "never" {
		return time.Time{}, nil
	}
	t, ok := moment(text, now)
	if !ok {
		return time.Time{}, model.Errorf(model.EInvalid, "%s is no time at which something expires", Quoted(text)).
			WithField("expires_at").WithNext("write it as in 90d, 2w, 12h, 2027-01-31, 2027-01-31T18:00:00Z or never")
	}
	msg := ExpiryProblem(t, now)
	if t.IsZero() { // as RFC 3339 writes it: the first second of the year 1, not never
		msg = past
	}
	if msg != "" {
		return time.Time{}, model.Errorf(model.EInvalid, "%s: %s", Quoted(text), msg).
			WithField("expires_at").WithNext("give a later time, or never")
	}
	return t, nil
}

func moment(text string, now time.Time) (time.Time, bool) {
	if d, ok := span(text); ok {
		// Beyond what is allowed anyway the sum would only have to be kept from wrapping.
		return now.Add(min(d, maxAhead+time.Hour)).UTC().Truncate(time.Second), true
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.Add(24*time.Hour - time.Second), true
	}
	t, err := time.Parse(time.RFC3339, text)
	return t.UTC().Truncate(time.Second), err == nil
}

const past = "this is not in the future"

// ExpiryProblem says what is wrong with an expiry that is set at now, "" when nothing is.
// The zero time, never, is all right.
func ExpiryProblem(t, now time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case !t.After(now):
		return past
	case t.After(now.Add(maxAhead)):
		return "this is more than 100 years ahead: leave it out for never"
	}
	return ""
}

// ExpiryText is how an expiry is written for people: in RFC 3339 and UTC, or "never".
func ExpiryText(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}

// exact returns t as the store gives it back: in UTC and without a monotonic reading.
func exact(t time.Time) time.Time { return t.Round(0).UTC() }

// Quoted shows for a message what was typed, cut short, unless it might be a secret.
func Quoted(text string) string {
	if looksSecret(text) {
		return "what was given"
	}
	if r := []rune(text); len(r) > 40 {
		text = string(r[:40]) + "…"
	}
	return "\"" + model.Printable(text) + "\""
}
