package exporting

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ferry/model"
)

func asCSV(f model.TransferFile) model.Transfer {
	f.Format = model.CSV
	return model.Transfer{File: f}
}

// Transfers: CSV with ragged rows and nested values.
func TestCSV(t *testing.T) {
	ragged := [][]string{
		{`{"sku":"A1","price":{"amount":1.50,"currency":"EUR"},"tags":["new","oak, oiled"],"active":true}`, `{"sku":"A2","weight":null}`},
		{`{"weight":3,"sku":"A3","price":{"amount":2}}`, `7`},
	}
	for _, c := range []struct {
		name  string
		pages [][]string
		file  model.TransferFile
		want  string
	}{
		{"columns are found in the first page, in order of appearance", ragged, model.TransferFile{}, `sku,price.amount,price.currency,tags,active,weight
A1,1.50,EUR,"[""new"",""oak, oiled""]",true,
A2,,,,,
A3,2,,,,3
,,,,,
`},
		{"columns that were named, in their order", ragged, model.TransferFile{Columns: []string{"weight", "price.amount", "none"}}, `weight,price.amount,none
,1.50,
,,
3,2,
,,
`},
		{"a column for all that lies below it", ragged, model.TransferFile{Columns: []string{"sku", "price"}}, `sku,price
A1,"{""amount"":1.50,""currency"":""EUR""}"
A2,
A3,"{""amount"":2}"
,
`},
		{"arrays of objects are counted from 0", [][]string{{`{"lines":[{"n":1},{"n":2}],"none":[],"nothing":{}}`}}, model.TransferFile{}, `lines.0.n,lines.1.n,none,nothing
1,2,[],{}
`},
		{"another separator", [][]string{{`{"a":"x;y","b":"x,y","c":1.5}`}}, model.TransferFile{Comma: ";"}, "a;b;c\n\"x;y\";x,y;1.5\n"},
		{"a separator of more than one byte", [][]string{{`{"a":"x§y","b":"xÂ"}`}}, model.TransferFile{Comma: "§"}, "a§b\n\"x§y\"§xÂ\n"},
		{"a tab between cells", [][]string{{`{"a":"x\ty","b":"z"}`}}, model.TransferFile{Comma: "\t"}, "a\tb\n\"x\ty\"\tz\n"},
		{"quotes, line ends and blanks at the ends", [][]string{{`{"a":"5\" lamp","b":"x\ny","c":" z ","d":"\r\n"}`}}, model.TransferFile{}, "a,b,c,d\n\"5\"\" lamp\",\"x\ny\",\" z \",\"'\r\n\"\n"},
		{"one column with an empty cell is still a line", [][]string{{`{"a":""}`, `{"a":null}`, `{"a":"x"}`}}, model.TransferFile{}, "a\n\"\"\n\"\"\nx\n"},
		{"scalars", [][]string{{`1`, `"x"`, `[1,2]`, `null`}}, model.TransferFile{}, "value\n1\nx\n\"[1,2]\"\n\"\"\n"},
		{"the first page has no record", [][]string{{}, {`{"a":1}`}}, model.TransferFile{}, "a\n1\n"},
		{"escapes are read", [][]string{{`{"na\u006de":"\u00e9\u20ac\ud83d\ude00"}`}}, model.TransferFile{}, "name\né€😀\n"},
		{"formulas", [][]string{{`{"@id":"=1+1","n":-5,"t":"-5","p":"+33 1 23 45 67 89"}`}}, model.TransferFile{}, "\"'@id\",n,t,p\n\"'=1+1\",-5,-5,+33 1 23 45 67 89\n"},
		{"formulas left alone", [][]string{{`{"@id":"=1+1"}`}}, model.TransferFile{CSVRaw: true}, "@id\n=1+1\n"},
		{"nothing, columns named", nil, model.TransferFile{Columns: []string{"a", "b"}}, "a,b\n"},
		{"nothing", nil, model.TransferFile{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := export(t, &pages{pages: c.pages}, asCSV(c.file)); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// What a reader of RFC 4180 gets back is what the records held.
func TestCSVReadBackEqualsTheInput(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cell := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ ,;"'\n\t=+@0-9a-z-]{0,6}`))
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 1, 4), 1, 6).Draw(rt, "rows")
		raw := rapid.Bool().Draw(rt, "raw")
		comma := rapid.SampledFrom([]string{",", ";", "\t", "§", "|"}).Draw(rt, "separator")
		var page []string
		want := [][]string{{"c0", "c1", "c2", "c3"}}
		for _, row := range rows {
			row = append(row, make([]string, 4-len(row))...)
			fields := map[string]string{}
			for i, text := range row {
				row[i] = strings.ReplaceAll(text, "\r", "") // encoding/csv reads CRLF as LF
				fields[fmt.Sprint("c", i)] = row[i]
				if !raw && Formula([]byte(row[i])) {
					row[i] = "'" + row[i]
				}
			}
			rec, err := json.Marshal(fields)
			if err != nil {
				rt.Fatal(err)
			}
			page, want = append(page, string(rec)), append(want, row)
		}
		r := csv.NewReader(strings.NewReader(export(t, &pages{pages: [][]string{page}}, asCSV(model.TransferFile{CSVRaw: raw, Comma: comma}))))
		r.Comma = []rune(comma)[0]
		got, err := r.ReadAll()
		if err != nil {
			rt.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			rt.Fatal(d)
		}
	})
}

