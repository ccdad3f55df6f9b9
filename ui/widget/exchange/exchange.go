// Package exchange shows a recorded exchange with another system: request line,
// headers, form body, status, how the time was spent, and the answer.
//
// It imports model, the theme and the widgets. It must never unmask anything: an
// exchange holds no secret, and what it holds is spelled out once more here.
package exchange

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ferry/model"
	"ferry/ui/theme"
)

// Status is an HTTP status with a sign and its words: "✓ 200 OK".
func Status(st *theme.Styles, status int) string {
	words := strconv.Itoa(status)
	if text := http.StatusText(status); text != "" {
		words += " " + text
	}
	switch {
	case status == 0:
		return st.Danger.Render("✗ no answer")
	case status < 300:
		return st.OK.Render("✓ " + words)
	case status < 400:
		return st.Warn.Render("→ " + words)
	}
	return st.Danger.Render("✗ " + words)
}

// Timing says how the time of an exchange was spent: "59 ms: DNS 2 · connect 3 · …".
func Timing(t model.Timing) string {
	parts := make([]string, 0, 5)
	for _, p := range []struct {
		name string
		d    time.Duration
	}{{"DNS", t.DNS}, {"connect", t.Connect}, {"TLS", t.TLS}, {"wait", t.Wait}, {"body", t.Body}} {
		if p.d > 0 {
			parts = append(parts, p.name+" "+Duration(p.d))
		}
	}
	if t.Reused {
		parts = append(parts, "connection reused")
	}
	if len(parts) == 0 {
		return Duration(t.Total)
	}
	return Duration(t.Total) + ": " + strings.Join(parts, " · ")
}

// Duration is a time span for people: "12 ms", "1.4 s", "2m5s".
func Duration(d time.Duration) string {
	switch {
	case d <= 0:
		return "0 ms"
	case d < time.Millisecond:
		return "<1 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// Lines are the exchange as unwrapped lines: what was sent after ">", what came after "<".
func Lines(st *theme.Styles, x *model.Exchange) []string {
	out := []string{st.Muted.Render("> ") + st.Bold.Render(model.Printable(x.Method+" "+x.URL))}
	out = append(out, headers(st, "> ", x.RequestHeaders)...)
	out = append(out, body(st, "> ", x.RequestBody)...)
	if x.Failure != "" {
		out = append(out, st.Danger.Render("✗ "+model.Printable(x.Failure)))
	}
	if x.Status == 0 {
		return out
	}
	out = append(out, st.Muted.Render("< ")+Status(st, x.Status))
	out = append(out, headers(st, "< ", x.ResponseHeaders)...)
	out = append(out, body(st, "< ", x.ResponseBody)...)
	if x.Truncated {
		out = append(out, st.Warn.Render("! the body was longer; this is its beginning"))
	}
	return out
}

func headers(st *theme.Styles, lead string, hs []model.Param) []string {
	out := make([]string, len(hs))
	for i, h := range hs {
		out[i] = st.Muted.Render(lead+model.Printable(h.Name)+": ") + model.Printable(h.Value)
	}
	return out
}

func body(st *theme.Styles, lead, text string) []string {
	if text == "" {
		return nil
	}
	out := []string{st.Muted.Render(strings.TrimSpace(lead))}
	for l := range strings.SplitSeq(strings.TrimRight(model.PrintableLines(text), "\n"), "\n") {
		out = append(out, st.Muted.Render(lead)+strings.ReplaceAll(l, "\t", "  "))
	}
	return out
}
