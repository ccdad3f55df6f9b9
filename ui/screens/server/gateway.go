package server

import (
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"ferry/model"
	"ferry/ui/screens/listing"
	"ferry/ui/widget"
)

// part is one of the two tables below the state.
type part int

const (
	requests part = iota
	gateway
)

// parts says which tables there are, and in a word how the gateway is.
func (s *Server) parts() string {
	st := s.env.Styles
	names := [...]string{"REQUESTS " + strconv.Itoa(len(s.status.Recent)), "GATEWAY"}
	open := 0
	for i := range s.status.Gateway {
		if s.status.Gateway[i].Breaker == model.BreakerOpen {
			open++
		}
	}
	if n := len(s.status.Gateway); n > 0 {
		names[gateway] += " " + humanize.Comma(int64(n))
	}
	for i := range names {
		if part(i) == s.part {
			names[i] = st.Marker.Render("▸") + " " + st.Section.Render(names[i])
		} else {
			names[i] = "  " + st.Muted.Render(names[i])
		}
	}
	line := " " + names[requests] + "  " + names[gateway]
	if open > 0 {
		line += "   " + st.Danger.Render("✗ "+counted(open, "breaker")+" open")
	}
	return widget.Truncate(line, s.width-1)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return humanize.Comma(int64(n)) + " " + what + "s"
}

// traffic is the client under the cursor, nil when there is none.
func (s *Server) traffic() *model.ClientTraffic {
	if s.status == nil || s.clients.Cursor >= len(s.status.Gateway) {
		return nil
	}
	return &s.status.Gateway[s.clients.Cursor]
}

// placeTraffic keeps the cursor on its client.
func (s *Server) placeTraffic(was *model.ClientTraffic) {
	s.clients.Resize(len(s.status.Gateway), s.clients.Height)
	if was == nil {
		return
	}
	for i := range s.status.Gateway {
		if c := &s.status.Gateway[i]; c.Client == was.Client && c.Space == was.Space {
			s.clients.Move(i)
			return
		}
	}
}

// The widths of the columns of the gateway.
const (
	rateWidth    = 7
	shareWidth   = 6
	refusedWidth = 7
	spanWidth    = 7
	breakerWidth = 16
	apiLeast     = 12 // of the client's name, before something else goes
	sparkMost    = 60
)

// gatewayColumns are widths; 0 is a column that is not shown.
type gatewayColumns struct{ client, spark, refused, p50 int }

func (s *Server) gatewayColumns() gatewayColumns {
	c := gatewayColumns{}
	rest := s.width - 3 - 1 - (rateWidth + gap) - (shareWidth + gap) - (spanWidth + gap) - (breakerWidth + gap)
	take := func(want int) int {
		if rest-want-gap < apiLeast {
			return 0
		}
		rest -= want + gap
		return want
	}
	c.refused, c.p50 = take(refusedWidth), take(spanWidth)
	if s.width >= withAddress {
		c.spark = take(min(rest-apiLeast*2-gap, sparkMost))
	}
	c.client = max(rest, 1)
	return c
}

// gatewayRow puts cells into the columns; numbers stand at their right.
func (s *Server) gatewayRow(client, spark, rate, share, refused, p50, p99, breaker string) string {
	c := s.gatewayColumns()
	var b strings.Builder
	left := func(text string, width int) {
		if width > 0 {
			b.WriteString(widget.Fit(text, width) + "  ")
		}
	}
	right := func(text string, width int) {
		if width > 0 {
			b.WriteString(strings.Repeat(" ", max(width-widget.Width(text), 0)) + widget.Truncate(text, width) + "  ")
		}
	}
	left(client, c.client)
	left(spark, c.spark)
	right(rate, rateWidth)
	right(share, shareWidth)
	right(refused, c.refused)
	right(p50, c.p50)
	right(p99, spanWidth)
	b.WriteString(widget.Truncate(breaker, breakerWidth))
	return b.String()
}

func (s *Server) gatewayTable() []string {
	st := s.env.Styles
	lines := []string{st.Column.Render("   " + s.gatewayRow("API CLIENT", "LAST "+strconv.Itoa(s.gatewayColumns().spark)+" SECONDS", "NOW", "ERRORS", "REFUSED", "P50 MS", "P99 MS", "BREAKER"))}
	if len(s.status.Gateway) == 0 {
		return append(lines, "   No client was called through the gateway yet:", "   "+widget.Truncate(s.base()+"/gw/CLIENT/… with an access token of an API user", s.width-4))
	}
	spark := s.gatewayColumns().spark
	return append(lines, listing.Window(st, &s.clients, func(i int) string {
		c := &s.status.Gateway[i]
		share := errorShare(c)
		if c.Failed > 0 {
			share = st.Warn.Render(share)
		}
		return " " + s.gatewayRow(
			s.clientName(c), st.Accent.Render(widget.Sparkline(c.PerSecond, spark)), rateNow(c), share,
			humanize.Comma(int64(min(c.Refused, 1<<62))), millis(c.P50), millis(c.P99), breakerText(st.Danger.Render, st.Warn.Render, c, s.env.Hub.Now()))
	})...)
}

// clientName names a client, with its space when that is not the one that is worked in.
func (s *Server) clientName(c *model.ClientTraffic) string {
	if c.Space != s.env.Hub.Space.Name {
		return c.Space + "/" + c.Client
	}
	return c.Client
}

// rateNow is how many requests there were in the last second.
func rateNow(c *model.ClientTraffic) string {
	if n := len(c.PerSecond); n > 0 {
		return humanize.Comma(int64(max(c.PerSecond[n-1], 0))) + "/s"
	}
	return "–"
}

// errorShare is how many of a hundred requests were answered 5xx, since the server started.
func errorShare(c *model.ClientTraffic) string {
	if c.Requests == 0 {
		return "–"
	}
	share := float64(c.Failed) / float64(c.Requests) * 100
	switch {
	case c.Failed == 0:
		return "0 %"
	case share < 0.1:
		return "<0.1 %"
	case share < 10:
		return strconv.FormatFloat(share, 'f', 1, 64) + " %"
	}
	return strconv.FormatFloat(share, 'f', 0, 64) + " %"
}

// breakerText is whether requests go to the upstream, and when they do again.
func breakerText(danger, warn func(...string) string, c *model.ClientTraffic, now time.Time) string {
	switch c.Breaker {
	case model.BreakerOpen:
		if c.OpenUntil != nil && c.OpenUntil.After(now) {
			return danger("✗ open, " + widget.Left(c.OpenUntil.Sub(now)) + " left")
		}
		return danger("✗ open")
	case model.BreakerHalfOpen:
		return warn("! half-open")
	case model.BreakerClosed, "":
		return "● closed"
	}
	return string(c.Breaker)
}
