package form

import (
	"net/url"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/widget"
	"ferry/ui/widget/field"
	"ferry/ui/widget/sheet"
)

// rows returns the form as it now is. What does not matter is not there.
func (f *Form) rows() []sheet.Row {
	rows := f.connectionRows()
	rows = append(rows, f.authRows()...)
	rows = append(rows, f.headerRows()...)
	rows = append(rows, f.gatewayRows()...)
	save := "Create"
	if f.Target != "" {
		save = "Save"
	}
	return append(rows, sheet.Row{Bare: true, Items: []*sheet.Item{
		sheet.Press("save", save, f.Submit), sheet.Press("test", "Test connection", f.tryTest), sheet.Press("cancel", "Cancel", f.Leave),
	}})
}

func (f *Form) connectionRows() []sheet.Row {
	in := &f.in
	rows := []sheet.Row{sheet.Line("name", "Connection name *", in.name), sheet.Line("base_url", "Base URL *", in.baseURL)}
	rows[0].Section = "CONNECTION"
	if f.needsHTTP() {
		rows = append(rows, sheet.Box("allow_http", "Plain http", "allow: credentials travel in the clear", &in.allowHTTP))
	}
	rows = append(rows,
		sheet.Box("protected", "Protected", "ask for the name before changes", &in.protected),
		f.section(secTLS, "TLS", f.tlsSummary()))
	if f.open[secTLS] {
		rows = append(rows, f.tlsRows()...)
	}
	rows = append(rows, f.section(secTransport, "Transport", f.transportSummary()))
	if f.open[secTransport] {
		rows = append(rows, f.transportRows()...)
	}
	return rows
}

// needsHTTP reports whether "allow plain http" matters: it is on, or a URL would need it.
func (f *Form) needsHTTP() bool {
	if f.in.allowHTTP {
		return true
	}
	urls := []*field.Line{f.in.baseURL}
	if f.in.oauth {
		urls = append(urls, f.in.tokenURL, f.in.issuer, f.in.deviceURL)
	}
	for _, l := range urls {
		u, err := url.Parse(strings.TrimSpace(l.Value()))
		if err == nil && strings.EqualFold(u.Scheme, "http") && u.Hostname() != "" && !model.IsLoopback(u.Hostname()) {
			return true
		}
	}
	return false
}

// wide is the width from which what belongs together stands on one line.
const wide = 110

// pair puts b beside a.
func pair(a, b sheet.Row) sheet.Row {
	a.Items[0].Cells = pairCells
	b.Items[0].Label = widget.Fit(b.Label, len("Client secret *"))
	a.Items, a.Fields = append(a.Items, b.Items...), append(a.Fields, b.Fields...)
	return a
}

const pairCells = 28

func (f *Form) secretRow(key, label string, s *secretInput) sheet.Row {
	return sheet.Row{Label: label, Fields: []string{key}, Items: []*sheet.Item{f.secretItem(key, s)}}
}

func (f *Form) headerRows() []sheet.Row {
	var rows []sheet.Row
	for _, h := range f.in.headers {
		rows = append(rows, f.headerRow(h))
	}
	add := sheet.Row{Fields: []string{"headers"}, Items: []*sheet.Item{{Key: "header.add", Kind: sheet.Button, Label: "+ add header", Do: func() tea.Cmd {
		f.MoveTo(f.addHeader(clients.HeaderDraft{}, false).id)
		return nil
	}}}}
	rows = append(rows, add)
	rows[0].Section = "HEADERS"
	return rows
}

// headerRow is a header of API requests or of token requests.
func (f *Form) headerRow(h *headerRow) sheet.Row {
	mark := &sheet.Item{Key: h.id + ".secret", Kind: sheet.Check, Label: "secret", On: h.secret, Do: func() tea.Cmd {
		h.marked, h.secret = true, !h.secret
		f.named(h)
		return nil
	}}
	if !h.secret && f.storedHeader(h) && h.value.line.Empty() {
		mark.Hint = "the stored value stays secret: give it again, or mark it secret"
	}
	return sheet.Row{
		Fields: []string{h.id},
		Lead:   &sheet.Item{Key: h.id, Kind: sheet.Text, Line: h.name, After: func() { f.named(h) }},
		Items: []*sheet.Item{
			f.secretItem(h.id+".value", h.value),
			mark,
			{Key: h.id + ".remove", Kind: sheet.Button, Label: "remove", Do: func() tea.Cmd { f.removeRow(h.id); return nil }},
		},
	}
}
