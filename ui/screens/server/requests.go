package server

import (
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/screen"
	"ferry/ui/screens/listing"
	"ferry/ui/theme"
	"ferry/ui/widget"
)

// What is kept of a status, however much a server sends.
const (
	maxRecent   = 200
	maxRefusals = 50 // and aliases
	maxClients  = 1000
	seconds     = 60
)

// clean returns a status in which every text is fit to be shown.
func clean(st model.ServerStatus) model.ServerStatus {
	for _, text := range []*string{&st.URL, &st.Listen, &st.Version, &st.Problem, (*string)(&st.KeyID), (*string)(&st.Algorithm)} {
		*text = model.Printable(*text)
	}
	st.Aliases = append([]string(nil), st.Aliases[:min(len(st.Aliases), maxRefusals)]...)
	for i := range st.Aliases {
		st.Aliases[i] = model.Printable(st.Aliases[i])
	}
	st.PerSecond = st.PerSecond[max(len(st.PerSecond)-seconds, 0):]
	st.Refusals = append([]model.Refusal(nil), st.Refusals[:min(len(st.Refusals), maxRefusals)]...)
	for i := range st.Refusals {
		st.Refusals[i].Reason = model.Printable(st.Refusals[i].Reason)
	}
	st.Recent = append([]model.ServedRequest(nil), st.Recent[:min(len(st.Recent), maxRecent)]...)
	for i := range st.Recent {
		st.Recent[i] = cleanRequest(st.Recent[i])
	}
	st.Gateway = append([]model.ClientTraffic(nil), st.Gateway[:min(len(st.Gateway), maxClients)]...)
	for i := range st.Gateway {
		c := &st.Gateway[i]
		c.Client, c.Space, c.Breaker = model.Printable(c.Client), model.Printable(c.Space), model.BreakerState(model.Printable(string(c.Breaker)))
		c.PerSecond = c.PerSecond[max(len(c.PerSecond)-seconds, 0):]
	}
	return st
}

// cleanRequest returns a request in which every text is fit to be shown.
func cleanRequest(r model.ServedRequest) model.ServedRequest {
	for _, text := range []*string{&r.ID, &r.Method, &r.Path, &r.Client, &r.Space, &r.Addr, &r.Reason, &r.Upstream} {
		*text = model.Printable(*text)
	}
	return r
}

func (s *Server) refilter() {
	s.match = s.match[:0]
	if s.status == nil {
		return
	}
	words := model.Words(s.filter.Query)
	for i := range s.status.Recent {
		if holds(&s.status.Recent[i], words) {
			s.match = append(s.match, i)
		}
	}
	s.resize()
}

// holds reports whether every word, in lower case, is somewhere in what a row tells.
func holds(r *model.ServedRequest, words []string) bool {
	if len(words) == 0 {
		return true
	}
	text := strings.ToLower(strings.Join([]string{r.Method, r.Path, strconv.Itoa(r.Status), r.Client, r.Space, r.Addr, r.Reason, r.Upstream}, " "))
	return model.HasWords(text, words)
}

// The widths from which the table shows what it leaves out below.
const (
	withClient  = 76
	withAddress = 104
)

const (
	timeWidth    = 8
	methodWidth  = 6
	statusWidth  = 22 // 403 insufficient_scope
	clientWidth  = 14
	addressWidth = 17
	msWidth      = 7
	gap          = 2
)

// columnNames head a table of requests.
func columnNames(width int) string {
	return row(width, "TIME UTC", "METHOD", "PATH", "STATUS", "CALLER", "ADDRESS", "MS")
}

// requestRow is a request in the columns of a table of them.
func requestRow(st *theme.Styles, width int, r *model.ServedRequest) string {
	return row(width, r.At.UTC().Format("15:04:05"), r.Method, r.Path, statusCell(st, r), dash(r.Client), r.Addr, millis(r.Duration))
}

// row puts cells into the columns of a table of requests.
func row(width int, at, method, path, status, client, addr, ms string) string {
	rest := width - 3 - timeWidth - methodWidth - statusWidth - 3*gap - 1
	cells := widget.Fit(status, statusWidth)
	if width >= withClient {
		rest -= clientWidth + gap
		cells += "  " + widget.Fit(client, clientWidth)
	}
	if width >= withAddress {
		rest -= addressWidth + msWidth + 2*gap
		cells += "  " + widget.Fit(addr, addressWidth) + "  " + strings.Repeat(" ", max(msWidth-widget.Width(ms), 0)) + ms
	}
	return widget.Fit(at, timeWidth) + "  " + widget.Fit(method, methodWidth) + "  " + widget.Fit(path, max(rest, 0)) + "  " + cells
}

func (s *Server) table() []string {
	st := s.env.Styles
	lines := []string{st.Column.Render("   " + columnNames(s.width))}
	switch {
	case len(s.status.Recent) == 0:
		lines = append(lines, "   Nothing has been asked of it yet.")
	case len(s.match) == 0:
		lines = append(lines, "   No request matches “"+model.Printable(s.filter.Query)+"”. esc clears the filter.")
	}
	return append(lines, listing.Window(st, &s.scroll, func(i int) string {
		return " " + requestRow(st, s.width, &s.status.Recent[s.match[i]])
	})...)
}

// statusCell is the status with why it was refused.
func statusCell(st *theme.Styles, r *model.ServedRequest) string {
	text := strings.TrimSpace(strconv.Itoa(r.Status) + " " + r.Reason)
	switch {
	case r.Status >= 500:
		return st.Danger.Render(text)
	case r.Status >= 400:
		return st.Warn.Render(text)
	}
	return text
}

// millis is a span in milliseconds, to the tenth below ten.
func millis(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms < 10 {
		return strconv.FormatFloat(ms, 'f', 1, 64)
	}
	return strconv.FormatFloat(ms, 'f', 0, 64)
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// details shows everything about the request under the cursor.
func (s *Server) details() tea.Cmd { return details(s.env.Styles, s.current()) }

// details shows everything that is known about a request: no header and no body is.
func details(st *theme.Styles, r *model.ServedRequest) tea.Cmd {
	if r == nil {
		return nil
	}
	lines := []string{
		"When      " + r.At.UTC().Format("2006-01-02 15:04:05.000") + " UTC",
		"Request   " + r.Method + " " + r.Path,
		"Answer    " + strconv.Itoa(r.Status) + " in " + millis(r.Duration) + " ms",
	}
	if r.Reason != "" {
		lines = append(lines, "Refused   "+r.Reason)
	}
	if r.Upstream != "" {
		lines = append(lines, "API       "+r.Upstream)
	}
	return screen.Send(screen.Open{Overlay: widget.NewShow(st, "Request "+r.ID, append(lines,
		"Caller    "+dash(r.Client), "Space     "+dash(r.Space), "Address   "+r.Addr,
	))})
}
