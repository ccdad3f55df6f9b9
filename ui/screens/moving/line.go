package moving

import (
	"strconv"
	"strings"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/transfers"
)

// line collects the words of a command.
type line struct{ words []string }

func (l *line) add(words ...string) {
	for _, w := range words {
		l.words = append(l.words, clients.ShellQuote(model.Printable(w)))
	}
}

// flags adds flags, a name and a value by turns; one without a value is left out.
func (l *line) flags(pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			l.add("--"+pairs[i], pairs[i+1])
		}
	}
}

func (l *line) is(name string, on bool) {
	if on {
		l.add("--" + name)
	}
}

// number is the value of a flag, "" for none.
func number[N int | int64](n N) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(int64(n), 10)
}

// Line is the command that does what a transfer does.
func Line(space model.Space, s *transfers.Status) string {
	t, l := &s.Transfer, &line{}
	l.add("ferry")
	if space.Name != model.DefaultSpace {
		l.flags("space", space.Name)
	}
	switch t.Kind {
	case model.KindExport:
		l.add("export", s.SourceName, t.Source.Path, "-o", t.File.Path)
		l.file(&t.File)
		l.reading(&t.Read)
		l.ends(&t.Source)
		l.flags("jq", t.Shape)
	case model.KindImport:
		l.add("import", s.TargetName, t.Target.Path, "-i", t.File.Path)
		l.file(&t.File)
		l.writing(&t.Write)
		l.ends(&t.Target)
		l.flags("jq", t.Shape)
	case model.KindSync:
		l.add("sync", "create", t.Name)
		l.flags("source", s.SourceName, "source-path", t.Source.Path, "target", s.TargetName, "target-path", t.Target.Path)
		l.syncing(t)
		l.ends(&t.Source)
	}
	return strings.Join(l.words, " ")
}

func (l *line) ends(e *model.Endpoint) {
	for _, q := range e.Query {
		if clients.SecretByName(q.Name) {
			q.Value = model.Mask
		}
		l.add("-q", q.Name+"="+q.Value)
	}
	for _, h := range e.Headers {
		l.add("-H", h.Name+": "+h.Value)
	}
}

func (l *line) file(f *model.TransferFile) {
	l.flags("format", string(f.Format))
	l.is("gzip", f.Gzip)
	l.flags("columns", strings.Join(f.Columns, ","))
	l.is("csv-raw", f.CSVRaw)
	l.flags("csv-separator", f.Comma)
	for _, m := range f.Map {
		l.flags("map", m.Name+"="+m.Value)
	}
	l.flags("rejects", f.Rejects)
}

func (l *line) reading(r *model.Reading) {
	first := "" // which may be 0
	if r.FirstPage != nil {
		first = strconv.Itoa(*r.FirstPage)
	}
	l.flags(
		"items", r.Items, "paging", string(r.Paging), "page-size", number(r.PageSize), "page-param", r.PageParam,
		"size-param", r.SizeParam, "first-page", first, "cursor-param", r.CursorParam, "cursor-field", r.CursorField,
		"since-param", r.SinceParam, "since", r.Since, "limit", number(r.Limit),
	)
}

func (l *line) writing(w *model.Writing) {
	l.flags(
		"method", w.Method, "batch", number(w.Batch), "batch-field", w.BatchField, "parallel", number(w.Parallel),
		"idempotency-header", w.Idempotency,
	)
	l.is("upsert", w.Upsert)
	l.flags("create-path", w.CreatePath, "max-rejects", number(w.MaxRejects))
	l.is("all-or-nothing", w.WholeOnly)
}

func (l *line) syncing(t *model.Transfer) {
	y := &t.Sync
	l.flags("key", y.Key, "jq", t.Shape, "detect", string(y.Detect))
	l.is("deletes", y.Deletes)
	l.flags("max-deletes", number(y.MaxDeletes))
	l.is("overwrite", y.Overwrite)
	l.flags("schedule", y.Schedule)
	l.is("webhook", y.Webhook)
	l.reading(&t.Read)
	l.flags("method", t.Write.Method, "parallel", number(t.Write.Parallel))
}
