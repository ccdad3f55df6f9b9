package call

import (
	"context"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"ferry/model"
	"ferry/model/feed"
	"ferry/ui/jq"
	"ferry/ui/theme"
	"ferry/ui/widget"
	"ferry/ui/widget/exchange"
)

var noParam model.Param

// view is a part of the answer.
type view int

const (
	viewBody view = iota
	viewHeaders
	viewTiming
	viewExchange
	views
)

var viewNames = [views]string{"Body", "Headers", "Timing", "Exchange"}

// answer is a response made ready for the eye. It is built in a command.
type answer struct {
	resp     model.Response
	kind     string // what the body is
	note     string // what was done to show it
	next     string // the link to the next page, as the answer has it
	sets     []feed.Set
	viewers  [views]*widget.Viewer
	filtered *widget.Viewer // what the jq filter made of the body, nil without one
}

func (a *answer) viewer(v view) *widget.Viewer {
	if v == viewBody && a.filtered != nil {
		return a.filtered
	}
	return a.viewers[v]
}

// prepare makes a response ready: sanitised, indented, cut into lines.
func prepare(st *theme.Styles, resp model.Response) *answer {
	a := &answer{resp: resp}
	for i := range a.viewers {
		a.viewers[i] = widget.NewViewer(st)
	}
	body, text := a.viewers[viewBody], bodyText(&resp)
	a.kind, a.note = text.kind, text.note
	highlighted(body, a.kind)
	body.SetText(text.text)
	body.Prepare()
	switch a.kind {
	case kindJSON:
		a.next = feed.Next(resp.Body)
	case kindXML:
		a.sets, _ = feed.Sets(resp.Body) // most XML is no description of a service
	}
	if a.next == "" {
		a.next = linkNext(resp.Headers)
	}
	var headers strings.Builder
	for _, h := range resp.Headers {
		headers.WriteString(model.Printable(h.Name) + ": " + model.Printable(h.Value) + "\n")
	}
	a.viewers[viewHeaders].SetText(headers.String())
	a.viewers[viewHeaders].Highlight = highlightHeader
	a.viewers[viewTiming].SetContent(waterfall(&resp.Exchange))
	lines := exchange.Lines(st, &resp.Exchange, 0)
	for i, l := range lines {
		lines[i] = ansi.Strip(l)
	}
	a.viewers[viewExchange].SetContent(lines)
	return a
}

func highlightHeader(st *theme.Styles, line string) string {
	if name, value, ok := strings.Cut(line, ": "); ok {
		return st.JSONKey.Render(name) + ": " + value
	}
	return line
}

// filtered is what a jq filter made of a body.
type filtered struct {
	expr   string
	viewer *widget.Viewer
}

func runFilter(ctx context.Context, st *theme.Styles, expr string, body []byte) (filtered, error) {
	f, err := jq.Compile(expr)
	if err != nil {
		return filtered{expr: expr}, err
	}
	out, err := f.Indented(ctx, body)
	if err != nil {
		return filtered{expr: expr}, err
	}
	v := widget.NewViewer(st)
	v.Highlight = widget.HighlightJSON
	text := model.PrintableLines(string(out))
	if text == "" {
		text = "(the filter gives nothing)"
	}
	v.SetText(text)
	v.Prepare()
	return filtered{expr, v}, nil
}
