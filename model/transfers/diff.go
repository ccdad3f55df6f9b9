package transfers

import (
	"strconv"
	"strings"

	"ferry/model"
)

// changes lists the fields in which two transfers differ, was nil for a new one, named as
// the flags of the commands are. Names are those of clients by id.
func changes(was, is *model.Transfer, names map[model.ID]string) []model.Change {
	if was == nil {
		was = &model.Transfer{}
	}
	d := &differ{names: names}
	d.text("name", was.Name, is.Name)
	if is.Kind != model.KindImport {
		d.endpoint(is.Kind, "source", &was.Source, &is.Source)
	}
	if is.Kind != model.KindExport {
		d.endpoint(is.Kind, "target", &was.Target, &is.Target)
	}
	d.file(&was.File, &is.File)
	d.reading(&was.Read, &is.Read)
	d.writing(&was.Write, &is.Write)
	d.text("jq", was.Shape, is.Shape)
	d.syncing(&was.Sync, &is.Sync)
	return d.out
}

// differ collects the fields in which two transfers differ.
type differ struct {
	names map[model.ID]string
	out   []model.Change
}

func (d *differ) text(field, a, b string) {
	if a != b {
		d.out = append(d.out, model.Change{Field: field, From: a, To: b})
	}
}

func (d *differ) flag(field string, a, b bool) { d.text(field, flagText(a), flagText(b)) }

func flagText(on bool) string {
	if on {
		return "true"
	}
	return ""
}

func (d *differ) number(field string, a, b int64) { d.text(field, numberText(a), numberText(b)) }

func numberText(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func (d *differ) client(field string, a, b model.ID) {
	name := func(id model.ID) string {
		if n := d.names[id]; n != "" {
			return n
		}
		return string(id)
	}
	if a != b {
		d.text(field, name(a), name(b))
	}
}

func (d *differ) endpoint(kind model.TransferKind, side string, was, is *model.Endpoint) {
	prefix := ""
	if kind == model.KindSync {
		prefix = side + "_"
	}
	d.client(field(kind, side), was.Client, is.Client)
	d.text(prefix+"path", was.Path, is.Path)
	d.text(prefix+"query", paramText(was.Query, "=", "&"), paramText(is.Query, "=", "&"))
	d.text(prefix+"headers", paramText(was.Headers, ": ", ", "), paramText(is.Headers, ": ", ", "))
}

func (d *differ) file(was, is *model.TransferFile) {
	d.text("file", was.Path, is.Path)
	d.text("format", string(was.Format), string(is.Format))
	d.flag("gzip", was.Gzip, is.Gzip)
	d.text("columns", strings.Join(was.Columns, ","), strings.Join(is.Columns, ","))
	d.flag("csv_raw", was.CSVRaw, is.CSVRaw)
	d.text("csv_separator", was.Comma, is.Comma)
	d.text("map", paramText(was.Map, "=", ", "), paramText(is.Map, "=", ", "))
	d.text("rejects", was.Rejects, is.Rejects)
}

func (d *differ) reading(was, is *model.Reading) {
	d.text("paging", string(was.Paging), string(is.Paging))
	d.text("items", was.Items, is.Items)
	d.text("page_param", was.PageParam, is.PageParam)
	d.text("size_param", was.SizeParam, is.SizeParam)
	d.number("page_size", int64(was.PageSize), int64(is.PageSize))
	d.text("first_page", firstText(was.FirstPage), firstText(is.FirstPage))
	d.text("cursor_param", was.CursorParam, is.CursorParam)
	d.text("cursor_field", was.CursorField, is.CursorField)
	d.text("since_param", was.SinceParam, is.SinceParam)
	d.text("since", was.Since, is.Since)
	d.number("limit", was.Limit, is.Limit)
}

func firstText(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func (d *differ) writing(was, is *model.Writing) {
	d.text("method", was.Method, is.Method)
	d.number("batch", int64(was.Batch), int64(is.Batch))
	d.text("batch_field", was.BatchField, is.BatchField)
	d.number("parallel", int64(was.Parallel), int64(is.Parallel))
	d.text("idempotency_header", was.Idempotency, is.Idempotency)
	d.flag("upsert", was.Upsert, is.Upsert)
	d.text("create_path", was.CreatePath, is.CreatePath)
	d.number("max_rejects", was.MaxRejects, is.MaxRejects)
	d.flag("all_or_nothing", was.WholeOnly, is.WholeOnly)
}

func (d *differ) syncing(was, is *model.Syncing) {
	d.text("key", was.Key, is.Key)
	d.text("detect", string(was.Detect), string(is.Detect))
	d.flag("deletes", was.Deletes, is.Deletes)
	d.number("max_deletes", int64(was.MaxDeletes), int64(is.MaxDeletes))
	d.flag("overwrite", was.Overwrite, is.Overwrite)
	d.text("schedule", was.Schedule, is.Schedule)
	d.flag("webhook", was.Webhook, is.Webhook)
	d.flag("paused", was.Paused, is.Paused)
	d.flag("confirmed", was.Confirmed, is.Confirmed)
}

func paramText(list []model.Param, is, and string) string {
	parts := make([]string, len(list))
	for i, p := range list {
		parts[i] = p.Name + is + p.Value
	}
	return strings.Join(parts, and)
}

// counts says in changes what a run did; what is zero is left out.
func counts(p *model.Progress) []model.Change {
	var out []model.Change
	for _, c := range []struct {
		field string
		n     int64
	}{
		{"records", p.Records},
		{"created", p.Created},
		{"updated", p.Updated},
		{"unchanged", p.Unchanged},
		{"deleted", p.Deleted},
		{"rejected", p.Rejected},
		{"uncertain", p.Uncertain},
		{"conflicts", p.Conflicts},
	} {
		if c.n != 0 {
			out = append(out, model.Change{Field: c.field, To: strconv.FormatInt(c.n, 10)})
		}
	}
	return out
}
