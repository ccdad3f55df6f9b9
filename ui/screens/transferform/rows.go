package transferform

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/widget/sheet"
)

// rows returns the form as it now is. What does not matter is not there.
func (f *Form) rows() []sheet.Row {
	var rows []sheet.Row
	switch f.kind {
	case model.KindExport:
		rows = f.exportRows()
	case model.KindImport:
		rows = f.importRows()
	case model.KindSync:
		rows = f.syncRows()
	default:
		return nil
	}
	return append(rows, f.buttons())
}

// line is a row with one field to type in, and what is said of it while it has the focus.
func (f *Form) line(name, label, hint string) sheet.Row {
	r := sheet.Line(name, label, f.in.lines[name])
	r.Items[0].Hint = hint
	return r
}

// section begins a section with the first of rows.
func section(name string, rows ...sheet.Row) []sheet.Row {
	rows[0].Section = name
	return rows
}

// box is a row with one check.
func (f *Form) box(name, label, hint string) sheet.Row {
	return sheet.Row{Fields: []string{name}, Items: []*sheet.Item{{
		Key: name, Kind: sheet.Check, Label: label, On: f.in.boxes[name], Hint: hint,
		Do: func() tea.Cmd { f.in.boxes[name] = !f.in.boxes[name]; return nil },
	}}}
}

// radio is a row with a choice; chosen is where it is kept.
func (f *Form) radio(name, label string, names []string, chosen *int, hint string) sheet.Row {
	return sheet.Row{Label: label, Fields: []string{name}, Items: []*sheet.Item{{
		Key: name, Kind: sheet.Radio, Choice: names, Chosen: *chosen, Pick: func(i int) { *chosen = i }, Hint: hint,
	}}}
}

// client is a row with the name of a client, which is completed.
func (f *Form) client(name string) sheet.Row {
	r := f.line(name, "Client *", "")
	it := r.Items[0]
	found := completions(f.names, f.in.text(name))
	it.First = func(k tea.KeyPressMsg) bool { return f.complete(name, found, k) }
	switch _, known := f.clients[f.in.text(name)]; {
	case f.names != nil && len(f.names) == 0:
		it.Hint = "no API client in this space yet; 1, n makes one"
	case len(found) == 0 && !known && f.names != nil:
		it.Hint = "no API client in this space has this name"
	case len(found) > 0:
		it.Hint = strings.Join(found[:min(len(found), 6)], ", ")
		if len(found) > 6 {
			it.Hint += ", …"
		}
		if !f.in.lines[name].Empty() {
			it.Hint = "→ " + it.Hint
		}
	}
	if f.clients[f.in.text(name)] && name != "source" && f.kind != model.KindExport {
		it.Hint = strings.TrimPrefix(it.Hint+"; protected: its name is asked for", "; ")
	}
	return r
}

// word is a row with one of a few words, which are completed.
func (f *Form) word(name, label string) sheet.Row {
	all := formats
	if name == "paging" {
		all = pagingWords()
	}
	r := f.line(name, label, strings.Join(all, ", "))
	found := completions(all, f.in.text(name))
	r.Items[0].First = func(k tea.KeyPressMsg) bool { return f.complete(name, found, k) }
	return r
}

// completions are those of all that begin with what is typed, then those that hold it;
// none when it is one of them already.
func completions(all []string, typed string) []string {
	var begin, hold []string
	word := strings.ToLower(typed)
	for _, n := range all {
		switch low := strings.ToLower(n); {
		case low == word:
			return nil
		case strings.HasPrefix(low, word):
			begin = append(begin, n)
		case strings.Contains(low, word):
			hold = append(hold, n)
		}
	}
	return append(begin, hold...)
}

func pagingWords() []string {
	words := make([]string, 0, len(model.Pagings()))
	for _, p := range model.Pagings() {
		words = append(words, string(p))
	}
	return words
}

