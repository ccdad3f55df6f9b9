package form

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/widget/field"
	"ferry/ui/widget/sheet"
)

// The sections that are closed at first: what most clients never need.
const (
	secTLS       = "tls"
	secTransport = "transport"
	secAdvanced  = "advanced"
	secGateway   = "gateway"
)

// sectionFields are the fields inside a section.
func (f *Form) sectionFields(key string) []string {
	switch key {
	case secGateway:
		return []string{"cors_origins", "cors_methods", "gateway_upgrades", "gateway_cookies", "gateway_realm"}
	case secTLS:
		return []string{"ca", "tls_server_name", "tls_min_version", "cert", "cert_key", "insecure"}
	case secTransport:
		return []string{"timeout", "connect_timeout", "first_byte_timeout", "proxy", "proxy_user", "proxy_password", "user_agent", "rate_limit", "keep_bodies"}
	}
	out := []string{"params", "resources", "token_headers", "place"}
	for _, h := range f.in.tokenHeaders {
		out = append(out, h.id)
	}
	return out
}

// sectionOf returns the section that a field is in, "" for none.
func (f *Form) sectionOf(field string) string {
	for _, key := range []string{secTLS, secTransport, secAdvanced, secGateway} {
		if slices.Contains(f.sectionFields(key), field) {
			return key
		}
	}
	return ""
}

// section is the line that opens and closes a section. While it is closed, messages of
// the fields inside stand below it.
func (f *Form) section(key, label, summary string) sheet.Row {
	mark, fields := "▸ ", append([]string{key}, f.sectionFields(key)...)
	if f.open[key] {
		mark, fields = "▾ ", []string{key}
	}
	return sheet.Row{Label: label, Fields: fields, Items: []*sheet.Item{{
		Key: key, Kind: sheet.Button, Label: mark + summary, Hint: "enter shows or hides these settings",
		Do: func() tea.Cmd { f.open[key] = !f.open[key]; return nil },
	}}}
}

// uncover opens the section that a field is in.
func (f *Form) uncover(field string) {
	if key := f.sectionOf(field); key != "" {
		f.open[key] = true
	}
}

func (f *Form) transportSummary() string {
	in := &f.in
	limit := in.timeout.Text()
	if limit == "" {
		limit = durationText(model.DefaultTimeout)
	}
	parts := []string{"timeout " + limit}
	switch p := in.proxy.Text(); p {
	case "":
	case model.ProxyNone:
		parts = append(parts, "no proxy")
	default:
		if u, err := url.Parse(p); err == nil && u.Host != "" {
			p = u.Host
		}
		parts = append(parts, "proxy "+model.Printable(p))
	}
	if r := in.rate.Text(); r != "" {
		parts = append(parts, model.Printable(r)+"/s")
	}
	if in.keepBodies {
		parts = append(parts, "keeps bodies")
	}
	return strings.Join(parts, ", ")
}

func (f *Form) transportRows() []sheet.Row {
	in := &f.in
	rows := []sheet.Row{
		sheet.Line("timeout", "  Timeout", in.timeout),
		sheet.Line("connect_timeout", "  Connect timeout", in.connect),
		sheet.Line("first_byte_timeout", "  First byte", in.firstByte),
		sheet.Line("proxy", "  Proxy", in.proxy),
	}
	if p := in.proxy.Text(); p != "" && p != model.ProxyNone || !in.proxyUser.Empty() || in.proxyPassword.stored {
		rows = append(rows, sheet.Line("proxy_user", "  Proxy user", in.proxyUser), f.secretRow("proxy_password", "  Proxy password", in.proxyPassword))
	}
	return append(rows,
		sheet.Line("user_agent", "  User agent", in.userAgent),
		sheet.Line("rate_limit", "  Requests a second", in.rate),
		sheet.Box("keep_bodies", "  Test calls", "keep bodies, for replay", &in.keepBodies))
}

func (f *Form) advancedSummary() string {
	in := &f.in
	var parts []string
	count := func(n int, what string) {
		if n > 0 {
			parts = append(parts, counted(n, what))
		}
	}
	count(len(in.params), "parameter")
	count(len(in.resources), "resource")
	count(len(in.tokenHeaders), "token header")
	switch {
	case !in.placeQuery.Empty():
		parts = append(parts, "token in the query")
	case !in.placeHeader.Empty():
		parts = append(parts, "token in "+model.Printable(in.placeHeader.Text()))
	case !in.placePrefix.Empty():
		parts = append(parts, "token after "+model.Printable(in.placePrefix.Text()))
	}
	if len(parts) == 0 {
		return "parameters, headers, place of the token"
	}
	return strings.Join(parts, ", ")
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (f *Form) advancedRows() []sheet.Row {
	in := &f.in
	rows := f.textRows("params", "  Extra parameters", "+ add parameter", in.params, f.addParam)
	rows = append(rows, f.textRows("resources", "  Resources", "+ add resource", in.resources, f.addResource)...)
	for _, h := range in.tokenHeaders {
		rows = append(rows, f.headerRow(h))
	}
	return append(rows,
		sheet.Row{Label: "  Token request", Fields: []string{"token_headers"}, Items: []*sheet.Item{{
			Key: "token_header.add", Kind: sheet.Button, Label: "+ add header", Do: func() tea.Cmd {
				f.MoveTo(f.addHeader(clients.HeaderDraft{}, true).id)
				return nil
			},
		}}},
		placeRow("place_header", "  Token in header", in.placeHeader),
		placeRow("place_prefix", "  Before the token", in.placePrefix),
		sheet.Row{Label: "  Token in query", Fields: []string{"place"}, Items: []*sheet.Item{{Key: "place", Kind: sheet.Text, Line: in.placeQuery}}})
}

// placeRow is a line of the token's place; what is wrong with that stands below the last.
func placeRow(key, label string, l *field.Line) sheet.Row {
	r := sheet.Line(key, label, l)
	r.Fields = []string{key}
	return r
}

// textRows are the rows of a list, and the button that adds one.
func (f *Form) textRows(key, label, add string, list []*textRow, addRow func(string) *textRow) []sheet.Row {
	var rows []sheet.Row
	for _, p := range list {
		rows = append(rows, sheet.Row{Fields: []string{p.id}, Items: []*sheet.Item{
			{Key: p.id, Kind: sheet.Text, Line: p.text},
			{Key: p.id + ".remove", Kind: sheet.Button, Label: "remove", Do: func() tea.Cmd { f.removeRow(p.id); return nil }},
		}})
	}
	rows = append(rows, sheet.Row{Fields: []string{key}, Items: []*sheet.Item{{
		Key: strings.TrimSuffix(key, "s") + ".add", Kind: sheet.Button, Label: add,
		Do: func() tea.Cmd { f.MoveTo(addRow("").id); return nil },
	}}})
	rows[0].Label = label
	return rows
}

// removeRow takes a row away and puts the focus on what follows.
func (f *Form) removeRow(id string) {
	in := &f.in
	texts := func(r *textRow) bool { return r.id == id }
	headers := func(r *headerRow) bool { return r.id == id }
	in.params, in.resources = slices.DeleteFunc(slices.Clone(in.params), texts), slices.DeleteFunc(slices.Clone(in.resources), texts)
	in.headers, in.tokenHeaders = slices.DeleteFunc(slices.Clone(in.headers), headers), slices.DeleteFunc(slices.Clone(in.tokenHeaders), headers)
	kind, _, _ := strings.Cut(id, ".")
	f.MoveTo(kind + ".add")
}

// blankLine reports whether nothing but spaces is in a field.
func blankLine(l *field.Line) bool { return l.Text() == "" }
