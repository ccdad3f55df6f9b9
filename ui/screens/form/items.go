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
	save := "Create"
	if f.target != "" {
		save = "Save"
	}
	return append(rows, sheet.Row{Bare: true, Items: []*sheet.Item{
		{Key: "save", Kind: sheet.Button, Label: "[ " + save + " ]", Do: f.trySave, Leaves: true},
		{Key: "test", Kind: sheet.Button, Label: "[ Test connection ]", Do: f.tryTest, Leaves: true},
		{Key: "cancel", Kind: sheet.Button, Label: "[ Cancel ]", Do: f.leave, Leaves: true},
	}})
}

func (f *Form) connectionRows() []sheet.Row {
	in := &f.in
	rows := []sheet.Row{sheet.Line("name", "Connection name *", in.name), sheet.Line("base_url", "Base URL *", in.baseURL)}
	rows[0].Section = "CONNECTION"
	if f.needsHTTP() {
		rows = append(rows, sheet.Row{Fields: []string{"allow_http"}, Label: "Plain http", Items: []*sheet.Item{{
			Key: "allow_http", Kind: sheet.Check, On: in.allowHTTP, Label: "allow: credentials travel in the clear",
			Do: func() tea.Cmd { in.allowHTTP = !in.allowHTTP; return nil },
		}}})
	}
	rows = append(rows,
		sheet.Row{Label: "Protected", Items: []*sheet.Item{{
			Key: "protected", Kind: sheet.Check, On: in.protected, Label: "ask for the name before changes",
			Do: func() tea.Cmd { in.protected = !in.protected; return nil },
		}}},
		sheet.Line("timeout", "Timeout", in.timeout),
		sheet.Row{Label: "TLS", Fields: f.tlsFields(), Items: []*sheet.Item{{
			Key: "tls", Kind: sheet.Button, Label: f.tlsSummary(), Hint: "enter shows or hides the TLS settings",
			Do: func() tea.Cmd { f.tls = !f.tls; return nil },
		}}})
	if f.tls {
		rows = append(rows, f.tlsRows()...)
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
		urls = append(urls, f.in.tokenURL, f.in.issuer)
	}
	for _, l := range urls {
		u, err := url.Parse(strings.TrimSpace(l.Value()))
		if err == nil && strings.EqualFold(u.Scheme, "http") && u.Hostname() != "" && !model.IsLoopback(u.Hostname()) {
			return true
		}
	}
	return false
}

func (f *Form) authRows() []sheet.Row {
	in := &f.in
	method := 0
	if in.oauth {
		method = 1
	}
	rows := []sheet.Row{{Section: "AUTHENTICATION", Label: "Method", Fields: []string{"auth"}, Items: []*sheet.Item{{
		Key: "auth", Kind: sheet.Radio, Choice: []string{"No Auth", "OAuth 2.0"}, Chosen: method,
		Pick: func(i int) { in.oauth = i == 1 },
	}}}}
	if !in.oauth {
		return rows
	}
	rows = append(rows,
		sheet.Line("token_url", "Access token URL *", in.tokenURL),
		sheet.Line("issuer", "Issuer", in.issuer))
	id, secret := sheet.Line("client_id", "Client ID *", in.clientID), f.secretRow("client_secret", "Client secret *", in.secret)
	user, pass := sheet.Line("username", "Username", in.username), f.secretRow("password", "Password", in.password)
	if f.Width >= wide {
		rows = append(rows, pair(id, secret), pair(user, pass))
	} else {
		rows = append(rows, id, secret, user, pass)
	}
	rows = append(rows,
		sheet.Line("scopes", "Scopes", in.scopes),
		sheet.Line("audience", "Audience", in.audience))
	for i, p := range in.params {
		r := sheet.Row{Fields: []string{p.id}, Items: []*sheet.Item{
			{Key: p.id, Kind: sheet.Text, Line: p.text},
			{Key: p.id + ".remove", Kind: sheet.Button, Label: "remove", Do: func() tea.Cmd { f.removeRow(p.id); return nil }},
		}}
		if i == 0 {
			r.Label = "Extra parameters"
		}
		rows = append(rows, r)
	}
	add := sheet.Row{Fields: []string{"params"}, Items: []*sheet.Item{{Key: "param.add", Kind: sheet.Button, Label: "+ add parameter", Do: func() tea.Cmd {
		f.MoveTo(f.addParam("").id)
		return nil
	}}}}
	if len(in.params) == 0 {
		add.Label = "Extra parameters"
	}
	ways := []model.ClientAuth{model.SendAuto, model.SendHeader, model.SendBody}
	way := 0
	for i, w := range ways {
		if w == in.send {
			way = i
		}
	}
	return append(rows, add, sheet.Row{Label: "Send credentials in", Fields: []string{"send"}, Items: []*sheet.Item{{
		Key: "send", Kind: sheet.Radio, Choice: []string{"auto", "header", "body"}, Chosen: way,
		Pick: func(i int) { in.send = ways[i] },
	}}})
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
		mark := &sheet.Item{Key: h.id + ".secret", Kind: sheet.Check, Label: "secret", On: h.secret, Do: func() tea.Cmd {
			h.marked, h.secret = true, !h.secret
			f.named(h)
			return nil
		}}
		if !h.secret && f.storedHeader(h) && h.value.line.Empty() {
			mark.Hint = "the stored value stays secret: give it again, or mark it secret"
		}
		rows = append(rows, sheet.Row{
			Fields: []string{h.id},
			Lead:   &sheet.Item{Key: h.id, Kind: sheet.Text, Line: h.name, After: func() { f.named(h) }},
			Items: []*sheet.Item{
				f.secretItem(h.id+".value", h.value),
				mark,
				{Key: h.id + ".remove", Kind: sheet.Button, Label: "remove", Do: func() tea.Cmd { f.removeRow(h.id); return nil }},
			},
		})
	}
	add := sheet.Row{Fields: []string{"headers"}, Items: []*sheet.Item{{Key: "header.add", Kind: sheet.Button, Label: "+ add header", Do: func() tea.Cmd {
		f.MoveTo(f.addHeader(clients.HeaderDraft{}).id)
		return nil
	}}}}
	rows = append(rows, add)
	rows[0].Section = "HEADERS"
	return rows
}

// removeRow takes a parameter or header away and puts the focus on what follows.
func (f *Form) removeRow(id string) {
	next := "header.add"
	if strings.HasPrefix(id, "param.") {
		next = "param.add"
	}
	params, headers := f.in.params[:0:0], f.in.headers[:0:0]
	for _, p := range f.in.params {
		if p.id != id {
			params = append(params, p)
		}
	}
	for _, h := range f.in.headers {
		if h.id != id {
			headers = append(headers, h)
		}
	}
	f.in.params, f.in.headers = params, headers
	f.MoveTo(next)
}
