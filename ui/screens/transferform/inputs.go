package transferform

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"ferry/model"
	"ferry/model/transfers"
	"ferry/ui/widget/field"
)

// inputs is everything that can be typed or chosen: lines and boxes by the names of their
// fields, which are those of the flags.
type inputs struct {
	lines  map[string]*field.Line
	boxes  map[string]bool
	method int             // of methods
	detect int             // of detects
	base   transfers.Draft // what the form does not show
}

var (
	formats     = []string{string(model.NDJSON), string(model.JSONArray), string(model.CSV)}
	methods     = []string{"POST", "PUT", "PATCH"}
	detects     = []model.SyncDetect{model.DetectCompare, model.DetectSince, model.DetectModified}
	detectNames = []string{"compare all", "since", "304"}
)

// hints are what an empty field shows.
var hints = map[string]string{
	"name": "(letters, digits, . _ -)", "format": "(by the ending of the file)", "file": "(as in products.ndjson)", "path": "(as in /products)", "query": "(k=v&k=v)", "columns": "(found in the first pages)",
	"jq": "(each record as it is)", "paging": "(found by itself)", "items": "(found by itself; or .data.list)", "page_size": "(the source's own)",
	"page_param": "(page, or offset)", "size_param": "(size, or limit)", "first_page": "(found out)", "cursor_param": "(cursor)", "cursor_field": "(found by itself)",
	"since_param": "(as in since)", "since": "(2026-01-31)", "limit": "(all)", "csv_separator": "(,)", "map": "(COLUMN=FIELD, …)",
	"batch": "(1: each by itself)", "batch_field": "(none: a bare array)", "parallel": "(" + strconv.Itoa(model.DefaultParallel) + ")", "idempotency_header": "(Idempotency-Key)",
	"create_path": "(the path up to its first place)", "rejects": "(FILE.rejects.ndjson)", "max_rejects": "(any number)",
	"key": "(as in sku)", "schedule": "(none; every 30s, */5 * * * *)", "max_deletes": "(" + strconv.Itoa(model.DefaultMaxDeletes) + ")",
	"source": "(API client)", "source_path": "(as in /products)", "source_query": "(k=v&k=v)", "target": "(API client)", "target_path": "(as in /products/{sku})", "target_query": "(k=v&k=v)",
	"client": "(API client)", "headers": "(Name: value; Name: value)", "source_headers": "(Name: value; Name: value)", "target_headers": "(Name: value; Name: value)",
}

// fill makes the inputs show d.
func (f *Form) fill(d transfers.Draft) {
	in := inputs{lines: map[string]*field.Line{}, boxes: map[string]bool{}, base: d}
	for name, hint := range hints {
		l := &field.Line{Placeholder: hint}
		in.lines[name] = l
	}
	set := func(name, value string) { in.lines[name].Set(value) }
	side := func(prefix, client string, s transfers.Side) {
		set(client, s.Client)
		set(prefix+"path", s.Path)
		set(prefix+"query", queryText(s.Query))
		set(prefix+"headers", headerText(s.Headers))
	}
	switch d.Kind {
	case model.KindImport:
		side("", "client", d.Target)
		in.lines["path"].Placeholder = "(/products, or /products/{sku})"
	case model.KindSync:
		side("source_", "source", d.Source)
		side("target_", "target", d.Target)
	default:
		side("", "client", d.Source)
	}
	set("name", d.Name)
	set("file", d.File.Path)
	set("columns", strings.Join(d.File.Columns, ","))
	set("csv_separator", d.File.Comma)
	set("map", pairText(d.File.Map))
	set("rejects", d.File.Rejects)
	set("jq", d.Shape)
	f.fillReading(&in, &d.Read)
	w := &d.Write
	set("batch", number(int64(w.Batch)))
	set("batch_field", w.BatchField)
	set("parallel", number(int64(w.Parallel)))
	set("idempotency_header", w.Idempotency)
	set("create_path", w.CreatePath)
	set("max_rejects", number(w.MaxRejects))
	y := &d.Sync
	set("key", y.Key)
	set("schedule", y.Schedule)
	set("max_deletes", number(int64(y.MaxDeletes)))
	for name, on := range map[string]bool{
		"csv_raw": d.File.CSVRaw, "gzip": d.File.Gzip, "upsert": w.Upsert, "all_or_nothing": w.WholeOnly,
		"deletes": y.Deletes, "overwrite": y.Overwrite, "webhook": y.Webhook,
	} {
		in.boxes[name] = on
	}
	in.boxes["replace"] = f.in.boxes["replace"]
	set("format", string(d.File.Format))
	in.detect = max(slices.Index(detects, y.Detect), 0)
	in.method = slices.Index(methods, w.Method)
	if in.method < 0 {
		in.method = 0
		if d.Kind == model.KindSync {
			in.method = 1 // PUT
		}
	}
	f.in = in
}

