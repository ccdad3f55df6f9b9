package command

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
	"ferry/ui/jq"
)

// previewed is how many requests --dry-run shows.
const previewed = 5

// plannedView is a request that was not sent. Body is the value for a JSON body, a string
// for other text.
type plannedView struct {
	Record  int64           `json:"record"` // the first in it, from 1
	Method  string          `json:"method"`
	URL     string          `json:"url"`
	Headers map[string]any  `json:"headers"`
	Body    json.RawMessage `json:"body"`
}

// preview prints the first requests that an import would send.
func (a *app) preview(ctx context.Context, h *hub.Hub, d transfers.Draft, in io.Reader) error {
	planned, err := h.Transfers.Preview(ctx, h.Space, d, in, previewed)
	if err != nil {
		return err
	}
	views := make([]plannedView, len(planned))
	for i := range planned {
		p := &planned[i]
		views[i] = plannedView{Record: p.Record, Method: p.Method, URL: p.URL, Headers: headersOf(p.Header), Body: bodyValue(p.Body)}
	}
	if !a.json() && len(planned) == 0 {
		a.note("transfer", "there is no record in it")
	}
	return a.show(listOf(views, ""), func(w io.Writer) {
		for i := range planned {
			a.printPlanned(w, &planned[i])
		}
	})
}

func (a *app) printPlanned(w io.Writer, p *model.PlannedRequest) {
	fmt.Fprintln(w, a.toTerminal(fmt.Sprintf("# record %d", p.Record)))
	fmt.Fprintln(w, a.toTerminal(p.Method+" "+p.URL))
	for _, h := range p.Header {
		fmt.Fprintln(w, a.toTerminal(h.Name+": "+h.Value))
	}
	body := p.Body
	if indented, ok := jq.Indent(body); ok {
		body = indented
	}
	if len(body) > 0 {
		fmt.Fprintf(w, "\n%s\n", a.toTerminal(string(body)))
	}
	fmt.Fprintln(w)
}

func bodyValue(body []byte) json.RawMessage {
	switch {
	case len(body) == 0 || !utf8.Valid(body):
		return json.RawMessage("null")
	case json.Valid(body):
		return body
	}
	return quoteJSON(string(body))
}
