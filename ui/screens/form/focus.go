package form

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// move does what moving keys do everywhere in the form.
func (f *Form) move(k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "down":
		return f.stepRow(1)
	case "up":
		return f.stepRow(-1)
	case "enter":
		return f.step(1)
	case "pgdown":
		return f.stepRow(max(f.size.height/2, 1))
	case "pgup":
		return f.stepRow(-max(f.size.height/2, 1))
	}
	return nil
}

// step moves the focus to the next or previous item, around the ends.
func (f *Form) step(by int) tea.Cmd {
	items := f.items()
	at := 0
	for i, it := range items {
		if it.key == f.focus {
			at = i + by
		}
	}
	return f.moveTo(items[(at+len(items))%len(items)].key)
}

// stepRow moves the focus by rows, staying in the column as far as that goes.
func (f *Form) stepRow(by int) tea.Cmd {
	rows := f.rows()
	at, column := 0, 0
	for i := range rows {
		for j, it := range rows[i].all() {
			if it.key == f.focus {
				at, column = i, j
			}
		}
	}
	to := min(max(at+by, 0), len(rows)-1)
	if to == at {
		return nil
	}
	items := rows[to].all()
	return f.moveTo(items[min(column, len(items)-1)].key)
}

func (f *Form) items() []*item {
	var out []*item
	for _, r := range f.rows() {
		out = append(out, r.all()...)
	}
	return out
}

// focused returns the item with the focus, nil when it went away.
func (f *Form) focused() *item {
	for _, it := range f.items() {
		if it.key == f.focus {
			return it
		}
	}
	return nil
}

// fieldsOf returns the fields whose messages stand below the item with key.
func (f *Form) fieldsOf(key string) []string {
	for _, r := range f.rows() {
		for i, it := range r.all() {
			if it.key != key {
				continue
			}
			if r.lead == nil && len(r.fields) == len(r.items) {
				return r.fields[i : i+1]
			}
			return r.fields
		}
	}
	return nil
}

// moveTo gives the focus to an item. What is left is checked from now on.
func (f *Form) moveTo(to string) tea.Cmd {
	left := f.focus
	f.focus = to
	now := f.fieldsOf(to)
	for _, field := range f.fieldsOf(left) {
		if strings.HasPrefix(field, "param.") {
			f.touched["params"] = true // their messages stand together below the last
		}
		if len(now) == 0 || field != now[0] {
			f.touched[field] = true
		}
	}
	f.refresh()
	if left == "ca" && to != "ca" {
		return f.readCertificates()
	}
	return nil
}
