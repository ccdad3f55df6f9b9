package record_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"ferry/auth/transfer/record"
	"ferry/model"
)

// value is a JSON value that can be spelled in many ways.
type value struct {
	kind    byte // { [ " or 0 for what has one spelling
	text    string
	names   []string
	members []value
}

func drawValue(t *rapid.T, depth int) value {
	kinds := []byte{'"', '0', '"', '0', '{', '['}
	if depth == 0 {
		kinds = kinds[:2]
	}
	v := value{kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
	switch v.kind {
	case '"':
		v.text = rapid.SampledFrom([]string{"", "a b", "ü", "\"\\\n", "<&>", "\u2028", "=1+1", "null", "7", "😀"}).Draw(t, "text")
	case '0':
		v.text = rapid.SampledFrom([]string{"0", "7", "7.0", "-1e9", "true", "false", "null", "12345678901234567890"}).Draw(t, "number")
	case '{':
		v.names = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "id", "price", "ä", "x y", "q\"", "Z"}), 0, 4, rapid.ID).Draw(t, "names")
		fallthrough
	case '[':
		n := len(v.names)
		if v.kind == '[' {
			n = rapid.IntRange(0, 3).Draw(t, "elements")
		}
		for range n {
			v.members = append(v.members, drawValue(t, depth-1))
		}
	}
	return v
}

// spell writes v with members, blanks and escapes as r has it.
func spell(b *strings.Builder, v value, r *rand.Rand) {
	blank := func() {
		if r != nil {
			b.WriteString([]string{"", "", " ", "\n", "\t "}[r.IntN(5)])
		}
	}
	blank()
	switch v.kind {
	case '0':
		b.WriteString(v.text)
	case '"':
		spellString(b, v.text, r)
	default:
		b.WriteByte(v.kind)
		order := make([]int, len(v.members))
		for i := range order {
			order[i] = i
		}
		if v.kind == '{' && r != nil {
			r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		for n, i := range order {
			if n > 0 {
				b.WriteByte(',')
			}
			if v.kind == '{' {
				blank()
				spellString(b, v.names[i], r)
				blank()
				b.WriteByte(':')
			}
			spell(b, v.members[i], r)
		}
		b.WriteByte(v.kind + 2) // } is { + 2, ] is [ + 2
	}
	blank()
}

func spellString(b *strings.Builder, s string, r *rand.Rand) {
	if r == nil || r.IntN(2) == 0 {
		quoted, err := jsontext.AppendQuote(nil, s)
		if err != nil {
			panic(err)
		}
		b.Write(quoted)
		return
	}
	b.WriteByte('"')
	for _, c := range s {
		if c < 0x10000 {
			fmt.Fprintf(b, `\u%04x`, c)
		} else {
			b.WriteString(string(c))
		}
	}
	b.WriteByte('"')
}

func text(v value, r *rand.Rand) []byte {
	var b strings.Builder
	spell(&b, v, r)
	return []byte(b.String())
}

// Sync: the order of members, blanks and the spelling of strings are no change.
func TestHashSpelling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := drawValue(t, 4)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		plain, other := text(v, nil), text(v, r)
		a, err1 := record.Hash(plain)
		b, err2 := record.Hash(other)
		if err1 != nil || err2 != nil || a != b {
			t.Fatalf("%s: %x, %v\n%s: %x, %v", plain, a, err1, other, b, err2)
		}
	})
}

// Sync: any change of a value is seen. What is equal is decided by encoding the values in
// the canonical form of RFC 8785, but with numbers as they are.
func TestHashTellsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := text(drawValue(t, 3), nil), text(drawValue(t, 3), nil)
		ha, err1 := record.Hash(a)
		hb, err2 := record.Hash(b)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if same := bytes.Equal(canonical(t, a), canonical(t, b)); same != (ha == hb) {
			t.Fatalf("%s and %s: equal %v, hashes equal %v", a, b, same, ha == hb)
		}
	})
}

func canonical(t *rapid.T, rec []byte) []byte {
	v := jsontext.Value(rec).Clone()
	if err := v.Format(jsontext.ReorderRawObjects(true)); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestHashTellsApartByHand(t *testing.T) {
	seen := map[[16]byte]string{}
	for _, rec := range []string{
		"null", `"null"`, "true", `"true"`, "1", `"1"`, "1.0", "10", "[]", "{}", `""`, "[[]]", "[{}]", "[null]", `[1,2]`, `[2,1]`, `[12]`, `["1","2"]`, `["1,2"]`,
		`{"a":1}`, `{"a":"1"}`, `{"b":1}`, `{"a":[1]}`, `{"a":1,"b":2}`, `{"a":2,"b":1}`, `{"a":{"b":2}}`, `{"a":{"b":2},"b":2}`, `[["a",1]]`, `["a",1]`, `{"":""}`, `{"":null}`,
		`{"a":[{"b":1},{"c":2}]}`, `{"a":[{"c":2},{"b":1}]}`, `{"a":[{"b":1,"c":2}]}`, `{"A":1}`,
	} {
		h, err := record.Hash([]byte(rec))
		if was, twice := seen[h]; err != nil || twice {
			t.Errorf("%s and %s: %v", rec, was, err)
		}
		seen[h] = rec
	}
	for _, rec := range []string{"", " ", `{"a":1,"a":1}`, `{"a":1,"\u0061":2}`, `{"a":1}{}`, `{"a":1} x`, `{"a"}`, `[1,]`, "\"\xff\"", `"\ud800"`, "01", "{", "nul"} {
		if _, err := record.Hash([]byte(rec)); model.CodeOf(err) != model.EInvalid {
			t.Errorf("%q: %v", rec, err)
		}
	}
	if _, err := record.Hash([]byte(strings.Repeat("[", 100_000))); model.CodeOf(err) != model.EInvalid {
		t.Errorf("a hundred thousand brackets: %v", err)
	}
}

// A record that becomes a row becomes the same record again.
func TestFlattenAndNest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := drawValue(t, 4)
		if v.kind != '{' {
			v = value{kind: '{', names: []string{"v"}, members: []value{v}}
		}
		rec := text(v, nil)
		cells, err := record.Flatten(nil, rec)
		if err != nil {
			t.Fatalf("%s: %v", rec, err)
		}
		names, values := columns(cells)
		back, err := record.Nest(names, values)
		if err != nil || !bytes.Equal(back, rec) {
			t.Fatalf("%s\n%s, %v", rec, back, err)
		}
		for i, name := range names {
			if got := record.Field(rec, name); !bytes.Equal(got, values[i]) {
				t.Fatalf("%s: %s is %s, want %s", rec, name, got, values[i])
			}
		}
	})
}

