package userform

import (
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/widget"
	"ferry/ui/widget/sheet"
)

// rows returns the form as it now is. What does not matter is not there.
func (f *Form) rows() []sheet.Row {
	in := &f.in
	oauth := 0
	if in.oauth {
		oauth = 1
	}
	rows := []sheet.Row{
		sheet.Line("username", "Username *", in.username),
		sheet.Line("description", "Description", in.description),
		{Section: "ACCESS", Label: "OAuth 2.0", Fields: []string{"oauth2"}, Items: []*sheet.Item{{
			Key: "oauth2", Kind: sheet.Radio, Choice: []string{"off", "on"}, Chosen: oauth, Pick: func(i int) { in.oauth = i == 1 },
			Hint: "off: the token endpoint refuses it, however right its key is",
		}}},
	}
	rows[0].Section = "API USER"
	if in.oauth {
		rows = append(rows, sheet.Line("ttl_minutes", "Token TTL (minutes)", in.ttl))
		rows[len(rows)-1].Items[0].Hint = "how long its access tokens live: 1–1440 minutes"
	}
	bearer := sheet.Box("bearer_keys", "Gateway", "takes an API key itself as Bearer", &in.bearerKeys)
	bearer.Items[0].Hint = "without fetching a token first: the key itself then travels with every call"
	rows = append(rows, bearer, sheet.Line("expires_at", "Expires", in.expires), sheet.Line("from", "Allowed networks", in.networks))
	rows[len(rows)-1].Items[0].Several = true
	rows[len(rows)-1].Items[0].Hint = "several are separated by commas; none means anywhere"
	rows = append(rows, f.gridRows()...)
	rows = append(rows, f.callRows()...)
	save := "Create"
	if f.Target != "" {
		save = "Save"
	}
	return append(rows, sheet.Row{Bare: true, Items: []*sheet.Item{
		sheet.Press("save", save, f.Submit), sheet.Press("cancel", "Cancel", f.Leave),
	}})
}

// cell is the width of a column of the grid, its box included.
const cell = 6

// gridRows are the permissions by area and verb, and those beside the grid.
func (f *Form) gridRows() []sheet.Row {
	var head []string
	for _, verb := range model.PermissionVerbs() {
		head = append(head, widget.Fit(verb, cell))
	}
	rows := []sheet.Row{{Section: "PERMISSIONS", Text: strings.Join(head, "  ")}}
	for _, area := range model.PermissionAreas() {
		var names []string
		r := sheet.Row{}
		for _, verb := range model.PermissionVerbs() {
			name := string(model.Permit(area, verb))
			names = append(names, name)
			r.Items = append(r.Items, f.box(name, strings.Repeat(" ", cell-4)))
		}
		r.Lead = f.rowBox(area, names)
		rows = append(rows, r)
	}
	rows[1].Fields = []string{"permissions"}
	for _, p := range []model.Permission{model.AuditView, model.TransfersRun, model.TokensIntrospect} {
		rows = append(rows, alone(f.box(string(p), string(p))))
	}
	return rows
}

// alone is a row of one box, in line with the names of the grid's rows.
func alone(it *sheet.Item) sheet.Row { return sheet.Row{Bare: true, Items: []*sheet.Item{it}} }

// call is the permission to call the client called name, as people write it.
func call(name string) string { return string(model.CallPermission(model.ID(name))) }

// box is the check of one permission.
func (f *Form) box(name, label string) *sheet.Item {
	return &sheet.Item{Key: name, Kind: sheet.Check, Label: label, On: f.in.permits[name], Do: func() tea.Cmd {
		f.in.permits[name] = !f.in.permits[name]
		return nil
	}}
}

// rowBox is the check of a whole row: it is on when all of it is.
func (f *Form) rowBox(area string, names []string) *sheet.Item {
	on := func(n string) bool { return f.in.permits[n] }
	some := slices.ContainsFunc(names, on)
	all := some && !slices.ContainsFunc(names, func(n string) bool { return !on(n) })
	return &sheet.Item{Key: area, Kind: sheet.Check, Label: area, On: all, Some: some, Do: func() tea.Cmd {
		for _, n := range names {
			f.in.permits[n] = !all
		}
		return nil
	}}
}

const (
	fewClients  = 8  // so many are shown without a field to find one
	mostClients = 40 // so many are shown at once
)

// callRows are the API clients of the space that the user may call through the gateway.
func (f *Form) callRows() []sheet.Row {
	rows := []sheet.Row{}
	if len(f.names) > fewClients {
		rows = append(rows, sheet.Row{Label: "Find", Items: []*sheet.Item{{Key: "find", Kind: sheet.Text, Line: f.in.find}}})
	}
	shown, left := f.callees()
	for _, name := range shown {
		rows = append(rows, alone(f.box(call(name), model.Printable(name))))
	}
	switch {
	case left > 0:
		rows = append(rows, sheet.Row{Text: "… and " + strconv.Itoa(left) + " more: type to find one"})
	case f.names != nil && len(f.names) == 0:
		rows = append(rows, sheet.Row{Text: "no API client in this space"})
	case len(shown) == 0 && len(f.names) > 0:
		rows = append(rows, sheet.Row{Text: "no API client matches"})
	}
	if len(rows) > 0 {
		rows[0].Section = "MAY CALL"
	}
	return rows
}

// callees are the names of clients that show, those that are checked and those that are
// found; and how many more were found.
func (f *Form) callees() (shown []string, left int) {
	word := strings.ToLower(f.in.find.Text())
	for _, name := range f.names {
		found := strings.Contains(strings.ToLower(name), word)
		switch {
		case f.in.permits[call(name)], found && len(shown) < mostClients:
			shown = append(shown, name)
		case found:
			left++
		}
	}
	return shown, left
}
