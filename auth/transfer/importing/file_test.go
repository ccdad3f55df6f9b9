package importing

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"ferry/model"
)

func zipped(text string) string {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return z.String()
}

func TestCompressedFilesAreKnownByTheirBytes(t *testing.T) {
	two := zipped(`{"n":1}`+"\n") + zipped(`{"n":2}`) // members, as exports write them
	for name, tc := range map[string]struct {
		text    string
		named   bool // .gz
		says    string
		arrives int
	}{
		"by its name":      {two, true, "", 2},
		"by its bytes":     {two, false, "", 2},
		"by its name only": {`{"n":1}`, true, "is not compressed with gzip", 0},
		"cut off":          {zipped(numbered(100))[:90], true, "ends in the middle of its gzip stream", -1},
		"damaged":          {two[:12] + "xxxx" + two[16:], false, "gzip stream", -1},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t).write(model.NDJSON, tc.text)
			b.job.Transfer.File.Gzip = tc.named
			err := b.run()
			if (err == nil) != (tc.says == "") || err != nil && (model.CodeOf(err) != model.EInvalid || !strings.Contains(err.Error(), tc.says)) {
				t.Errorf("%v", err)
			}
			if tc.arrives >= 0 && len(b.target.applied) != tc.arrives {
				t.Errorf("%v", b.target.applied)
			}
		})
	}
}

// CASES issue 5: CSV with ragged rows, BOM → row-numbered report, all-or-nothing only if asked.
func TestAllOrNothing(t *testing.T) {
	text := "\xef\xbb\xbfsku,n\nA,1\nB\nC,3\n,4\n"
	b := newBench(t).write(model.CSV, text)
	b.job.Transfer.Target.Path = "/products/{sku}"
	b.mustRun()
	if b.last.Created != 2 || b.last.Rejected != 2 {
		t.Errorf("%+v", b.last)
	}
	b = newBench(t).write(model.CSV, text)
	b.job.Transfer.Target.Path = "/products/{sku}"
	b.job.Transfer.Write.WholeOnly = true
	err := b.run()
	if model.CodeOf(err) != model.EInvalid || !strings.Contains(err.Error(), "2 of 4 records cannot be sent, so that nothing was; row 3: 1 cells, but the header has 2; row 5: ") {
		t.Errorf("%v", err)
	}
	if len(b.target.seen()) != 0 || len(b.faults) != 2 || b.faults[0].Row != 3 || b.point != nil || b.last.Rejected != 2 {
		t.Errorf("%d requests, %+v", len(b.target.seen()), b.faults)
	}
	// Once it is whole, it goes.
	b.write(model.CSV, "sku,n\nA,1\nB,2\nC,3\n").mustRun()
	if len(b.target.applied) != 3 || b.last.Created != 3 || b.last.Records != 3 {
		t.Errorf("%v %+v", b.target.applied, b.last)
	}
	// A file that breaks in the middle sends nothing either.
	b = newBench(t).write(model.JSONArray, `[{"n":1},{"n":`)
	b.job.Transfer.Write.WholeOnly = true
	if err := b.run(); model.CodeOf(err) != model.EInvalid || !strings.HasSuffix(err.Error(), "nothing was sent") || len(b.target.seen()) != 0 {
		t.Errorf("%v", err)
	}
}

// CASES issue 5: malformed JSON in the middle → stops with the offset and what was kept.
func TestABrokenArrayStopsBehindWhatStandsBefore(t *testing.T) {
	b := newBench(t).write(model.JSONArray, `[{"n":1},{"n":2},{"n":},{"n":4}]`)
	err := b.run()
	if model.CodeOf(err) != model.EInvalid || !strings.Contains(err.Error(), "record 3, which begins at byte 17") {
		t.Errorf("%v", err)
	}
	if len(b.target.applied) != 2 || b.last.Created != 2 || b.point == nil {
		t.Errorf("%v %+v", b.target.applied, b.last)
	}
}

func TestAFileThatChangedIsNotGoneOnWith(t *testing.T) {
	for name, change := range map[string]func(b *bench){
		"longer":         func(b *bench) { b.write(model.NDJSON, numbered(30)+"{}\n") },
		"another record": func(b *bench) { b.write(model.NDJSON, strings.Replace(numbered(30), "S7", "T7", 1)) },
		"settings":       func(b *bench) { b.job.Transfer.Write.Batch = 2 },
		"no checkpoint":  func(b *bench) { b.point = []byte("{}") },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t).write(model.NDJSON, numbered(30))
			if _, err := b.killed(60); err == nil {
				t.Fatal("not killed")
			}
			change(b)
			b.link.before = func() error {
				t.Error("something is sent")
				return nil
			}
			if e := model.AsError(b.run()); e == nil || e.Code != model.EInvalid || !strings.Contains(e.Next, "--restart") {
				t.Errorf("%v", e)
			}
		})
	}
}

