package transfers_test

import (
	"slices"
	"strings"
	"testing"

	"ferry/model"
	"ferry/model/transfers"
)

func with(d transfers.Draft, change func(*transfers.Draft)) transfers.Draft {
	change(&d)
	return d
}

func TestADraftThatCannotBeNamesTheFieldAtFault(t *testing.T) {
	b := newBench(t)
	b.Files.Put("in.ndjson", "{}")
	b.Files.Put("in.csv", "a\n1\n")
	for _, c := range []struct {
		field string
		base  transfers.Draft
		make  func(*transfers.Draft)
	}{
		{"kind", export("a.json"), func(d *transfers.Draft) { d.Kind = "copy" }},
		{"client", export("a.json"), func(d *transfers.Draft) { d.Source.Client = "" }},
		{"path", export("a.json"), func(d *transfers.Draft) { d.Source.Path = "" }},
		{"path", export("a.json"), func(d *transfers.Draft) { d.Source.Path = "https://evil.example.com/x" }},
		{"path", export("a.json"), func(d *transfers.Draft) { d.Source.Path = "//evil.example.com/x" }},
		{"path", export("a.json"), func(d *transfers.Draft) { d.Source.Path = "/a b" }},
		{"path", export("a.json"), func(d *transfers.Draft) { d.Source.Path = "/a#b" }},
		{"path", export("a.json"), func(d *transfers.Draft) { d.Source.Path = "/a\x00" }},
		{"path", export("a.json"), func(d *transfers.Draft) { d.Source.Path = "/a\xff" }},
		{"path", export("a.json"), func(d *transfers.Draft) { d.Source.Path = "/a?api%5Fkey=x" }},
		{"path", export("a.json"), func(d *transfers.Draft) { d.Source.Path = "/" + strings.Repeat("a", 3000) }},
		{"query", export("a.json"), func(d *transfers.Draft) { d.Source.Query = []model.Param{{Name: "access_token", Value: "x"}} }},
		{"query", export("a.json"), func(d *transfers.Draft) { d.Source.Query = []model.Param{{Value: "x"}} }},
		{"query", export("a.json"), func(d *transfers.Draft) { d.Source.Query = make([]model.Param, 51) }},
		{"headers", export("a.json"), func(d *transfers.Draft) { d.Source.Headers = []model.Param{{Name: "X-Api-Key", Value: "x"}} }},
		{"headers", export("a.json"), func(d *transfers.Draft) { d.Source.Headers = []model.Param{{Name: "authorization", Value: "x"}} }},
		{"headers", export("a.json"), func(d *transfers.Draft) { d.Source.Headers = []model.Param{{Name: "Content-Length", Value: "1"}} }},
		{"headers", export("a.json"), func(d *transfers.Draft) { d.Source.Headers = []model.Param{{Name: "X-A", Value: "1\r\nX-B: 2"}} }},
		{"headers", export("a.json"), func(d *transfers.Draft) { d.Source.Headers = []model.Param{{Name: "X A"}} }},
		{"file", export(""), func(*transfers.Draft) {}},
		{"format", export("a.txt"), func(*transfers.Draft) {}},
		{"format", export("a.txt"), func(d *transfers.Draft) { d.File.Format = "xml" }},
		{"columns", export("a.json"), func(d *transfers.Draft) { d.File.Columns = []string{"a"} }},
		{"columns", export("a.csv"), func(d *transfers.Draft) { d.File.Columns = []string{"a", "a"} }},
		{"csv_separator", export("a.csv"), func(d *transfers.Draft) { d.File.Comma = ";;" }},
		{"csv_separator", export("a.csv"), func(d *transfers.Draft) { d.File.Comma = `"` }},
		{"csv_separator", export("a.json"), func(d *transfers.Draft) { d.File.Comma = ";" }},
		{"csv_raw", export("a.json"), func(d *transfers.Draft) { d.File.CSVRaw = true }},
		{"map", export("a.csv"), func(d *transfers.Draft) { d.File.Map = []model.Param{{Name: "a", Value: "b"}} }},
		{"map", imp("in.csv"), func(d *transfers.Draft) { d.File.Map = []model.Param{{Name: "a"}} }},
		{"since", export("a.json"), func(d *transfers.Draft) { d.Read.SinceParam = "from" }},
		{"since_param", export("a.json"), func(d *transfers.Draft) { d.Read.Since = "2026" }},
		{"limit", export("a.json"), func(d *transfers.Draft) { d.Read.Limit = -1 }},
		{"page_size", export("a.json"), func(d *transfers.Draft) { d.Read.PageSize = -1 }},
		{"rejects", imp("in.ndjson"), func(d *transfers.Draft) { d.File.Rejects = "./in.ndjson" }},
		{"method", imp("in.ndjson"), func(d *transfers.Draft) { d.Write.Method = "DELETE" }},
		{"parallel", imp("in.ndjson"), func(d *transfers.Draft) { d.Write.Parallel = 65 }},
		{"batch", imp("in.ndjson"), func(d *transfers.Draft) { d.Write.Batch = -1 }},
		{"batch", imp("in.ndjson"), func(d *transfers.Draft) { d.Write.Batch, d.Write.Upsert = 2, true }},
		{"batch_field", imp("in.ndjson"), func(d *transfers.Draft) { d.Write.BatchField = "items" }},
		{"max_rejects", imp("in.ndjson"), func(d *transfers.Draft) { d.Write.MaxRejects = -1 }},
		{"idempotency_header", imp("in.ndjson"), func(d *transfers.Draft) { d.Write.Idempotency = "a b" }},
		{"create_path", imp("in.ndjson"), func(d *transfers.Draft) { d.Write.CreatePath = "/x" }},
		{"create_path", imp("in.ndjson"), func(d *transfers.Draft) { d.Write.CreatePath, d.Write.Upsert = "x y", true }},
		{"name", syncing("a b"), func(*transfers.Draft) {}},
		{"name", syncing(""), func(*transfers.Draft) {}},
		{"source", syncing("s"), func(d *transfers.Draft) { d.Source.Client = "" }},
		{"target_path", syncing("s"), func(d *transfers.Draft) { d.Target.Path = "" }},
		{"source_headers", syncing("s"), func(d *transfers.Draft) { d.Source.Headers = []model.Param{{Name: "Cookie", Value: "x"}} }},
		{"key", syncing("s"), func(d *transfers.Draft) { d.Sync.Key = "" }},
		{"detect", syncing("s"), func(d *transfers.Draft) { d.Sync.Detect = "guess" }},
		{"since_param", syncing("s"), func(d *transfers.Draft) { d.Sync.Detect = model.DetectSince }},
		{"deletes", syncing("s"), func(d *transfers.Draft) {
			d.Sync.Detect, d.Sync.Deletes, d.Read.SinceParam = model.DetectSince, true, "from"
		}},
		{"max_deletes", syncing("s"), func(d *transfers.Draft) { d.Sync.MaxDeletes = 101 }},
		{"schedule", syncing("s"), func(d *transfers.Draft) { d.Sync.Schedule = "now and then" }},
		{"limit", syncing("s"), func(d *transfers.Draft) { d.Read.Limit = 5 }},
		{"batch", syncing("s"), func(d *transfers.Draft) { d.Write.Batch = 2 }},
	} {
		t.Run(c.field, func(t *testing.T) {
			wantField(t, b.Transfers.Check(b.Ctx, b.Space, with(c.base, c.make)), c.field)
		})
	}
	for _, d := range []transfers.Draft{export("a.json"), imp("in.ndjson"), syncing("s")} {
		ok(t, b.Transfers.Check(b.Ctx, b.Space, d))
	}
	if list, err := b.Transfers.List(b.Ctx, b.Space, nil); err != nil || len(list) != 0 {
		t.Errorf("checking stored %d transfers, %v", len(list), err)
	}
}

