package exporting

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
)

func shaped(format model.FileFormat, jq string) model.Transfer {
	return model.Transfer{File: model.TransferFile{Format: format}, Shape: jq}
}

// --jq for each record: none, one, or many come of it.
func TestShape(t *testing.T) {
	source := &pages{pages: [][]string{{`{"id":1,"tags":["a","b"]}`, `{"id":2,"tags":[]}`}, {}, {`{"id":3,"tags":["c"]}`}}}
	for _, c := range []struct{ jq, want string }{
		{".id", "1\n2\n3\n"},
		{"select(.id != 2) | {id}", "{\"id\":1}\n{\"id\":3}\n"},
		{".id as $id | .tags[] | {id: $id, tag: .}", "{\"id\":1,\"tag\":\"a\"}\n{\"id\":1,\"tag\":\"b\"}\n{\"id\":3,\"tag\":\"c\"}\n"},
		{"empty", ""},
	} {
		if d := cmp.Diff(c.want, export(t, source, shaped(model.NDJSON, c.jq))); d != "" {
			t.Errorf("%s: %s", c.jq, d)
		}
	}
	if got := export(t, source, shaped(model.JSONArray, "empty")); got != "[]\n" {
		t.Errorf("%q", got)
	}
	if got, want := export(t, source, shaped(model.CSV, "select(.id == 3) | {tag: .tags[0]}")), "tag\nc\n"; got != want {
		t.Errorf("%q", got)
	}
}

// That a filter left records out is noted, also when it goes on.
func TestShapeIsNoted(t *testing.T) {
	source, k := &pages{pages: made(4, 10), fail: map[int64]error{3: model.Errorf(model.EUpstream, "odd")}}, &kept{}
	j := job(t.TempDir(), ndjson, k)
	j.Transfer.Shape = "select(.id % 2 == 0)"
	if err := engine(source).Run(t.Context(), j); err == nil {
		t.Fatal("it did not fail")
	}
	if d := cmp.Diff([]string{"the filter made 10 records of 20"}, k.last.Notes); d != "" {
		t.Error(d)
	}
	j.Checkpoint, source.fail = k.checkpoint(), nil
	if err := engine(source).Run(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"the filter made 20 records of 40"}, k.last.Notes); d != "" {
		t.Error(d)
	}
}

// A filter that does not fit one record stops there: the record is named, and what came
// before is kept.
func TestShapeThatDoesNotFit(t *testing.T) {
	source := &pages{pages: [][]string{{`{"n":1}`, `{"n":2}`}, {`{"n":3}`, `{"n":"x"}`}}}
	k := &kept{}
	j := job(t.TempDir(), ndjson, k)
	j.Transfer.Shape = ".n + 1"
	err := model.AsError(engine(source).Run(t.Context(), j))
	if err.Code != model.EInvalid || err.Field != "jq" || !strings.HasPrefix(err.Message, "record 4 (number 2 of page 2): ") ||
		!strings.Contains(err.Message, "2 records of 1 page are kept") || !strings.Contains(err.Next, ".price?") {
		t.Errorf("%+v", err)
	}
	j.Transfer.Shape = "(.n + 1)?"
	j.Replace = true
	if err := engine(source).Run(t.Context(), j); err != nil {
		t.Error(err)
	}
	if got := read(t, j.Transfer.File); got != "2\n3\n4\n" {
		t.Error(got)
	}
}

// Records keep their order of members and the text of their numbers; blanks go.
func TestNoDecoding(t *testing.T) {
	source := &pages{pages: [][]string{{"{ \"z\" : 1.00,\r\n\t\"a\" : 12345678901234567890123,\n \"t\": \"two  blanks, { } [ ] : \\\" \" }", `"x y"`, " [ 1 , 2 ] "}}}
	want := "{\"z\":1.00,\"a\":12345678901234567890123,\"t\":\"two  blanks, { } [ ] : \\\" \"}\n\"x y\"\n[1,2]\n"
	if d := cmp.Diff(want, export(t, source, shaped(model.NDJSON, ""))); d != "" {
		t.Error(d)
	}
	array := "[\n  " + strings.Join(strings.Split(strings.TrimSpace(want), "\n"), ",\n  ") + "\n]\n"
	if d := cmp.Diff(array, export(t, source, shaped(model.JSONArray, ""))); d != "" {
		t.Error(d)
	}
}

func TestEmptySource(t *testing.T) {
	for format, want := range map[model.FileFormat]string{model.NDJSON: "", model.JSONArray: "[]\n", model.CSV: ""} {
		for _, source := range [][][]string{nil, {{}}} {
			for _, zipped := range []bool{false, true} {
				tr := model.Transfer{File: model.TransferFile{Format: format, Gzip: zipped}}
				if got := export(t, &pages{pages: source}, tr); got != want {
					t.Errorf("%s: %q", format, got)
				}
			}
		}
	}
}

// A record of 10 MB, in each format.
func TestLargeRecord(t *testing.T) {
	times := 10 << 20 / 6
	if testing.Short() {
		times = 5 << 20 / 6 // behind every limit still
	}
	long := `{"id":1,"text":"` + strings.Repeat("lamp, ", times) + `"}`
	source := &pages{pages: [][]string{{`{"id":0,"text":""}`, long}, {long, `{"id":2,"text":""}`}}}
	for _, format := range []model.FileFormat{model.NDJSON, model.JSONArray, model.CSV} {
		for _, zipped := range []bool{false, true} {
			got := export(t, source, model.Transfer{File: model.TransferFile{Format: format, Gzip: zipped}})
			if n := strings.Count(got, "lamp, "); n != 2*times {
				t.Errorf("%s gzip=%v: %d", format, zipped, n)
			}
			if format == model.NDJSON && got != lined(flat(source.pages)) {
				t.Errorf("%s gzip=%v differs", format, zipped)
			}
		}
	}
}

// A long page that breaks off is taken back, also behind gzip and when it goes on breaking.
func TestPageThatBreaksOff(t *testing.T) {
	record := `{"text":"` + strings.Repeat("x", 1000) + `"}`
	size := 5000 // 5 MB: behind every limit
	if testing.Short() {
		size = 2500 // behind what is held
	}
	long := slices.Repeat([]string{record}, size)
	for i := range long {
		long[i] = strings.Replace(record, "x", string(rune('a'+i%26)), 1)
	}
	for _, format := range []model.FileFormat{model.NDJSON, model.JSONArray, model.CSV} {
		for _, zipped := range []bool{false, true} {
			source := &pages{
				pages:  [][]string{{record}, long, {record}, long, {}, {record}},
				breaks: map[int64][]int{1: {0, 1}, 2: {size - 1, size * 3 / 5, 10}, 3: {1}, 4: {size}, 5: {0}, 6: {1, 0}},
			}
			tr := model.Transfer{File: model.TransferFile{Format: format, Gzip: zipped}}
			got := export(t, source, tr)
			if want := export(t, source, tr); got != want {
				t.Errorf("%s gzip=%v: differs from one that did not break off: %d and %d bytes", format, zipped, len(got), len(want))
			}
		}
	}
}
