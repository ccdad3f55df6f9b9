package token

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"ferry/model"
	"ferry/ui/widget"
)

func (p *Panel) claimLines() []string {
	st := p.env.Styles
	if p.claims == nil {
		return p.row("Claims", st.Muted.Render("… decoding"))
	}
	c := p.claims
	verdict := st.Warn.Render("! signature not verified")
	switch c.Verdict {
	case model.VerdictOpaque:
		verdict = st.Muted.Render("– opaque token, nothing to decode")
	case model.VerdictValid:
		verdict = st.OK.Render("✓ signature valid")
	case model.VerdictInvalid:
		verdict = st.Danger.Render("✗ signature invalid")
	}
	if c.Detail != "" {
		verdict += st.Muted.Render(": " + model.Printable(c.Detail))
	}
	out := p.row("Claims", verdict)
	if c.Opaque {
		return out
	}
	var header bytes.Buffer
	if json.Compact(&header, []byte(c.Header)) == nil {
		out = append(out, p.row("  header", widget.HighlightJSON(st, model.Printable(header.String())))...)
	} else {
		out = append(out, p.row("  header", model.Printable(c.Header))...)
	}
	return append(out, p.jsonRows("  payload", c.Payload)...)
}

// introspectionLines are what the authorization server said of the token (RFC 7662).
func (p *Panel) introspectionLines() []string {
	if p.said == nil {
		return nil
	}
	st := p.env.Styles
	word := st.Danger.Render("✗ not active")
	if p.said.active {
		word = st.OK.Render("✓ active")
	}
	out := p.row("Server says", word+st.Muted.Render("  "+widget.Ago(p.env.Hub.Now().Sub(p.said.at))+" ago, by introspection"))
	return append(out, p.jsonRows("", p.said.text)...)
}

// introspection is an answer of an introspection endpoint.
type introspection struct {
	text   string // JSON, sanitised
	active bool
	at     time.Time
}

func introspected(text string, at time.Time) *introspection {
	var doc struct {
		Active bool `json:"active"`
	}
	_ = json.Unmarshal([]byte(text), &doc) // an answer that is no such object does not say that it is active
	return &introspection{text: text, active: doc.Active, at: at}
}

// jsonRows is indented JSON; a line that holds a time also says when that is.
func (p *Panel) jsonRows(label, text string) []string {
	st := p.env.Styles
	var out []string
	for l := range strings.Lines(model.PrintableLines(text)) {
		l = strings.ReplaceAll(strings.TrimRight(l, "\n"), "\t", "  ")
		when := claimTime(l, p.env.Hub.Now())
		for i, w := range widget.Wrap(l, max(p.size.width-labelCells-2, 1)) {
			row := widget.HighlightJSON(st, w)
			if i == 0 && when != "" {
				row += st.Muted.Render("  " + when)
			}
			out = append(out, p.row(label, row)...)
			label = ""
		}
	}
	return out
}

// claimTime reads the time in a line of one of the claims that hold one (RFC 7519 §4.1):
// in the person's zone, and from now. It is "" for any other line.
func claimTime(line string, now time.Time) string {
	name, value, ok := strings.Cut(strings.Trim(line, " ,"), ": ")
	if !ok || !slices.Contains([]string{`"exp"`, `"iat"`, `"nbf"`, `"auth_time"`}, name) {
		return ""
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || n < 0 || n > 1<<36 {
		return ""
	}
	t := time.Unix(int64(n), 0)
	if left := t.Sub(now); left > 0 {
		return t.Local().Format("2006-01-02 15:04:05 MST") + " (in " + span(left) + ")"
	}
	return t.Local().Format("2006-01-02 15:04:05 MST") + " (" + span(now.Sub(t)) + " ago)"
}

// span is a duration in words: "4 min", "59 s", "2 h", "12 days".
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " min"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + " h"
	}
	return strconv.Itoa(int(d/(24*time.Hour))) + " days"
}