func (f *Form) fillReading(in *inputs, r *model.Reading) {
	for name, value := range map[string]string{
		"paging": string(r.Paging), "items": r.Items, "page_size": number(int64(r.PageSize)), "page_param": r.PageParam, "size_param": r.SizeParam,
		"cursor_param": r.CursorParam, "cursor_field": r.CursorField, "since_param": r.SinceParam, "since": r.Since, "limit": number(r.Limit),
	} {
		in.lines[name].Set(value)
	}
	if r.FirstPage != nil {
		in.lines["first_page"].Set(strconv.Itoa(*r.FirstPage))
	}
	f.more = f.more || r.Paging != "" || r.Items != "" || r.PageSize != 0 || r.CursorParam != "" || r.CursorField != "" || r.FirstPage != nil
}

func (in *inputs) text(name string) string { return strings.TrimSpace(in.lines[name].Value()) }

// draft returns what the form says.
func (f *Form) draft() transfers.Draft {
	in := &f.in
	d := in.base
	d.Kind = f.kind
	side := func(prefix, client string, base transfers.Side) transfers.Side {
		base.Client, base.Path = in.text(client), in.text(prefix+"path")
		base.Query, base.Headers = queryOf(in.text(prefix+"query")), headersOf(in.text(prefix+"headers"))
		return base
	}
	switch f.kind {
	case model.KindExport:
		d.Source = side("", "client", d.Source)
	case model.KindImport:
		d.Target = side("", "client", d.Target)
	case model.KindSync:
		d.Source, d.Target = side("source_", "source", d.Source), side("target_", "target", d.Target)
		d.Name = in.text("name")
	default: // nothing is typed before a kind is chosen
		return d
	}
	d.Shape = in.text("jq")
	d.File = in.file(d.File, f.isCSV())
	d.Read = in.reading(d.Read)
	d.Write = in.writing(d.Write, f.kind)
	y := &d.Sync
	y.Key, y.Schedule, y.Detect = in.text("key"), in.text("schedule"), detects[in.detect]
	y.Deletes, y.Overwrite, y.Webhook = in.boxes["deletes"], in.boxes["overwrite"], in.boxes["webhook"]
	y.MaxDeletes = 0
	if y.Deletes {
		y.MaxDeletes = int(numberOf(in.text("max_deletes")))
	}
	return d
}

func (in *inputs) file(file model.TransferFile, csv bool) model.TransferFile {
	file.Path, file.Format, file.Rejects = in.text("file"), model.FileFormat(strings.ToLower(in.text("format"))), in.text("rejects")
	file.Gzip = in.boxes["gzip"]
	file.Columns, file.Comma, file.Map, file.CSVRaw = nil, "", nil, false
	if csv { // what was typed for CSV waits while another format is chosen
		file.Columns, file.Comma = listOf(in.text("columns")), in.text("csv_separator")
		file.Map, file.CSVRaw = pairsOf(in.text("map")), in.boxes["csv_raw"]
	}
	return file
}

func (in *inputs) reading(r model.Reading) model.Reading {
	r.Paging, r.Items = model.Paging(strings.ToLower(in.text("paging"))), in.text("items")
	if r.Paging == "auto" {
		r.Paging = model.PagingAuto
	}
	r.PageSize, r.PageParam, r.SizeParam = int(numberOf(in.text("page_size"))), in.text("page_param"), in.text("size_param")
	r.CursorParam, r.CursorField = in.text("cursor_param"), in.text("cursor_field")
	r.SinceParam, r.Since, r.Limit = in.text("since_param"), in.text("since"), numberOf(in.text("limit"))
	r.FirstPage = nil
	if n, err := strconv.Atoi(in.text("first_page")); err == nil {
		r.FirstPage = &n
	}
	return r
}

func (in *inputs) writing(w model.Writing, kind model.TransferKind) model.Writing {
	w.Method = methods[in.method]
	w.Batch, w.BatchField = int(numberOf(in.text("batch"))), in.text("batch_field")
	w.Parallel, w.Idempotency = int(numberOf(in.text("parallel"))), in.text("idempotency_header")
	w.Upsert, w.CreatePath = in.boxes["upsert"], ""
	if w.Upsert {
		w.CreatePath = in.text("create_path")
	}
	w.MaxRejects, w.WholeOnly = numberOf(in.text("max_rejects")), in.boxes["all_or_nothing"]
	if kind == model.KindExport {
		w = model.Writing{}
	}
	return w
}

// isCSV reports whether the file is CSV, by choice or by its ending.
func (f *Form) isCSV() bool {
	switch strings.ToLower(f.in.text("format")) {
	case string(model.CSV):
		return true
	case "":
		name := strings.TrimSuffix(strings.ToLower(f.in.text("file")), ".gz")
		return path.Ext(name) == ".csv"
	}
	return false
}
