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

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"ferry/model"
	"ferry/ui/theme"
)

// Status is an HTTP status with a sign and its words: "✓ 200 OK".
func Status(st *theme.Styles, status int) string {
	words := strconv.Itoa(status)
	if text := http.StatusText(status); text != "" {
		words += " " + text
	}
	return signed(st, status, words)
}

// Code is Status without the words: "✓ 200".
func Code(st *theme.Styles, status int) string { return signed(st, status, strconv.Itoa(status)) }

func signed(st *theme.Styles, status int, words string) string {
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

// Lines are the exchange: what was sent after ">", what came after "<". Long lines are
// broken to width cells, each part with its sign; a width of 0 breaks none.
func Lines(st *theme.Styles, x *model.Exchange, width int) []string {
	w := writer{st: st, width: width}
	w.put("> ", "", st.Bold, x.Method+" "+x.URL)
	w.message("> ", x.RequestHeaders, x.RequestBody)
	if x.Failure != "" {
		w.put("✗ ", "", st.Danger, x.Failure)
	}
	if x.Status == 0 {
		return w.lines
	}
	w.lines = append(w.lines, st.Muted.Render("< ")+Status(st, x.Status))
	w.message("< ", x.ResponseHeaders, x.ResponseBody)
	if x.Truncated {
		w.put("! ", "", st.Warn, "the body was longer; this is its beginning")
	}
	return w.lines
}

type writer struct {
	st    *theme.Styles
	width int
	lines []string
}

func (w *writer) message(lead string, headers []model.Param, body string) {
	for _, h := range headers {
		w.put(lead, model.Printable(h.Name)+": ", w.st.Text, h.Value)
	}
	if body == "" {
		return
	}
	w.lines = append(w.lines, w.st.Muted.Render(strings.TrimSpace(lead)))
	for l := range strings.SplitSeq(strings.TrimRight(model.PrintableLines(body), "\n"), "\n") {
		w.put(lead, "", w.st.Text, strings.ReplaceAll(l, "\t", "  "))
	}
}

// put adds one line, broken where it is too long.
func (w *writer) put(lead, name string, style lipgloss.Style, text string) {
	parts := []string{name + model.Printable(text)}
	if room := w.width - len([]rune(lead)); w.width > 0 {
		parts = strings.Split(ansi.Hardwrap(parts[0], max(room, 1), true), "\n")
	}
	for _, p := range parts {
		if rest, ok := strings.CutPrefix(p, name); ok && name != "" {
			p, name = w.st.Muted.Render(name)+style.Render(rest), ""
		} else {
			p = style.Render(p)
		}
		w.lines = append(w.lines, w.st.Muted.Render(lead)+p)
	}
}
