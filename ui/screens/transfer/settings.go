package transfer

import (
	"strconv"
	"strings"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/screens/moving"
	"ferry/ui/screens/record"
)

// sheet collects the lines of the settings.
type sheet struct {
	record.Fields
	t *Transfer
}

const labelWidth = 15

func (s *sheet) number(label string, n int64) {
	if n != 0 {
		s.Text(label, moving.Number(n))
	}
}

func (t *Transfer) settingLines() []string {
	s, one := &sheet{record.NewFields(t.Env.Styles, t.Width, labelWidth), t}, &t.Seen.status
	tr := &one.Transfer
	switch tr.Kind {
	case model.KindExport:
		s.side("From", one.SourceName, &tr.Source)
		s.file("To the file", &tr.File)
		s.reading(&tr.Read)
	case model.KindImport:
		s.file("From the file", &tr.File)
		s.side("To", one.TargetName, &tr.Target)
		s.writing(&tr.Write)
	case model.KindSync:
		s.side("From", one.SourceName, &tr.Source)
		s.side("To", one.TargetName, &tr.Target)
		s.syncing(tr)
		s.reading(&tr.Read)
		s.writing(&tr.Write)
	}
	s.Text("Shape (jq)", tr.Shape)
	s.Text("ID", string(tr.ID))
	s.History(tr.Created, tr.Updated, tr.Revision)
	return s.Lines
}

func (s *sheet) side(label, name string, e *model.Endpoint) {
	if name == "" {
		name = "a client that is gone"
	}
	s.Text(label, name+"  "+e.Path)
	for _, q := range e.Query {
		if clients.SecretByName(q.Name) {
			q.Value = model.Mask
		}
		s.Text("Query", q.Name+"="+q.Value)
	}
	for _, h := range e.Headers {
		s.Text("Header", h.Name+": "+h.Value)
	}
}

func (s *sheet) file(label string, f *model.TransferFile) {
	path := f.Path
	if path == "-" {
		path = "the standard stream of the command"
	}
	s.Text(label, path)
	format := map[model.FileFormat]string{model.NDJSON: "NDJSON: a JSON value a line", model.JSONArray: "one JSON array", model.CSV: "CSV"}[f.Format]
	if f.Gzip {
		format += ", gzip"
	}
	s.Text("Format", format)
	s.Text("Columns", strings.Join(f.Columns, ", "))
	for _, m := range f.Map {
		s.Text("Column", m.Name+" → "+m.Value)
	}
	if f.CSVRaw {
		s.Text("Cells", "raw: a spreadsheet may take one for a formula")
	}
	s.Text("Rejected go to", f.Rejects)
}

func (s *sheet) reading(r *model.Reading) {
	paging := string(r.Paging)
	if r.Paging == model.PagingAuto {
		paging = "found by itself"
	}
	for _, p := range []struct{ name, value string }{{"page", r.PageParam}, {"size", r.SizeParam}, {"cursor", r.CursorParam}, {"cursor from", r.CursorField}} {
		if p.value != "" {
			paging += ", " + p.name + " " + p.value
		}
	}
	s.Text("Paging", paging)
	s.number("Page size", int64(r.PageSize))
	s.Text("Records at (jq)", r.Items)
	if r.SinceParam != "" {
		s.Text("Since", r.SinceParam+"="+r.Since)
	}
	s.number("At most", r.Limit)
}

func (s *sheet) writing(w *model.Writing) {
	method := w.Method
	if method == "" {
		method = "POST"
		if s.t.Seen.status.Transfer.Kind == model.KindSync {
			method = "PUT"
		}
	}
	parallel := w.Parallel
	if parallel == 0 {
		parallel = model.DefaultParallel
	}
	text := method + ", up to " + strconv.Itoa(parallel) + " at once"
	if w.Batch > 1 {
		text += ", " + moving.Number(int64(w.Batch)) + " records a request"
	}
	if w.BatchField != "" {
		text += " in " + w.BatchField
	}
	s.Text("Requests", text)
	if w.Upsert {
		s.Text("Upsert", "asks with GET first; new ones are posted to "+orHere(w.CreatePath))
	}
	switch w.Idempotency {
	case "":
	case model.NoIdempotency:
		s.Text("Idempotency", "no key is sent")
	default:
		s.Text("Idempotency", w.Idempotency)
	}
	s.number("Stops after", w.MaxRejects)
	if w.WholeOnly {
		s.Text("Begins", "when the whole file can be read")
	}
}

func orHere(path string) string {
	if path == "" {
		return "the path up to its first place"
	}
	return path
}

func (s *sheet) syncing(tr *model.Transfer) {
	y := &tr.Sync
	s.Text("Key", y.Key)
	s.Text("Changes", map[model.SyncDetect]string{
		model.DetectCompare: "all is read and compared", model.DetectSince: "asked for since the last run, and compared",
		model.DetectModified: "304 when nothing changed, else all is compared",
	}[y.Detect])
	deletes := "off: what is gone from the source stays"
	if y.Deletes {
		most := y.MaxDeletes
		if most == 0 {
			most = model.DefaultMaxDeletes
		}
		deletes = "on, " + strconv.Itoa(most) + "% in one run at most"
	}
	s.Text("Deletes", deletes)
	if y.Overwrite {
		s.Text("Conflicts", "overwritten at the target")
	}
	schedule := y.Schedule
	if schedule == "" {
		schedule = "none: it runs when it is asked to"
	}
	s.Text("Schedule", schedule)
	if s.t.Seen.hook != "" {
		s.Text("Webhook", "POST "+s.t.Seen.hook)
	}
}
