package rows

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ferry/model"
)

// Whatever a writer of CSV wrote is read as it was, and from any record on.
func TestCSVGivesWhatWasWritten(t *testing.T) {
	cell := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.RuneFrom([]rune("\",\n\r';= \t\x00"))))
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,3}`), 2, 5, rapid.ID[string]).Draw(t, "columns")
		var text bytes.Buffer
		w := csv.NewWriter(&text)
		w.UseCRLF = rapid.Bool().Draw(t, "CR LF")
		_ = w.Write(columns)
		var want []string
		for range rapid.IntRange(0, 8).Draw(t, "rows") {
			row := rapid.SliceOfN(cell, len(columns), len(columns)).Draw(t, "row")
			if w.UseCRLF { // encoding/csv would rewrite line ends in cells
				for i := range row {
					row[i] = strings.NewReplacer("\r", "", "\n", "").Replace(row[i])
				}
			}
			_ = w.Write(row)
			var b strings.Builder
			for i, name := range columns {
				n, _ := json.Marshal(name)
				fmt.Fprintf(&b, ",%s:%s", n, quote(row[i]))
			}
			want = append(want, "{"+b.String()[1:]+"}")
		}
		w.Flush()
		same(t, Options{Format: model.CSV, Raw: true, Name: "in"}, text.String(), want)
	})
}

func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)
	// encoding/json escapes these two, which JSON does not ask for.
	return strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029", `\u007f`, "\x7f").Replace(strings.TrimSuffix(b.String(), "\n"))
}

func TestNDJSONAndArraysGiveWhatWasWritten(t *testing.T) {
	value := rapid.Custom(func(t *rapid.T) string {
		v := rapid.OneOf(
			rapid.Map(rapid.String(), func(s string) any { return s }),
			rapid.Map(rapid.Float64Range(-1e9, 1e9), func(f float64) any { return f }),
			rapid.Map(rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.StringMatching(`["\\\[\]{},x]*`))), func(m map[string][]string) any { return m }),
			rapid.Just(any(nil)), rapid.Just(any([]any{})),
		).Draw(t, "value")
		b, _ := json.Marshal(v)
		return string(b)
	})
	blank := rapid.SampledFrom([]string{"", " ", "\n", "\r\n", " \t\n "})
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(value, 0, 8).Draw(t, "values")
		var lines, array strings.Builder
		array.WriteString(blank.Draw(t, "blank") + "[")
		for i, v := range want {
			lines.WriteString(v + rapid.SampledFrom([]string{"\n", "\r\n", "\r", "\n\n"}).Draw(t, "end"))
			if i > 0 {
				array.WriteString(",")
			}
			array.WriteString(blank.Draw(t, "blank") + v + blank.Draw(t, "blank"))
		}
		array.WriteString("]" + blank.Draw(t, "blank"))
		same(t, Options{Format: model.NDJSON, Name: "in"}, lines.String(), want)
		same(t, Options{Format: model.JSONArray, Name: "in"}, array.String(), want)
	})
}

// same reads text from its beginning, and then again from each record on.
func same(t *rapid.T, o Options, text string, want []string) {
	r, err := New(strings.NewReader(text), o)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	var places []Position
	for i := 0; ; i++ {
		places = append(places, r.Position())
		row, err := r.Next()
		if errors.Is(err, io.EOF) && i == len(want) {
			break
		}
		if err != nil || row.Fault != "" || i >= len(want) || string(row.Data) != want[i] {
			t.Fatalf("%q, record %d: %q %q, want %q (%v)", text, i+1, row.Data, row.Fault, want[min(i, len(want)-1):], err)
		}
	}
	for i, p := range places {
		again, err := New(strings.NewReader(text), o)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			again.Restart(strings.NewReader(text[p.Offset:]), p)
		}
		for k := i; k < len(want); k++ {
			row, err := again.Next()
			if err != nil || string(row.Data) != want[k] || row.Number != int64(k+1) {
				t.Fatalf("%q from %+v: %q, want %q (%v)", text, p, row.Data, want[k], err)
			}
		}
		if row, err := again.Next(); !errors.Is(err, io.EOF) {
			t.Fatalf("%q from %+v: %+v behind the end (%v)", text, p, row, err)
		}
	}
}

// No file makes a reader go wrong: it ends, in rows and words.
func FuzzReaders(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "[1,{\"a\":[]}]", "{}\n{", "a\n\"", "[[[", "\xef\xbb\xbf", "a,b\r\"x\"\"\",\r"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range []model.FileFormat{model.NDJSON, model.JSONArray, model.CSV} {
			out, err := read1(Options{Format: format, Name: "in", Max: 64}, text)
			if err != nil && model.CodeOf(err) != model.EInvalid {
				t.Fatalf("%s: %v", format, err)
			}
			for _, row := range out {
				if row.Fault == "" && !json.Valid([]byte(row.Data)) {
					t.Fatalf("%s: %q", format, row.Data)
				}
			}
		}
	})
}
