package server

import (
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/dustin/go-humanize"

	"ferry/model"
	"ferry/ui/widget"
)

// tlsSoon is how long before its end a certificate is warned about.
const tlsSoon = 14 * 24 * time.Hour

// SetSize implements screen.Screen.
func (s *Server) SetSize(width, height int) {
	s.width, s.height = width, height
	s.filter.SetWidth(width)
	s.resize()
}

func (s *Server) resize() {
	if s.width == 0 {
		return
	}
	s.settings.Resize(len(s.stored.settings), max(s.height-offHead-s.offFoot(), 0))
	if s.status == nil {
		return
	}
	above := len(s.head()) + 1
	if s.filter.Shows() {
		above++
	}
	s.scroll.Resize(len(s.match), max(s.height-above, 0))
	s.clients.Resize(len(s.status.Gateway), max(s.height-above, 0))
}

// View implements screen.Screen.
func (s *Server) View() string {
	switch {
	case s.width == 0 || s.height == 0:
		return ""
	case s.status == nil:
		return s.offView()
	}
	lines := s.head()
	if s.filter.Shows() {
		lines = append(lines, s.info())
	}
	if s.part == gateway {
		lines = append(lines, s.gatewayTable()...)
	} else {
		lines = append(lines, s.table()...)
	}
	if s.state != on { // what is not true any more is not shown as if it were
		for i := range lines[1:] {
			lines[i+1] = s.env.Styles.Faint.Render(ansi.Strip(lines[i+1]))
		}
	}
	return strings.Join(lines, "\n")
}

// roomy reports whether there is height for what can be left out.
func (s *Server) roomy() bool { return s.height >= 16 }

// tall is the height from which lists in the head take more than a line.
const tall = 30

// head are the lines above the table of requests.
func (s *Server) head() []string {
	st := s.status
	lines := []string{s.stateLine()}
	add := func(label, text string) {
		lines = append(lines, "   "+s.env.Styles.Muted.Render(widget.Fit(label, labelWidth))+widget.Truncate(text, s.room()))
	}
	if s.roomy() {
		add("Listens", st.Listen+" · pid "+strconv.Itoa(st.PID)+" · ferry "+st.Version)
	}
	if s.height >= tall && len(st.Aliases) > 0 {
		add("Aliases", strings.Join(st.Aliases, "  "))
	}
	add("Key", s.keyText())
	if text := s.tlsText(); text != "" {
		add("TLS", text)
	}
	add("Requests", s.rateText())
	add("In all", totals(st.Totals, s.room()))
	for i, line := range s.refusals() {
		add([]string{"Refused", ""}[min(i, 1)], line)
	}
	if s.roomy() {
		lines = append(lines, "")
	}
	return append(lines, s.parts())
}

const labelWidth = 10

func (s *Server) room() int { return max(s.width-3-labelWidth-1, 0) }

// stateLine says in a word how the server is, and where.
func (s *Server) stateLine() string {
	st, now := s.env.Styles, s.env.Hub.Now()
	ago := widget.Ago(now.Sub(s.answered))
	switch {
	case s.state == off:
		return " " + st.Warn.Render("○ off") + " · no server runs on this store any more · last seen " + ago + " ago"
	case s.state == silent:
		return widget.Truncate(" "+st.Danger.Render("✗ not answering")+" · last answer "+ago+" ago · "+s.problem, s.width-1)
	case !s.status.Ready:
		return widget.Truncate(" "+st.Danger.Render("✗ not ready")+" · "+dash(s.status.Problem), s.width-1)
	}
	line := " " + st.OK.Render("●") + " " + widget.Fit("running", labelWidth) + st.Bold.Render(s.status.URL)
	since := " · for " + widget.Ago(now.Sub(s.status.StartedAt))
	if s.width >= withClient {
		since += ", since " + s.status.StartedAt.UTC().Format("2006-01-02 15:04")
	}
	return widget.Truncate(line+st.Muted.Render(since), s.width-1)
}

// keyText is the signing key in use, and what becomes of it.
func (s *Server) keyText() string {
	id := string(s.status.KeyID)
	if s.width < withClient {
		id = widget.Truncate(id, 11)
	}
	parts := []string{dash(id), string(s.status.Algorithm)}
	next := ""
	for _, k := range s.stored.keys {
		if k.State == "next" {
			next = "next one signs in " + widget.Left(k.ActiveFrom.Sub(s.env.Hub.Now()))
		}
	}
	if next == "" {
		switch every := s.setting("rotate_every"); every {
		case "":
		case "0":
			next = "rotated by hand"
		default:
			next = "rotates every " + every
		}
	}
	if next != "" {
		parts = append(parts, next)
	}
	return strings.Join(parts, " · ")
}

func (s *Server) setting(name string) string {
	for _, have := range s.stored.settings {
		if have.Name == name {
			return model.Printable(have.Value)
		}
	}
	return ""
}

// tlsText is how long the certificate lasts; on a small screen only when that is short.
func (s *Server) tlsText() string {
	if s.status.TLSUntil == nil {
		return ""
	}
	left := s.status.TLSUntil.Sub(s.env.Hub.Now())
	day := s.status.TLSUntil.UTC().Format("2006-01-02")
	switch {
	case left <= 0:
		return s.env.Styles.Danger.Render("✗ the certificate expired on " + day)
	case left < tlsSoon:
		return s.env.Styles.Warn.Render("! the certificate expires in " + widget.Left(left) + ", on " + day)
	case !s.roomy():
		return ""
	}
	return "certificate until " + day + ", " + widget.Left(left) + " left"
}

// rateText is the requests of each of the last seconds, and how many there are now.
func (s *Server) rateText() string {
	per := s.status.PerSecond
	last := 0
	if len(per) > 0 {
		last = max(per[len(per)-1], 0)
	}
	now := humanize.Comma(int64(last)) + "/s"
	room := min(s.room()-len(now)-2, seconds)
	return s.env.Styles.Accent.Render(widget.Sparkline(per, room)) + "  " + now
}

func totals(t model.ServerTotals, room int) string {
	n := func(v uint64, what string) string {
		if v == 1 {
			what = strings.TrimSuffix(what, "s")
		}
		return humanize.Comma(int64(min(v, 1<<62))) + " " + what
	}
	parts := []string{n(t.Requests, "requests"), n(t.Tokens, "tokens"), n(t.API, "calls"), n(t.Refused, "refused"), n(t.Failed, "failed")}
	for len(parts) > 3 && widget.Width(strings.Join(parts, " · ")) > room { // what went well can be left out
		parts = append(parts[:1], parts[2:]...)
	}
	return strings.Join(parts, " · ")
}

// refusals are the reasons for refusing, most first, on as many lines as there is height for.
func (s *Server) refusals() []string {
	if len(s.status.Refusals) == 0 {
		return []string{"nobody so far"}
	}
	now, most := s.env.Hub.Now(), 1
	if s.height >= tall {
		most = 4
	}
	lines := []string{""}
	for _, r := range s.status.Refusals {
		text := r.Reason + " " + humanize.Comma(int64(min(r.Count, 1<<62))) + ", " + widget.Ago(now.Sub(r.LastAt)) + " ago"
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = text
		case widget.Width(*last+" · "+text) <= s.room()-2:
			*last += " · " + text
		case len(lines) < most:
			lines = append(lines, text)
		default:
			*last += " …"
			return lines
		}
	}
	return lines
}

// info is the line above the table, while there is a filter.
func (s *Server) info() string {
	text := " " + s.filter.View()
	if s.filter.Query != "" {
		text += "   " + s.filter.Left(len(s.match), len(s.status.Recent))
	}
	return text
}
