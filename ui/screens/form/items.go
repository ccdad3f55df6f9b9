package form

import (
	"net/url"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/widget"
	"ferry/ui/widget/field"
)

// kind is what an item does with keys.
type kind int

const (
	kindText kind = iota
	kindCheck
	kindRadio
	kindButton
)

// item is one thing that can have the focus.
type item struct {
	key    string // tells it from every other
	kind   kind
	label  string // beside it, or the text of a button
	line   *field.Line
	secret *secretInput // the line's secret, when it may be stored
	on     bool         // of a check
	choice []string     // of a radio
	chosen int
	cells  int // how wide, 0 for what is left
	do     func() tea.Cmd
	pick   func(int)
	after  func() // after typing
	hint   string // shown below while it is focused
}

func (it *item) typed() bool { return it.kind == kindText }

// row is one line of the form: a label and items from left to right.
type row struct {
	section string // the section that begins here
	label   string
	lead    *item // stands where the label would
	items   []*item
	fields  []string // whose messages stand below
	bare    bool     // begins where labels do
}

func (r *row) all() []*item {
	if r.lead == nil {
		return r.items
	}
	return append([]*item{r.lead}, r.items...)
}

// rows returns the form as it now is. What does not matter is not there.
func (f *Form) rows() []row {
	rows := f.connectionRows()
	rows = append(rows, f.authRows()...)
	rows = append(rows, f.headerRows()...)
	save := "Create"
	if f.target != "" {
		save = "Save"
	}
	return append(rows, row{bare: true, items: []*item{
		{key: "save", kind: kindButton, label: "[ " + save + " ]", do: f.trySave},
		{key: "test", kind: kindButton, label: "[ Test connection ]", do: f.tryTest},
		{key: "cancel", kind: kindButton, label: "[ Cancel ]", do: f.leave},
	}})
}

func text(key, label string, l *field.Line) row {
	return row{label: label, fields: []string{key}, items: []*item{{key: key, kind: kindText, line: l}}}
}

func (f *Form) connectionRows() []row {
	in := &f.in
	rows := []row{text("name", "Connection name *", in.name), text("base_url", "Base URL *", in.baseURL)}
	rows[0].section = "CONNECTION"
	if f.needsHTTP() {
		rows = append(rows, row{fields: []string{"allow_http"}, label: "Plain http", items: []*item{{
			key: "allow_http", kind: kindCheck, on: in.allowHTTP, label: "allow: credentials travel in the clear",
			do: func() tea.Cmd { in.allowHTTP = !in.allowHTTP; return nil },
		}}})
	}
	rows = append(rows,
		row{label: "Protected", items: []*item{{
			key: "protected", kind: kindCheck, on: in.protected, label: "ask for the name before changes",
			do: func() tea.Cmd { in.protected = !in.protected; return nil },
		}}},
		text("timeout", "Timeout", in.timeout),
		row{label: "TLS", fields: f.tlsFields(), items: []*item{{
			key: "tls", kind: kindButton, label: f.tlsSummary(), hint: "enter shows or hides the TLS settings",
			do: func() tea.Cmd { f.tls = !f.tls; return nil },
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

func (f *Form) authRows() []row {
	in := &f.in
	method := 0
	if in.oauth {
		method = 1
	}
	rows := []row{{section: "AUTHENTICATION", label: "Method", fields: []string{"auth"}, items: []*item{{
		key: "auth", kind: kindRadio, choice: []string{"No Auth", "OAuth 2.0"}, chosen: method,
		pick: func(i int) { in.oauth = i == 1 },
	}}}}
	if !in.oauth {
		return rows
	}
	rows = append(rows,
		text("token_url", "Access token URL *", in.tokenURL),
		text("issuer", "Issuer", in.issuer))
	id, secret := text("client_id", "Client ID *", in.clientID), f.secretRow("client_secret", "Client secret *", in.secret)
	user, pass := text("username", "Username", in.username), f.secretRow("password", "Password", in.password)
	if f.size.width >= wide {
		rows = append(rows, pair(id, secret), pair(user, pass))
	} else {
		rows = append(rows, id, secret, user, pass)
	}
	rows = append(rows,
		text("scopes", "Scopes", in.scopes),
		text("audience", "Audience", in.audience))
	for i, p := range in.params {
		r := row{fields: []string{p.id}, items: []*item{
			{key: p.id, kind: kindText, line: p.text},
			{key: p.id + ".remove", kind: kindButton, label: "remove", do: func() tea.Cmd { f.removeRow(p.id); return nil }},
		}}
		if i == 0 {
			r.label = "Extra parameters"
		}
		rows = append(rows, r)
	}
	add := row{fields: []string{"params"}, items: []*item{{key: "param.add", kind: kindButton, label: "+ add parameter", do: func() tea.Cmd {
		f.moveTo(f.addParam("").id)
		return nil
	}}}}
	if len(in.params) == 0 {
		add.label = "Extra parameters"
	}
	ways := []model.ClientAuth{model.SendAuto, model.SendHeader, model.SendBody}
	way := 0
	for i, w := range ways {
		if w == in.send {
			way = i
		}
	}
	return append(rows, add, row{label: "Send credentials in", fields: []string{"send"}, items: []*item{{
		key: "send", kind: kindRadio, choice: []string{"auto", "header", "body"}, chosen: way,
		pick: func(i int) { in.send = ways[i] },
	}}})
}

// wide is the width from which what belongs together stands on one line.
const wide = 110

// pair puts b beside a.
func pair(a, b row) row {
	a.items[0].cells = pairCells
	b.items[0].label = widget.Fit(b.label, len("Client secret *"))
	a.items, a.fields = append(a.items, b.items...), append(a.fields, b.fields...)
	return a
}

const pairCells = 28

func (f *Form) secretRow(key, label string, s *secretInput) row {
	it := &item{key: key, kind: kindText, line: s.line, secret: s}
	return row{label: label, fields: []string{key}, items: []*item{it}}
}

func (f *Form) headerRows() []row {
	var rows []row
	for _, h := range f.in.headers {
		mark := &item{key: h.id + ".secret", kind: kindCheck, label: "secret", on: h.secret, do: func() tea.Cmd {
			h.marked, h.secret = true, !h.secret
			f.named(h)
			return nil
		}}
		if !h.secret && f.storedHeader(h) && h.value.line.Empty() {
			mark.hint = "the stored value stays secret: give it again, or mark it secret"
		}
		rows = append(rows, row{
			fields: []string{h.id},
			lead:   &item{key: h.id, kind: kindText, line: h.name, after: func() { f.named(h) }},
			items: []*item{
				{key: h.id + ".value", kind: kindText, line: h.value.line, secret: h.value},
				mark,
				{key: h.id + ".remove", kind: kindButton, label: "remove", do: func() tea.Cmd { f.removeRow(h.id); return nil }},
			},
		})
	}
	add := row{fields: []string{"headers"}, items: []*item{{key: "header.add", kind: kindButton, label: "+ add header", do: func() tea.Cmd {
		f.moveTo(f.addHeader(clients.HeaderDraft{}).id)
		return nil
	}}}}
	rows = append(rows, add)
	rows[0].section = "HEADERS"
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
	f.moveTo(next)
}