// complete takes → at the end of what is typed for the first name that fits.
func (f *Form) complete(name string, found []string, k tea.KeyPressMsg) bool {
	l := f.in.lines[name]
	if k.String() != "right" || !l.AtEnd() || len(found) == 0 {
		return false
	}
	l.Set(found[0])
	return true
}

func (f *Form) path(prefix, hint string) []sheet.Row {
	rows := []sheet.Row{f.line(prefix+"path", "Path *", hint), f.line(prefix+"query", "Query", "")}
	if f.more || !f.in.lines[prefix+"headers"].Empty() {
		rows = append(rows, f.line(prefix+"headers", "Headers", "none whose value is secret: those belong to the client"))
	}
	return rows
}

func (f *Form) exportRows() []sheet.Row {
	rows := section("FROM", append([]sheet.Row{f.client("client")}, f.path("", "below the base URL of the client")...)...)
	rows = append(rows, section("TO", f.fileRows()...)...)
	if f.isCSV() {
		rows = append(rows, f.line("columns", "Columns", "dotted names, as in sku,price.net"), f.line("csv_separator", "Separator", "one character, as in ;"),
			f.box("csv_raw", "cells as they are", "else a cell that a spreadsheet takes for a formula gets a ' in front"))
	}
	rows = append(rows, f.box("replace", "replace the file if it is there", "it is replaced when all is there, and stays as it is until then"))
	rows = append(rows, section("RECORDS", f.line("jq", "Shape (jq)", "applied to each record, as in {sku, price: .price.net}"), f.since(), f.line("limit", "At most", "records"))...)
	return append(rows, f.pagingRows()...)
}

// fileRows are the file and how records lie in it.
func (f *Form) fileRows() []sheet.Row {
	hint := "relative to where ferry was started; .gz packs it"
	if f.kind == model.KindImport {
		hint = "relative to where ferry was started; .gz is unpacked"
	}
	if f.Env.Restricted {
		hint = "restricted: files lie in the one directory that is allowed"
	}
	return []sheet.Row{f.line("file", "File *", hint), f.word("format", "Format")}
}

// since is a parameter and its value in one row.
func (f *Form) since() sheet.Row {
	return sheet.Row{Label: "Changed since", Fields: []string{"since_param", "since"}, Items: []*sheet.Item{
		{Key: "since_param", Kind: sheet.Text, Line: f.in.lines["since_param"], Cells: 20, Hint: "the parameter that asks for what changed since"},
		{Key: "since", Kind: sheet.Text, Line: f.in.lines["since"], Hint: "its value, as the source writes it"},
	}}
}

// pagingRows are how the source is read. What is found by itself shows only when asked for.
func (f *Form) pagingRows() []sheet.Row {
	label := "[ more … ]"
	if f.more {
		label = "[ less ]"
	}
	head := sheet.Row{Section: "PAGING", Label: "Found by itself", Items: []*sheet.Item{{
		Key: "more", Kind: sheet.Button, Label: label, Do: func() tea.Cmd { f.more = !f.more; return nil }, Leaves: true,
		Hint: "pages and records are found in the first answer; here they can be set",
	}}}
	if !f.more {
		return []sheet.Row{head}
	}
	head.Label = "Set here"
	return []sheet.Row{
		head, f.word("paging", "Scheme"), f.line("items", "Records at (jq)", "from a page to its records, as in .data.list"),
		f.line("page_size", "Page size", "records asked for a page"), f.line("size_param", "Size parameter", ""),
		f.line("page_param", "Page parameter", "of the number of the page, or of the offset"), f.line("first_page", "First page", "its number"),
		f.line("cursor_param", "Cursor parameter", ""), f.line("cursor_field", "Cursor at", "its dotted place in a page"),
	}
}