func columns(cells []record.Cell) (names []string, values [][]byte) {
	for _, c := range cells {
		names, values = append(names, c.Name), append(values, c.Value)
	}
	return names, values
}

// Whatever comes in, nothing panics, lines hold no line end, and results are JSON.
func FuzzRecord(f *testing.F) {
	for _, s := range []string{`{"a":{"b":[1,{"c":"x y"}]}}`, ` [ 1 , "a\n" ] `, `{"a.b":1,"a":{"b":2}}`, `{"":{"":{}}}`, `{"a":1,"a":2}`, "{\"a\":\"\xff\"}", "7", "", "[[[[[["} {
		f.Add([]byte(s), "a.b")
	}
	f.Fuzz(func(t *testing.T, rec []byte, name string) {
		was := bytes.Clone(rec)
		valid := jsontext.Value(rec).IsValid()
		if got := record.Field(rec, name); got != nil && !json.Valid(got) {
			t.Fatalf("field %q", got)
		}
		h, err := record.Hash(rec)
		if (err == nil) != valid {
			t.Fatalf("valid %v, hash %v", valid, err)
		}
		line, err := record.AppendLine(nil, rec)
		if valid && err != nil || bytes.ContainsAny(line, "\n\r") && err == nil && valid {
			t.Fatalf("line %q: %v", line, err)
		}
		if valid {
			compact := jsontext.Value(rec).Clone()
			if err := compact.Compact(); err != nil || !bytes.Equal(compact, line) {
				t.Fatalf("line %q, want %q, %v", line, compact, err)
			}
			if again, err := record.Hash(line); err != nil || again != h {
				t.Fatalf("hash of line %q: %v", line, err)
			}
		}
		cells, err := record.Flatten(nil, rec)
		if (err == nil) != valid {
			t.Fatalf("valid %v, flatten %v", valid, err)
		}
		names, values := columns(cells)
		if back, err := record.Nest(names, values); err == nil && !jsontext.Value(back).IsValid() {
			t.Fatalf("nested %q", back)
		}
		_, _ = record.Expand("/{"+name+"}", rec)
		if !bytes.Equal(was, rec) {
			t.Fatal("the record was written to")
		}
	})
}

// sample is one record of about 300 bytes.
const sample = `{"id":184467,"sku":"SKU-0001844-67","name":"Blue cotton shirt, long sleeves","price":{"amount":"49.90","currency":"EUR"},"stock":[12,0,7],` +
	`"active":true,"updatedAt":"2026-11-20T08:15:30.123Z","tags":["shirt","cotton","blue"],"note":null,"vendor":{"id":77,"name":"Weberei Nord","country":"DE","terms":30}}`

func bench(b *testing.B, fn func(rec []byte)) {
	rec := []byte(sample)
	b.SetBytes(int64(len(rec)))
	b.ReportAllocs()
	for b.Loop() {
		fn(rec)
	}
}

func BenchmarkField(b *testing.B) { bench(b, func(rec []byte) { record.Field(rec, "vendor.id") }) }
func BenchmarkHash(b *testing.B)  { bench(b, func(rec []byte) { _, _ = record.Hash(rec) }) }
func BenchmarkExpand(b *testing.B) {
	bench(b, func(rec []byte) { _, _ = record.Expand("/p/{sku}", rec) })
}

func BenchmarkAppendLine(b *testing.B) {
	var dst []byte
	bench(b, func(rec []byte) { dst, _ = record.AppendLine(dst[:0], rec) })
}

func BenchmarkAppendLineIndented(b *testing.B) {
	v := jsontext.Value(sample)
	if err := v.Indent(); err != nil {
		b.Fatal(err)
	}
	var dst []byte
	bench(b, func([]byte) { dst, _ = record.AppendLine(dst[:0], v) })
}

func BenchmarkFlatten(b *testing.B) {
	var dst []record.Cell
	bench(b, func(rec []byte) { dst, _ = record.Flatten(dst[:0], rec) })
}

func BenchmarkNest(b *testing.B) {
	cells, err := record.Flatten(nil, []byte(sample))
	if err != nil {
		b.Fatal(err)
	}
	names, values := columns(cells)
	n, err := record.NewNester(names)
	if err != nil {
		b.Fatal(err)
	}
	var dst []byte
	bench(b, func([]byte) { dst, _ = n.Append(dst[:0], values) })
}
