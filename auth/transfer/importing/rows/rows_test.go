package rows

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
)

type got struct {
	Line  int64
	Data  string
	Fault string
}

// all reads a whole file; err is how it ended, nil at its end.
func all(r Reader) (out []got, err error) {
	for n := int64(1); ; n++ {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		if row.Number != n {
			return out, fmt.Errorf("record %d is numbered %d", n, row.Number)
		}
		out = append(out, got{row.Line, string(row.Data), row.Fault})
	}
}

func read(t *testing.T, o Options, text string) ([]got, error) {
	t.Helper()
	o.Name = "in"
	r, err := New(strings.NewReader(text), o)
	if err != nil {
		return nil, err
	}
	out, err := all(r)
	// One byte at a time it is the same.
	slow, serr := New(iotest.OneByteReader(strings.NewReader(text)), o)
	if serr != nil {
		t.Fatal(serr)
	}
	again, aerr := all(slow)
	if diff := cmp.Diff(out, again); diff != "" || fmt.Sprint(err) != fmt.Sprint(aerr) {
		t.Errorf("byte by byte (-at once +byte by byte): %s %v %v", diff, err, aerr)
	}
	return out, err
}

// CASES issue 5: CSV with ragged rows, BOM → row-numbered report; and every other way in
// which a row can be wrong.
func TestRowsOfCSV(t *testing.T) {
	ok := func(line int64, data string) got { return got{Line: line, Data: data} }
	for name, tc := range map[string]struct {
		text string
		o    Options
		want []got
	}{
		"plain":                   {"a,b\n1,2\n3,4\n", Options{}, []got{ok(2, `{"a":"1","b":"2"}`), ok(3, `{"a":"3","b":"4"}`)}},
		"BOM, CR LF, no end":      {"\xef\xbb\xbfa,b\r\n1,2\r\n3,4", Options{}, []got{ok(2, `{"a":"1","b":"2"}`), ok(3, `{"a":"3","b":"4"}`)}},
		"CR only":                 {"a,b\r1,2\r\r3,4\r", Options{}, []got{ok(2, `{"a":"1","b":"2"}`), ok(4, `{"a":"3","b":"4"}`)}},
		"quoted":                  {"a,b\n\"x,\"\"y\"\"\n\r\nz\",\"\"\n5,6", Options{}, []got{ok(2, `{"a":"x,\"y\"\n\r\nz","b":""}`), ok(5, `{"a":"5","b":"6"}`)}},
		"header only":             {"a,b\n", Options{}, nil},
		"another separator":       {"a;b\n1,5;2\n", Options{Comma: ';'}, []got{ok(2, `{"a":"1,5","b":"2"}`)}},
		"nested":                  {"p.amount,p.unit,t.1,t.0,n.5\n1,EUR,y,x,z\n", Options{}, []got{ok(2, `{"p":{"amount":"1","unit":"EUR"},"t":["x","y"],"n":{"5":"z"}}`)}},
		"a shorter array":         {"i.0.s,i.1.s\nx,\n", Options{}, []got{ok(2, `{"i":[{"s":"x"}]}`)}},
		"columns that are mapped": {"Price,b\n1,2\n", Options{Map: []model.Param{{Name: "Price", Value: "p.amount"}}}, []got{ok(2, `{"p":{"amount":"1"},"b":"2"}`)}},
		"formulas":                {"a,b,c\n'=1+1,'x,'-5\n", Options{}, []got{ok(2, `{"a":"=1+1","b":"'x","c":"'-5"}`)}},
		"formula in the header":   {"'@odata.id,b\n1,2\n", Options{}, []got{ok(2, `{"@odata":{"id":"1"},"b":"2"}`)}},
		"formulas left":           {"a\n'=1+1\n", Options{Raw: true}, []got{ok(2, `{"a":"'=1+1"}`)}},
		"NUL is a character":      {"a,b\nx\x00y,2\n", Options{}, []got{ok(2, `{"a":"x\u0000y","b":"2"}`)}},
		"ragged": {"a,b\n1\n1,2\n1,2,3\n3,4\n", Options{}, []got{
			{2, "", "1 cells, but the header has 2"}, ok(3, `{"a":"1","b":"2"}`), {4, "", "3 cells, but the header has 2"}, ok(5, `{"a":"3","b":"4"}`),
		}},
		"no UTF-8":       {"a,b\n1,\xff\n3,4\n", Options{}, []got{{2, "", "cell 2 (b) is not UTF-8 text"}, ok(3, `{"a":"3","b":"4"}`)}},
		"behind a quote": {"a,b\n\"1\"x,2\n3,4\n", Options{}, []got{{2, "", "cell 1 goes on behind its closing quote"}, ok(3, `{"a":"3","b":"4"}`)}},
		"a quote inside": {"a,b\n1,5\" disk\n3,4\n", Options{}, []got{{2, "", "cell 2 holds a quote but does not begin with one"}, ok(3, `{"a":"3","b":"4"}`)}},
	} {
		t.Run(name, func(t *testing.T) {
			tc.o.Format = model.CSV
			out, err := read(t, tc.o, tc.text)
			if diff := cmp.Diff(tc.want, out); diff != "" || err != nil {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

func TestFilesThatCannotBeReadAreRefusedInWords(t *testing.T) {
	for name, tc := range map[string]struct {
		format     model.FileFormat
		text, says string
		rows       int
	}{
		"empty CSV":             {model.CSV, "", "it is empty", 0},
		"blank CSV":             {model.CSV, "\n\n", "it is empty", 0},
		"a header twice":        {model.CSV, "a,b,a\n", `columns 1 and 3 are both named "a"`, 0},
		"a header without":      {model.CSV, "a,,b\n", "column 2 has no name", 0},
		"a header in Latin-1":   {model.CSV, "gr\xf6\xdfe\n", "column 1 is not UTF-8 text", 0},
		"a header with NUL":     {model.CSV, "a\x00b\n", "column 1 is not UTF-8 text", 0},
		"a value and an object": {model.CSV, "p,p.a\n", "p", 0},
		"UTF-16":                {model.CSV, "\xff\xfea\x00", "UTF-16", 0},
		"a quote in a header":   {model.CSV, "a,\"b\n1,2\n", "a quote that opens in line 1 is never closed", 0},
		"an unclosed quote":     {model.CSV, "a,b\n1,2\n3,\"4\n5,6\n7,8\n", "a quote that opens in line 3 is never closed", 1},
		"too many columns":      {model.CSV, strings.Repeat("a,", maxColumns+1) + "\n", "no header", 0},
		"empty array":           {model.JSONArray, "", "it is empty", 0},
		"no array":              {model.JSONArray, `{"a":1}`, "does not begin with [", 0},
		"an array cut off":      {model.JSONArray, "[{\"a\":1},\n{\"a\"", "ends in the middle of the array, after 1 records (byte 14, line 2)", 1},
		"an array without ]":    {model.JSONArray, "[1,\n12", "ends in the middle", 1},
		"a comma is missing":    {model.JSONArray, "[{\"a\":1} {\"a\":2}]", "breaks in record 1, which begins at byte 1", 0},
		"a comma too many":      {model.JSONArray, "[1,]", "breaks in record 2", 1},
		"an element is broken":  {model.JSONArray, "[{\"a\":1},\n {\"a\":}, {\"a\":3}]", "breaks in record 2, which begins at byte 11 (line 2)", 1},
		"something behind":      {model.JSONArray, "[1] x", "something follows the array", 1},
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := read(t, Options{Format: tc.format}, tc.text)
			e := model.AsError(err)
			if e == nil || e.Code != model.EInvalid || !strings.Contains(e.Message, tc.says) || len(rows) != tc.rows || e.Field != "file" {
				t.Errorf("%d rows, %v", len(rows), err)
			}
		})
	}
}

func TestLinesOfNDJSON(t *testing.T) {
	out, err := read(t, Options{Format: model.NDJSON}, "\xef\xbb\xbf{\"a\":1}\r\n\n  [2] \r\"x\"\r{\"a\":1}{\"b\":2}\n{\"a\":\"\xff\"}\n{\"a\":1,\"a\":2}\n\x00\n{\"b\":\"y\"}")
	want := []string{`{"a":1}`, "[2]", `"x"`, "", "", "", "", `{"b":"y"}`}
	lines := []int64{1, 3, 4, 5, 6, 7, 8, 9}
	if err != nil || len(out) != len(want) {
		t.Fatalf("%v %+v", err, out)
	}
	for i := range want {
		if out[i].Data != want[i] || out[i].Line != lines[i] || (want[i] == "") != strings.HasPrefix(out[i].Fault, "not JSON: ") {
			t.Errorf("%d: %+v", i, out[i])
		}
	}
	if out, err := read(t, Options{Format: model.NDJSON}, ""); err != nil || out != nil {
		t.Errorf("empty: %v %v", out, err)
	}
}

// CASES issue 5: CSV with a 10 MB field.
func TestAFieldOf10MBIsRead(t *testing.T) {
	long := strings.Repeat("long \"\" field\n", 10<<20/14)
	out, err := read1(Options{Format: model.CSV}, "a,b\n1,\""+long+"\"\n2,x\n")
	if err != nil || len(out) != 2 || len(out[0].Data) < 10<<20 || out[1].Data != `{"a":"2","b":"x"}` {
		t.Errorf("%v %d", err, len(out))
	}
}

func read1(o Options, text string) ([]got, error) {
	r, err := New(strings.NewReader(text), o)
	if err != nil {
		return nil, err
	}
	return all(r)
}