func (f *Form) importRows() []sheet.Row {
	rows := section("FROM", f.fileRows()...)
	if f.isCSV() {
		rows = append(rows, f.line("map", "Columns to fields", "as in SKU=sku, Price=price.net; others keep their names"), f.line("csv_separator", "Separator", "one character, as in ;"),
			f.box("csv_raw", "cells as they are", "else a ' in front of a formula is taken off"))
	}
	rows = append(rows, f.line("jq", "Shape (jq)", "applied to each record before it is sent"))
	rows = append(rows, section("TO", append([]sheet.Row{f.client("client")}, f.path("", "{field} takes a field of the record, as in /products/{sku}")...)...)...)
	rows = append(rows, f.radio("method", "Method", methods, &f.in.method, ""),
		f.box("upsert", "ask with GET whether it is there", "if so it is changed at the path, if not posted"))
	if f.in.boxes["upsert"] {
		rows = append(rows, f.line("create_path", "New ones to", "with POST"))
	} else {
		rows = append(rows, f.line("batch", "Records a request", "sent as an array"))
		if !f.in.lines["batch"].Empty() {
			rows = append(rows, f.line("batch_field", "In the field", "the array is sent as the one field of an object"))
		}
	}
	rows = append(rows, f.line("parallel", "Requests at once", "at most; fewer when the API asks to slow down"),
		f.line("idempotency_header", "Idempotency header", "its key never changes for a record; none: the API knows no such keys"))
	return append(rows, section("REJECTED", f.line("rejects", "File", "what the API refused, with the reasons; made only when there is one"),
		f.line("max_rejects", "Stop after", "so many were refused"),
		f.box("all_or_nothing", "read the whole file first", "nothing is sent unless all of it can be read"))...)
}

func (f *Form) syncRows() []sheet.Row {
	rows := section("SYNC", f.line("name", "Name *", ""))
	rows = append(rows, section("FROM", append([]sheet.Row{f.client("source")}, f.path("source_", "where all records are read")...)...)...)
	rows = append(rows, section("TO", append([]sheet.Row{f.client("target")}, f.path("target_", "of one record: {field} takes a field of it")...)...)...)
	rows = append(rows, f.radio("method", "Method", methods, &f.in.method, ""))
	rows = append(rows, section("RECORDS", f.line("key", "Key *", "the field that tells records apart"), f.line("jq", "Shape (jq)", "from a record of the source to one of the target"))...)
	rows = append(rows, f.radio("detect", "Changes", detectNames, &f.in.detect, [...]string{
		"all is read each time; only what changed is sent", "the source is asked for what changed since the last run", "the source answers 304 when nothing changed",
	}[f.in.detect]))
	if f.in.detect == 1 || !f.in.lines["since_param"].Empty() {
		rows = append(rows, f.line("since_param", "Since parameter *", "the parameter that asks for what changed"))
	}
	rows = append(rows, f.box("deletes", "delete what is gone from the source", "only after a whole reading of the source"))
	if f.in.boxes["deletes"] {
		rows = append(rows, f.line("max_deletes", "At most, per cent", "a run that would delete more stops before it does"))
	}
	rows = append(rows, f.box("overwrite", "overwrite what was changed there", "else it is kept as a conflict"))
	rows = append(rows, section("RUNS", f.line("schedule", "Schedule", "by ferry serve: every 30s, or five fields of cron"),
		f.box("webhook", "webhook", "a POST with an API user's token and transfers:run runs it"))...)
	rows = append(rows, f.pagingRows()...)
	if f.more {
		rows = append(rows, f.line("parallel", "Requests at once", "to the target, at most"))
	}
	return rows
}

func (f *Form) buttons() sheet.Row {
	label := map[model.TransferKind]string{model.KindExport: "Start export", model.KindImport: "Start import", model.KindSync: "Create"}[f.kind]
	if f.Target != "" {
		label = "Save"
	}
	items := []*sheet.Item{sheet.Press("start", label, f.Submit)}
	if f.kind == model.KindImport {
		items = append(items, sheet.Press("preview", "First requests", f.preview))
	}
	return sheet.Row{Bare: true, Items: append(items, sheet.Press("cancel", "Cancel", f.Leave))}
}
