package transfer

import (
	"strconv"
	"strings"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/screens/moving"
	"ferry/ui/widget"
)

// sheet collects the lines of the settings.
type sheet struct {
	t     *Transfer
	lines []string
}

const labelWidth = 15

// add adds a label and a value, which wraps below itself; an empty value is left out.
func (s *sheet) add(label, value string) {
	if value == "" {
		return
	}
	for i, l := range widget.Wrap(model.Printable(value), max(s.t.width-labelWidth-4, 10)) {
		if i > 0 {
			label = ""
		}
		s.lines = append(s.lines, "   "+s.t.env.Styles.Muted.Render(widget.Fit(label, labelWidth))+l)
	}
}

func (s *sheet) number(label string, n int64) {
	if n != 0 {
		s.add(label, moving.Number(n))
	}
}

func (t *Transfer) settingLines() []string {
	s, one := &sheet{t: t}, &t.seen.status
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
	s.add("Shape (jq)", tr.Shape)
	s.add("ID", string(tr.ID))
	s.add("Created", stamp(tr.Created))
	if tr.Revision > 1 {
		s.add("Changed", stamp(tr.Updated)+", revision "+strconv.FormatUint(tr.Revision, 10))
	}
	return s.lines
}

func stamp(s model.Stamp) string {
	return s.At.UTC().Format("2006-01-02 15:04") + " UTC by " + s.By
}

func (s *sheet) side(label, name string, e *model.Endpoint) {
	if name == "" {
		name = "a client that is gone"
	}
	s.add(label, name+"  "+e.Path)
	for _, q := range e.Query {
		if clients.SecretByName(q.Name) {
			q.Value = model.Mask
		}
		s.add("Query", q.Name+"="+q.Value)
	}
	for _, h := range e.Headers {
		s.add("Header", h.Name+": "+h.Value)
	}
}

func (s *sheet) file(label string, f *model.TransferFile) {
	path := f.Path
	if path == "-" {
		path = "the standard stream of the command"
	}
	s.add(label, path)
	format := map[model.FileFormat]string{model.NDJSON: "NDJSON: a JSON value a line", model.JSONArray: "one JSON array", model.CSV: "CSV"}[f.Format]
	if f.Gzip {
		format += ", gzip"
	}
	s.add("Format", format)
	s.add("Columns", strings.Join(f.Columns, ", "))
	for _, m := range f.Map {
		s.add("Column", m.Name+" → "+m.Value)
	}
	if f.CSVRaw {
		s.add("Cells", "raw: a spreadsheet may take one for a formula")
	}
	s.add("Rejected go to", f.Rejects)
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
	s.add("Paging", paging)
	s.number("Page size", int64(r.PageSize))
	s.add("Records at (jq)", r.Items)
	if r.SinceParam != "" {
		s.add("Since", r.SinceParam+"="+r.Since)
	}
	s.number("At most", r.Limit)
}

func (s *sheet) writing(w *model.Writing) {
	method := w.Method
	if method == "" {
		method = "POST"
		if s.t.seen.status.Transfer.Kind == model.KindSync {
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
	s.add("Requests", text)
	if w.Upsert {
		s.add("Upsert", "asks with GET first; new ones are posted to "+orHere(w.CreatePath))
	}
	switch w.Idempotency {
	case "":
	case model.NoIdempotency:
		s.add("Idempotency", "no key is sent")
	default:
		s.add("Idempotency", w.Idempotency)
	}
	s.number("Stops after", w.MaxRejects)
	if w.WholeOnly {
		s.add("Begins", "when the whole file can be read")
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
	s.add("Key", y.Key)
	s.add("Changes", map[model.SyncDetect]string{
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
	s.add("Deletes", deletes)
	if y.Overwrite {
		s.add("Conflicts", "overwritten at the target")
	}
	schedule := y.Schedule
	if schedule == "" {
		schedule = "none: it runs when it is asked to"
	}
	s.add("Schedule", schedule)
	if s.t.seen.hook != "" {
		s.add("Webhook", "POST "+s.t.seen.hook)
	}
}
