package command

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/transfers"
)

// parsed gives a command flags and lets it parse words.
func parsed(t *testing.T, add func(*cobra.Command), words ...string) *cobra.Command {
	t.Helper()
	cmd := &cobra.Command{Use: "ferry"}
	add(cmd)
	if err := cmd.ParseFlags(words); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func TestFlagsOfAnExportAreItsDraft(t *testing.T) {
	var f exportFlags
	cmd := parsed(t, f.add, "-o", "p.csv.gz", "--format", "csv", "--gzip", "--columns", "sku,price.amount", "--csv-raw", "--csv-separator", "tab",
		"--jq", ".", "--items", ".d", "--paging", "cursor", "--page-size", "50", "--page-param", "p", "--size-param", "s", "--first-page", "0",
		"--cursor-param", "c", "--cursor-field", "meta.next", "--since", "2026-01-01", "--since-param", "updatedSince", "--limit", "7",
		"-q", "a=1", "-q", "a=2=3", "-H", "Accept-Language:  de ")
	if err := f.check(cmd, "erp"); err != nil {
		t.Fatal(err)
	}
	got, err := f.draft(cmd, []string{"erp", "/p"})
	first := 0
	want := transfers.Draft{
		Kind: model.KindExport,
		Source: transfers.Side{
			Client: "erp", Path: "/p", Query: []model.Param{{Name: "a", Value: "1"}, {Name: "a", Value: "2=3"}},
			Headers: []model.Param{{Name: "Accept-Language", Value: "de"}},
		},
		File: model.TransferFile{Path: "p.csv.gz", Format: model.CSV, Gzip: true, Columns: []string{"sku", "price.amount"}, CSVRaw: true, Comma: "\t"},
		Read: model.Reading{
			Paging: model.PagingCursor, Items: ".d", PageParam: "p", SizeParam: "s", PageSize: 50, FirstPage: &first,
			CursorParam: "c", CursorField: "meta.next", SinceParam: "updatedSince", Since: "2026-01-01", Limit: 7,
		},
		Shape: ".",
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// What is not given stays with whoever knows better: the ending of the file, the first page.
func TestAnExportWithoutFlagsLeavesAllToBeFoundOut(t *testing.T) {
	var f exportFlags
	cmd := parsed(t, f.add, "-o", "p", "--paging", "auto")
	got, err := f.draft(cmd, []string{"erp", "/p"})
	want := transfers.Draft{Kind: model.KindExport, Source: transfers.Side{Client: "erp", Path: "/p"}, File: model.TransferFile{Path: "p"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestFlagsOfAnImportAreItsDraft(t *testing.T) {
	var f loadFlags
	cmd := parsed(t, f.add, "-i", "s.csv", "--method", "put", "--map", "article=sku", "--map", "p.r=price.amount", "--jq", ".x", "--batch", "10",
		"--batch-field", "items", "--parallel", "8", "--idempotency-header", "none", "--upsert", "--create-path", "/new", "--rejects", "bad.ndjson",
		"--max-rejects", "3", "--all-or-nothing", "--csv-separator", ";", "--csv-raw")
	if err := f.check(cmd, "erp"); err != nil {
		t.Fatal(err)
	}
	got, err := f.draft(cmd, []string{"erp", "/p/{sku}"})
	want := transfers.Draft{
		Kind: model.KindImport, Target: transfers.Side{Client: "erp", Path: "/p/{sku}"}, Shape: ".x",
		File: model.TransferFile{
			Path: "s.csv", CSVRaw: true, Comma: ";", Rejects: "bad.ndjson",
			Map: []model.Param{{Name: "article", Value: "sku"}, {Name: "p.r", Value: "price.amount"}},
		},
		Write: model.Writing{
			Method: "PUT", Batch: 10, BatchField: "items", Parallel: 8, Idempotency: model.NoIdempotency, Upsert: true, CreatePath: "/new",
			MaxRejects: 3, WholeOnly: true,
		},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// An edit changes what was given, and an empty value clears.
func TestFlagsOfASyncChangeWhatWasGiven(t *testing.T) {
	var f syncFlags
	a := &app{}
	cmd := parsed(t, func(c *cobra.Command) { f.add(a, c) }, "--schedule", "", "--deletes=false", "--max-deletes", "5", "--detect", "compare", "--target", "shop2", "-q", "x=1")
	d := transfers.Draft{
		Kind: model.KindSync, Name: "n", Source: transfers.Side{Client: "erp", Path: "/p"}, Target: transfers.Side{Client: "shop", Path: "/p/{sku}"},
		Sync: model.Syncing{Key: "sku", Detect: model.DetectSince, Deletes: true, Schedule: "every 30s", Webhook: true}, Write: model.Writing{Method: "PUT"},
	}
	want := d
	want.Sync = model.Syncing{Key: "sku", MaxDeletes: 5, Webhook: true}
	want.Target.Client = "shop2"
	want.Source.Query = []model.Param{{Name: "x", Value: "1"}}
	if err := f.apply(cmd, &d); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Error(diff)
	}
}

// Secrets do not belong into argv, and a command line that cannot work opens no store: env has none.
func TestACommandLineThatCannotWorkIsRefusedBeforeTheStoreIsOpened(t *testing.T) {
	export := []string{"export", "erp", "/p", "-o", "f.ndjson"}
	load := []string{"import", "erp", "/p", "-i", "f.ndjson"}
	sync := []string{"sync", "create", "s", "--source", "a", "--source-path", "/p", "--target", "b", "--target-path", "/p/{k}", "--key", "k"}
	for name, tc := range map[string]struct {
		line  []string
		field string
	}{
		"no file":                {[]string{"export", "erp", "/p"}, "file"},
		"no file to import":      {[]string{"import", "erp", "/p"}, "file"},
		"the name of a form":     {[]string{"export", "erp", "/p", "-o", "json"}, "file"},
		"both ways":              {append(export, "--resume", "--restart"), "restart"},
		"a stream goes on":       {[]string{"export", "erp", "/p", "-o", "-", "--resume"}, "resume"},
		"a secret in argv":       {append(export, "-H", "X-API-Key: CANARY"), "headers"},
		"a header of no form":    {append(export, "-H", "nothing"), "headers"},
		"a parameter":            {append(export, "-q", "nothing"), "query"},
		"a filter":               {append(export, "--jq", ".["), "jq"},
		"items":                  {append(export, "--items", ".["), "items"},
		"paging":                 {append(export, "--paging", "magic"), ""},
		"a format":               {append(export, "--format", "xml"), ""},
		"a number":               {append(export, "--limit", "many"), ""},
		"a column":               {append(load, "--map", "a"), "map"},
		"a dry run that goes on": {append(load, "--dry-run", "--resume"), "dry_run"},
		"no source":              {[]string{"sync", "create", "s", "--target", "b"}, "source"},
		"no key":                 {sync[:len(sync)-2], "key"},
		"a secret of a sync":     {append(sync, "-H", "Authorization: CANARY"), "headers"},
		"a way to find changes":  {append(sync, "--detect", "magic"), ""},
		"nothing to change":      {[]string{"sync", "update", "s"}, ""},
		"a revision":             {[]string{"sync", "update", "s", "--if-revision", "0", "--deletes"}, "revision"},
		"too few":                {[]string{"export", "erp"}, ""},
		"too many":               {append(export, "more"), ""},
		"an unknown command":     {[]string{"transfer", "lsit"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			e, out, errOut := env(append(tc.line, "--output", "json")...)
			code := Run(t.Context(), e)
			got := struct {
				Error struct{ Code, Field string }
			}{}
			unmarshal(t, errOut.Bytes(), &got)
			if code != 2 || out.Len() > 0 || got.Error.Field != tc.field {
				t.Errorf("exit code %d, %q, %s", code, out, errOut)
			}
			if has(errOut.String(), "CANARY") {
				t.Error("a secret was repeated")
			}
		})
	}
}