func TestEmptyFiles(t *testing.T) {
	for format, text := range map[model.FileFormat]string{model.NDJSON: "\n\n", model.JSONArray: "[]", model.CSV: "a,b\n"} {
		b := newBench(t).write(format, text)
		b.mustRun()
		if len(b.target.seen()) != 0 || b.last.Records != 0 {
			t.Errorf("%s: %+v", format, b.last)
		}
	}
}

func TestAStreamIsReadOnce(t *testing.T) {
	b := newBench(t)
	b.job.Transfer.File = model.TransferFile{Path: "-", Format: model.NDJSON}
	b.job.In = strings.NewReader(numbered(5) + "x\n")
	b.mustRun()
	if len(b.target.applied) != 5 || b.point != nil || b.last.Rejected != 1 || len(b.last.Notes) != 1 || !strings.Contains(b.last.Notes[0], "--rejects") {
		t.Errorf("%v %+v", b.target.applied, b.last)
	}
}

func TestTooManyRejects(t *testing.T) {
	b := newBench(t).write(model.NDJSON, numbered(killRecords))
	b.target.answer = refuseSome
	b.job.Transfer.Write.MaxRejects = 2
	b.job.Transfer.Write.Parallel = 1
	err := b.run()
	if model.CodeOf(err) != model.EUpstream || !strings.Contains(err.Error(), "3 records were refused, more than the 2") || !strings.Contains(err.Error(), "no threes") {
		t.Errorf("%v", err)
	}
	if len(b.target.seen()) != 23 {
		t.Errorf("%d requests", len(b.target.seen()))
	}
	b.job.Transfer.Write.MaxRejects = 10
	b.mustRun()
	if len(b.target.seen()) != killRecords || b.last.Rejected != 4 || len(b.rejected()) != 4 {
		t.Errorf("%d requests, %+v", len(b.target.seen()), b.last)
	}
}

func TestAllRefusedIsAFailure(t *testing.T) {
	b := newBench(t).write(model.NDJSON, numbered(3))
	b.target.answer = func(w http.ResponseWriter, _ *http.Request, _ []byte) bool {
		w.WriteHeader(404)
		return true
	}
	if err := b.run(); model.CodeOf(err) != model.EUpstream || !strings.Contains(err.Error(), "refused all of the 3 records; the last reason: 404 Not Found") {
		t.Errorf("%v", err)
	}
}

// Shaped records keep the number of the one they are made of, and what is refused is given
// back as it was read.
func TestShapedRecords(t *testing.T) {
	b := newBench(t).write(model.NDJSON, `{"id":1,"parts":["a","b"]}`+"\n"+`{"id":2,"parts":[]}`+"\n"+`{"id":3}`+"\n"+`{"id":4,"parts":["c"]}`)
	b.job.Transfer.Shape = `.id as $id | if .parts then .parts[] | {id: $id, part: .} else error("no parts") end`
	b.target.answer = func(w http.ResponseWriter, _ *http.Request, body []byte) bool {
		if !strings.Contains(string(body), `"c"`) {
			return false
		}
		w.WriteHeader(400)
		fmt.Fprint(w, "<html>")
		return true
	}
	b.mustRun()
	if len(b.target.applied) != 2 || b.last.Records != 4 || b.last.Created != 2 || b.last.Rejected != 2 {
		t.Errorf("%v %+v", b.target.applied, b.last)
	}
	got := strings.Join(b.rejected(), "\n")
	for _, want := range []string{`"record":3`, "no parts", `"data":{"id":3}}`, `"record":4,"row":4,"status":400,"reason":"400 Bad Request","data":{"id":4,"parts":["c"]}}`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
	keys := map[string]bool{}
	for _, h := range b.target.seen() {
		keys[h.key] = true
	}
	if len(keys) != 3 {
		t.Errorf("%v", keys)
	}
}

// However far the run is ahead of a record that takes long, its checkpoint stays small.
func TestTheMarksOfACheckpointAreBounded(t *testing.T) {
	l := &ledger{low: 1, known: map[uint64]state{}}
	for seq := uint64(1); seq <= span+model.MaxParallel; seq++ {
		l.slots = append(l.slots, slot{state: state(seq % 3)})
	}
	c := checkpoint{Version: checkpointVersion, File: identity{Size: 1 << 60, Ends: strings.Repeat("f", 32)}}
	if _, err := l.snapshot(&c); err != nil {
		t.Fatal(err)
	}
	data, err := c.encode(true)
	if err != nil || len(data) > model.MaxCheckpoint/2 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	read, err := readCheckpoint(data)
	if err != nil {
		t.Fatal(err)
	}
	again := &ledger{}
	if _, err := again.restore(read, filepath.Join(t.TempDir(), "none"), "x"); err != nil {
		t.Fatal(err)
	}
	for i, s := range l.slots {
		if again.known[uint64(i)+1] != s.state {
			t.Fatalf("unit %d: %d, want %d", i+1, again.known[uint64(i)+1], s.state)
		}
	}
}
