package call

import (
	"slices"

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
	line  *field.Line
	cells int // how wide, 0 for what is left
	do    func()
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
	rows = append(rows, c.pairRows("Query", c.req.query)...)
	rows = append(rows, c.pairRows("Headers", c.req.headers)...)
	rows = append(rows, row{items: []*item{
		{key: "query.add", kind: kindButton, label: "+ query", do: func() { c.add("query") }},
		{key: "header.add", kind: kindButton, label: "+ header", do: func() { c.add("header") }},
	}})
	return append(rows, row{label: "Body", items: []*item{{key: "body", kind: kindArea}}})
}

func (c *Call) pairRows(label string, pairs []*pair) []row {
	var rows []row
	for _, p := range pairs {
		rows = append(rows, row{label: label, items: []*item{
			{key: p.id, kind: kindText, line: p.name, cells: nameCells},
			{key: p.id + ".value", kind: kindText, line: p.value},
			{key: p.id + ".remove", kind: kindButton, label: "remove", do: func() { c.removePair(p.id) }},
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