func TestEveryFieldAtFaultIsNamedAtOnceAlsoTheEngines(t *testing.T) {
	b := newBench(t)
	b.Mover.Refuse(model.Invalid([]model.FieldError{{Field: "jq", Message: "no filter"}, {Field: "key", Message: "said twice"}}))
	d := syncing("a b")
	d.Sync.Key, d.Write.Parallel = "", 1000
	e := model.AsError(b.Transfers.Check(b.Ctx, b.Space, d))
	var fields []string
	for _, f := range e.Fields {
		fields = append(fields, f.Field)
	}
	if want := []string{"name", "key", "parallel", "jq"}; !slices.Equal(fields, want) {
		t.Errorf("at fault are %q, want %q", fields, want)
	}
	b.Mover.Refuse(model.Errorf(model.EInvalid, "no filter").WithField("jq"))
	wantField(t, b.Transfers.Check(b.Ctx, b.Space, syncing("s")), "jq")
	b.Mover.Refuse(model.Errorf(model.EInternal, "broken").WithNext("mend it"))
	wantCode(t, b.Transfers.Check(b.Ctx, b.Space, syncing("s")), model.EInternal)
}

func TestClientsAndFilesThatAreNotThere(t *testing.T) {
	b := newBench(t)
	for field, d := range map[string]transfers.Draft{
		"client": with(export("a.json"), func(d *transfers.Draft) { d.Source.Client = "nobody" }),
		"source": with(syncing("s"), func(d *transfers.Draft) { d.Source.Client = "nobody" }),
		"target": with(syncing("s"), func(d *transfers.Draft) { d.Target.Client = "nobody" }),
		"file":   imp("nowhere.ndjson"),
	} {
		err := b.Transfers.Check(b.Ctx, b.Space, d)
		wantCode(t, err, model.ENotFound)
		if got := model.AsError(err).Field; got != field {
			t.Errorf("%v is about %q, want %q", err, got, field)
		}
	}
	// A client of another space is none of this one.
	other := b.NewSpace(t, "other")
	wantCode(t, b.Transfers.Check(b.Ctx, other, export("a.json")), model.ENotFound)
}

func TestTheFormatFollowsFromTheEndingUnlessItIsGiven(t *testing.T) {
	for name, want := range map[string]model.TransferFile{
		"a.ndjson": {Format: model.NDJSON}, "a.JSONL": {Format: model.NDJSON}, "a.json": {Format: model.JSONArray}, "a.csv": {Format: model.CSV},
		"a.ndjson.gz": {Format: model.NDJSON, Gzip: true}, "a.json.gz": {Format: model.JSONArray, Gzip: true}, "a.csv.GZ": {Format: model.CSV, Gzip: true},
		"-": {Format: model.NDJSON},
	} {
		b := newBench(t)
		st, err := b.Transfers.Start(b.Ctx, b.Space, export(name), transfers.Options{Out: &strings.Builder{}})
		ok(t, err)
		if f := st.Transfer.File; f.Format != want.Format || f.Gzip != want.Gzip {
			t.Errorf("%s is %+v", name, f)
		}
		d := export(name)
		d.File.Format = model.CSV
		st, err = b.Transfers.Start(b.Ctx, b.Space, d, transfers.Options{Out: &strings.Builder{}, Replace: true})
		ok(t, err)
		if f := st.Transfer.File; f.Format != model.CSV || f.Gzip != want.Gzip {
			t.Errorf("%s with a format is %+v", name, f)
		}
	}
}
