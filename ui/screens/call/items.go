package call

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/calls"
	"ferry/ui/widget/field"
)

type kind int

const (
	kindText kind = iota
	kindArea
	kindMethod
	kindButton
)

// item is one thing of the request that can have the focus.
type item struct {
	key   string
	kind  kind
	label string // of a button
	name  string // stands before a field
	line  *field.Line
	cells int // how wide, 0 for what is left
	do    func() tea.Cmd
}

// row is one line of the request; the body's takes several.
type row struct {
	label string
	items []*item
}

const (
	labelCells  = 10
	nameCells   = 20
	methodCells = 11
)

// rows returns the request as it now is.
func (c *Call) rows() []row {
	rows := []row{{label: "Request", items: []*item{
		{key: "method", kind: kindMethod, cells: methodCells}, {key: "path", kind: kindText, line: c.req.path},
	}}}
	label := "Path"
	for _, name := range calls.Places(c.req.path.Value()) {
		rows = append(rows, row{label: label, items: []*item{
			{key: "place." + name, kind: kindText, line: c.place(name), name: "{" + model.Printable(name) + "}"},
		}})
		label = ""
	}
	rows = append(rows, c.pairRows("Query", c.req.query)...)
	rows = append(rows, c.pairRows("Headers", c.req.headers)...)
	form := "as form"
	if c.req.asForm {
		rows = append(rows, c.pairRows("Form", c.req.form)...)
		form = "as text"
	}
	press := func(key, label string, do func()) *item {
		return &item{key: key, kind: kindButton, label: label, do: func() tea.Cmd { do(); return nil }}
	}
	buttons := []*item{
		press("query.add", "+ query", func() { c.add("query") }),
		press("header.add", "+ header", func() { c.add("header") }),
	}
	if c.req.asForm {
		buttons = append(buttons, press("form.add", "+ field", func() { c.add("form") }))
	}
	buttons = append(buttons, press("form", form, c.toForm))
	if !c.env.Restricted && !c.req.asForm {
		buttons = append(buttons, &item{key: "editor", kind: kindButton, label: "editor", do: c.edit}, &item{key: "file", kind: kindButton, label: "file", do: c.askBody})
	}
	rows = append(rows, row{items: buttons})
	if c.req.asForm {
		return rows
	}
	return append(rows, row{label: "Body", items: []*item{{key: "body", kind: kindArea}}})
}

func (c *Call) pairRows(label string, pairs []*pair) []row {
	var rows []row
	for _, p := range pairs {
		rows = append(rows, row{label: label, items: []*item{
			{key: p.id, kind: kindText, line: p.name, cells: nameCells},
			{key: p.id + ".value", kind: kindText, line: p.value},
			{key: p.id + ".remove", kind: kindButton, label: "remove", do: func() tea.Cmd { c.removePair(p.id); return nil }},
		}})
		label = ""
	}
	return rows
}

func (c *Call) items() []*item {
	var out []*item
	for _, r := range c.rows() {
		out = append(out, r.items...)
	}
	return out
}

func (c *Call) focused() *item {
	items := c.items()
	if i := slices.IndexFunc(items, func(it *item) bool { return it.key == c.focus }); i >= 0 {
		return items[i]
	}
	return nil
}

// step moves the focus by items. Behind the last comes the answer, when there is one.
func (c *Call) step(by int) {
	items := c.items()
	at := slices.IndexFunc(items, func(it *item) bool { return it.key == c.focus }) + by
	if (at < 0 || at >= len(items)) && c.answer != nil {
		c.reading = true
		return
	}
	c.focus = items[(at+len(items))%len(items)].key
}

// stepRow moves the focus by rows, staying in the column as far as that goes.
func (c *Call) stepRow(by int) {
	rows := c.rows()
	at, column := 0, 0
	for i, r := range rows {
		for j, it := range r.items {
			if it.key == c.focus {
				at, column = i, j
			}
		}
	}
	to := at + by
	switch {
	case to >= len(rows) && c.answer != nil:
		c.reading = true
		return
	case to < 0 || to >= len(rows):
		return
	}
	items := rows[to].items
	if to == 0 {
		column = 1 // the path
	}
	c.focus = items[min(column, len(items)-1)].key
}

// add makes a new row and puts the focus into it.
func (c *Call) add(kind string) { c.focus = c.addPair(kind, noParam).id }
