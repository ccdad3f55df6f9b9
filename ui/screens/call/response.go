package call

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"ferry/model"
	"ferry/ui/screens/nextstep"
	"ferry/ui/widget"
	"ferry/ui/widget/exchange"
)

// head is what stands above the answer: how it went, and the names of its parts.
func (c *Call) head() []string {
	st := c.env.Styles
	rule := st.Rule.Render(strings.Repeat("─", c.size.width))
	if c.call.Running() {
		elapsed := c.env.Hub.Now().Sub(c.began)
		if c.down != nil {
			return []string{rule, c.down.line(c, elapsed)}
		}
		since := widget.Ago(elapsed)
		return []string{rule, " " + st.Info.Render("… "+c.sent.Method+" under way, "+since) + st.Muted.Render("  esc cancels")}
	}
	var out []string
	if c.failed != nil {
		out = append(out, rule)
		for i, l := range widget.Wrap(model.Printable(explain(c.failed)), max(c.size.width-4, 1)) {
			sign := "   "
			if i == 0 {
				sign = " ✗ "
			}
			out = append(out, st.Danger.Render(sign+l))
		}
	}
	if c.answer == nil {
		return out
	}
	if len(out) == 0 {
		out = append(out, rule)
	}
	if c.answer.resp.Status != 0 {
		out = append(out, c.statusLines()...)
	}
	return append(out, c.partsLine())
}

// explain is an error with the next step in the console, where there are keys instead
// of commands.
func explain(e *model.Error) string {
	if before, _, ok := strings.Cut(e.Next, ", give its CA: "); ok {
		return e.Message + " – " + before + ", edit the client and give its CA file"
	}
	switch e.Code {
	case model.EDisabled:
		return e.Message + " – ^t opens its token page, where a activates it"
	case model.ERejected:
		return e.Message + " – edit the client, or ^t opens its token page to send them once more"
	}
	return nextstep.Text(e)
}

func (c *Call) statusLines() []string {
	st, r := c.env.Styles, &c.answer.resp
	facts := []string{humanize.Bytes(uint64(max(r.Size, 0))), c.answer.kind}
	if c.answer.note != "" {
		facts = append(facts, c.answer.note)
	}
	status := " " + exchange.Status(st, r.Status) + "  " + st.Muted.Render(strings.Join(facts, " · "))
	timing := exchange.Timing(r.Exchange.Timing)
	out := []string{status + st.Muted.Render(" · "+timing)}
	if widget.Width(out[0]) > c.size.width {
		out = []string{status, " " + st.Muted.Render(timing)}
	}
	if r.Retried {
		out = append(out, " "+st.Warn.Render("! the first answer was 401: the token was renewed and the call repeated"))
	}
	if r.Truncated {
		out = append(out, " "+st.Warn.Render(fmt.Sprintf("! there was more: these are the first %d MiB; s can save all of it", model.MaxShownBody>>20)))
	}
	return out
}

// partsLine names the parts of the answer, the one that shows in brackets.
func (c *Call) partsLine() string {
	st := c.env.Styles
	if c.filter != nil || c.jq.Running() {
		return ""
	}
	parts := make([]string, 0, views)
	for v, name := range viewNames {
		if view(v) == viewBody && c.applied != "" {
			name += " | jq " + model.Printable(c.applied)
		}
		if view(v) == c.view {
			parts = append(parts, st.PlaceActive.Render("["+name+"]"))
		} else {
			parts = append(parts, st.Place.Render(" "+name+" "))
		}
	}
	return " " + strings.Join(parts, " ")
}

// answerLines renders the answer in its rows.
func (c *Call) answerLines(fr frame) []string {
	st := c.env.Styles
	out := c.head()
	if c.answer == nil || c.call.Running() {
		if len(out) == 0 {
			out = []string{"", " " + st.Muted.Render("enter in the path sends; ^r sends from anywhere")}
		}
		return out[:min(len(out), fr.answer)]
	}
	if c.filter != nil || c.jq.Running() {
		out[len(out)-1] = c.filterLine()
		if c.badJQ != nil {
			for _, l := range widget.Wrap(c.badJQ.Message, max(c.size.width-4, 1)) {
				out = append(out, st.FieldError.Render(" ✗ "+l))
			}
		}
	}
	for l := range strings.SplitSeq(c.answer.viewer(c.view).View(), "\n") {
		out = append(out, " "+l)
	}
	return out[:min(len(out), fr.answer)]
}

const jqLead = " jq "

func (c *Call) filterLine() string {
	st := c.env.Styles
	if c.filter == nil {
		return st.Info.Render(" … filtering") + st.Muted.Render("  esc cancels")
	}
	c.filter.SetWidth(max(c.size.width-len(jqLead)-1, 1))
	return st.LabelActive.Render(jqLead) + c.filter.View(st, true)
}