// Cells that begin with = + - @ and are neither numbers nor phone numbers are neutralised.
func TestFormula(t *testing.T) {
	for _, text := range []string{
		"=1", "=cmd|' /C calc'!A0", "@SUM(A1)", "+A1", "-A1", "-2+3", "+1+1", "-1-1", "--1", "+", "-", "\tx", "\rx", "=", "@",
		"+cmd|x", "-5;", "-5 EUR", "+33 1 23 45 67 89=1", "+1,2,3", "-1*A1", "+(A1)", "-1e", "+1 ", "-12 34 56 78", "'=1", "''=1",
	} {
		if !Formula([]byte(text)) {
			t.Errorf("%q is taken for harmless", text)
		}
	}
	for _, text := range []string{
		"", "x", "1", "-1", "+1", "-1.5", "+1,5", "-.5", "-1e5", "-1.5E-10", "+5%", "+33123456789", "+33 1 23 45 67 89", "+1 (555) 123-4567",
		"+49-30-901820", "+44 20.7946.0958", "a=1", " =1", "'", "'x", "''-5", "1-2", "x@y",
	} {
		if Formula([]byte(text)) {
			t.Errorf("%q is taken for a formula", text)
		}
	}
}

// Taking one ' off before a formula gives back every text.
func TestFormulaIsTakenBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`'{0,3}[-+=@\t\r1x]{0,3}`)).Draw(t, "text")
		cell := text
		if Formula([]byte(text)) {
			cell = "'" + text
		}
		if len(cell) > 1 && cell[0] == '\'' && Formula([]byte(cell[1:])) {
			cell = cell[1:]
		}
		if cell != text {
			t.Errorf("%q came back as %q", text, cell)
		}
	})
}

// Fields that come later are counted and named; a field that was left out on purpose is not.
func TestCSVLaterFieldsAreNamed(t *testing.T) {
	source := &pages{pages: [][]string{{`{"a":1,"a.x":2}`}, {`{"a":2,"b":3}`, `{"b":1,"c":{"d":1}}`}, {`{"a":1}`, `{"a.x":1,"a":{"x":2}}`}}}
	k := &kept{}
	j := job(t.TempDir(), model.TransferFile{Format: model.CSV}, k)
	if err := engine(source).Run(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	want := []string{"fields of 3 records are in no column, because they came later or a name came twice: b, c.d, a.x; name the columns with --columns"}
	if d := cmp.Diff(want, k.told[len(k.told)-1].Notes); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want, k.last.Notes); d != "" {
		t.Error(d)
	}

	k = &kept{}
	j = job(t.TempDir(), model.TransferFile{Format: model.CSV, Columns: []string{"a"}}, k)
	if err := engine(source).Run(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if notes := k.told[len(k.told)-1].Notes; notes != nil {
		t.Errorf("noted %q", notes)
	}
}

// Thousands of names of fields do not fit into a checkpoint.
func TestCSVTooManyFields(t *testing.T) {
	var rec bytes.Buffer
	for i := range 5000 {
		fmt.Fprintf(&rec, `,"field number %d":1`, i)
	}
	source := &pages{pages: [][]string{{"{" + rec.String()[1:] + "}"}}}
	k := &kept{}
	j := job(t.TempDir(), model.TransferFile{Format: model.CSV}, k)
	err := model.AsError(engine(source).Run(t.Context(), j))
	if err.Code != model.EInvalid || err.Field != "columns" || !strings.Contains(err.Next, "--columns") {
		t.Errorf("%+v", err)
	}
	j = job(t.TempDir(), model.TransferFile{Format: model.CSV, Columns: []string{"field number 7"}}, k)
	if err := engine(source).Run(t.Context(), j); err != nil {
		t.Error(err)
	}

	many := make([]string, 200)
	for i := range many {
		many[i] = fmt.Sprintf(`{"a":1,"%d%s":1}`, i, strings.Repeat("é", 300))
	}
	k = &kept{}
	j = job(t.TempDir(), model.TransferFile{Format: model.CSV}, k)
	if err := engine(&pages{pages: [][]string{{`{"a":1}`}, many}}).Run(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if note := k.last.Notes[0]; !strings.Contains(note, "fields of 200 records") || !strings.Contains(note, "or more others") || len(note) > 2000 {
		t.Errorf("%d bytes: %s", len(note), note)
	}
}

// The columns of a first page of many megabytes come from its beginning.
func TestCSVLongFirstPage(t *testing.T) {
	rec := `{"a":"` + strings.Repeat("x", 1<<20) + `"}`
	page := slices.Repeat([]string{rec}, 5)
	page = append(page, `{"b":1}`)
	got := export(t, &pages{pages: [][]string{page}}, asCSV(model.TransferFile{}))
	if head, _, _ := strings.Cut(got, "\n"); head != "a" || strings.Count(got, "\n") != 7 {
		t.Errorf("%d lines below %q", strings.Count(got, "\n"), head)
	}
}
