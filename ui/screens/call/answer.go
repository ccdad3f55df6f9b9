package call

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/dustin/go-humanize"

	"ferry/model"
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
	viewExchange
	views
)

var viewNames = [views]string{"Body", "Headers", "Exchange"}

// answer is a response made ready for the eye. It is built in a command.
type answer struct {
	resp     model.Response
	kind     string // "JSON", "XML", "text", "binary", "no body"
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
	var text string
	body := a.viewers[viewBody]
	a.kind, text = bodyText(&resp)
	switch a.kind {
	case "JSON":
		body.Highlight = widget.HighlightJSON
	case "XML":
		body.Highlight = widget.HighlightXML
	}
	body.SetText(text)
	warm(body)
	var headers strings.Builder
	for _, h := range resp.Headers {
		headers.WriteString(model.Printable(h.Name) + ": " + model.Printable(h.Value) + "\n")
	}
	a.viewers[viewHeaders].SetText(headers.String())
	a.viewers[viewHeaders].Highlight = highlightHeader
	lines := exchange.Lines(st, &resp.Exchange, 0)
	for i, l := range lines {
		lines[i] = ansi.Strip(l)
	}
	a.viewers[viewExchange].SetContent(lines)
	return a
}

// warm makes a viewer ready to be searched: it folds its text when the first letter of a
// search is typed, and for a large body that letter would wait.
func warm(v *widget.Viewer) {
	for _, r := range "/\ue000" {
		v.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	v.Back()
}

func highlightHeader(st *theme.Styles, line string) string {
	if name, value, ok := strings.Cut(line, ": "); ok {
		return st.JSONKey.Render(name) + ": " + value
	}
	return line
}

// bodyText says what a body is and returns it as text for a terminal. A binary body is
// described, never dumped.
func bodyText(resp *model.Response) (kind, text string) {
	body := resp.Body
	mime := strings.ToLower(header(resp.Headers, "Content-Type"))
	switch {
	case len(body) == 0:
		return "no body", "(the answer has no body)"
	case isBinary(body, strings.HasPrefix(mime, "text/")):
		sum := sha256.Sum256(body)
		return "binary", fmt.Sprintf("(a binary body is not shown)\n\nType     %s\nSize     %s (%d bytes)\nSHA-256  %s\nBegins   % x\n\ns saves it to a file.",
			model.Printable(orNone(mime)), humanize.Bytes(uint64(len(body))), len(body), hex.EncodeToString(sum[:]), body[:min(len(body), 16)])
	case strings.Contains(mime, "json") || body[0] == '{' || body[0] == '[':
		var out bytes.Buffer
		if json.Indent(&out, body, "", "  ") == nil {
			return "JSON", model.PrintableLines(out.String())
		}
		return "JSON", model.PrintableLines(string(body)) // cut off, or not quite JSON: as it is
	case strings.Contains(mime, "xml") || strings.Contains(mime, "html") || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")):
		return "XML", model.PrintableLines(string(body))
	}
	return "text", model.PrintableLines(string(body))
}

// isBinary reports whether a body is no text. What calls itself text and is in another
// encoding than UTF-8 is shown all the same, its odd bytes spelled out.
func isBinary(body []byte, saysText bool) bool {
	head := body[:min(len(body), 8<<10)]
	if bytes.IndexByte(head, 0) >= 0 {
		return true
	}
	if saysText {
		return false
	}
	for i := 0; i < len(head); {
		r, n := utf8.DecodeRune(head[i:])
		if r == utf8.RuneError && n == 1 && (len(head) == len(body) || len(head)-i >= utf8.UTFMax) {
			return true
		}
		i += n
	}
	return false
}

func header(hs []model.Param, name string) string {
	for _, h := range hs {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

func orNone(s string) string {
	if s == "" {
		return "(not said)"
	}
	return s
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
	warm(v)
	return filtered{expr, v}, nil
}
