package call

import (
	"net/http"
	"net/url"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/transfers"
	"ferry/ui/screen"
)

// exportThis opens the form of an export that reads what the answer came from: its path,
// query and headers, and the jq filter that shows, from a page to its records.
func (c *Call) exportThis() tea.Cmd {
	switch {
	case c.client == nil || c.answer == nil || c.answer.resp.Status == 0:
		return nil
	case c.sent.Method != http.MethodGet && c.sent.Method != "":
		return screen.Send(screen.Notice{Level: screen.Warning, Text: "an export reads with GET, and this was " + c.sent.Method})
	}
	d := transfers.Draft{Kind: model.KindExport, Source: transfers.Side{Client: c.client.Name}}
	d.Source.Path, d.Source.Query = splitQuery(c.sent.Path)
	d.Source.Query = append(d.Source.Query, c.sent.Query...)
	for _, h := range c.sent.Headers {
		if !clients.SecretByName(h.Name) {
			d.Source.Headers = append(d.Source.Headers, h)
		}
	}
	d.Read.Items = c.applied
	return screen.Send(screen.Push{Route: screen.NewTransfer{Draft: d}})
}

// splitQuery takes the query off a path, in its order.
func splitQuery(path string) (string, []model.Param) {
	path, raw, found := strings.Cut(path, "?")
	if !found || raw == "" {
		return path, nil
	}
	var out []model.Param
	for w := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(w, "=")
		p := model.Param{Name: name, Value: value}
		if n, err := url.QueryUnescape(name); err == nil {
			p.Name = n
		}
		if v, err := url.QueryUnescape(value); err == nil {
			p.Value = v
		}
		out = append(out, p)
	}
	return path, out
}
