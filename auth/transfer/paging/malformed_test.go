package paging

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ferry/model"
	"ferry/ui/jq"
)

// CASES Bad input: malformed JSON in the middle of page 731 → stops with page, offset and
// what was kept.
func TestMalformedInTheMiddleOfPage731(t *testing.T) {
	for name, tc := range map[string]struct{ body, says string }{
		"a comma too few":     {`[{"id":1}{"id":2}]`, "page 731: the JSON is malformed at byte 9"},
		"a name twice":        {`[{"id":1},{"id":2,"id":3}]`, "page 731: the JSON is malformed at byte 18: duplicate"},
		"invalid UTF-8":       {"[{\"id\":\"a\xffb\"}]", "page 731: the JSON is malformed at byte 9: invalid UTF-8"},
		"something behind it": {`[{"id":1}] []`, "page 731: the JSON is malformed: there is more behind the end"},
		"cut off":             {`[{"id":1},{"id"`, "page 731: the JSON ends too early"},
		"an escape":           {`[{"id":"\q"}]`, "page 731: the JSON is malformed at byte"},
		"nothing":             {``, "page 731: the answer is empty"},
		"blanks":              {"\n  ", "page 731: the answer is empty"},
		"a BOM alone":         {"\ufeff", "page 731: the answer is empty"},
		"HTML":                {"\n<!DOCTYPE html><html>Sign in</html>", "page 731: the answer is HTML, not JSON"},
		"XML":                 {"<feed/>", "page 731: the answer is XML, not JSON"},
		"an error object":     {`{"error":{"message":"gone wrong"}}`, "page 731: it holds no list of records at -: {\"error\":{\"message\":\"gone wrong\"}}"},
		"a word":              {`"maintenance"`, "page 731: it holds no list of records"},
	} {
		t.Run(name, func(t *testing.T) {
			s := source(t, "/items", linked(1000, func(page int, w http.ResponseWriter, _ *http.Request) bool {
				if page == 731 {
					fmt.Fprint(w, tc.body)
				}
				return page == 731
			}))
			k := &taker{}
			_, err := s.Each(t.Context(), Position{Page: 728, Records: 7280, Next: "/items?page=729", Paging: "link", Items: "-"}, k)
			wants(t, err, model.EUpstream, tc.says, "the 730 pages before it, with 7300 records, are kept")
			if len(k.records) != 20 || k.last.Page != 730 || len(k.begun) != 2 {
				t.Errorf("%d records, %+v, pages %v", len(k.records), k.last, k.begun)
			}
		})
	}
}

// A page 1 that is no list says what there is instead.
func TestAFirstPageWithoutRecords(t *testing.T) {
	for body, says := range map[string]string{
		`{"id":1,"name":"x"}`:                     "page 1: it holds no list of records; it holds id, name; nothing was read before it",
		`{"error":"no such feed"}`:                `page 1: the source answered 200 with an error: {"error":"no such feed"}`,
		`{"errors":[{"message":"no"}],"total":5}`: "page 1: the source answered 200 with an error",
		`7`:                                   "page 1: it is no list and no object",
		`{"a":[{"x":1}],"b":[{"y":2}]}`:       "page 1: it holds more than one list (a, b)",
		`{"total":500,"items":[{"id":1}]}`:    "page 1: it holds 1 records and says that there are 500, and nothing in it leads to the following page",
		`{"has_more":true,"data":[{"id":1}]}`: "says that there are more",
		"{\"a\\u202e\":1}":                    "it holds a<U+202E>",
		`<html>`:                              "page 1: the answer is HTML",
	} {
		s := source(t, "/items", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
		_, _, err := read(t, s)
		wants(t, err, model.EUpstream, says)
		if e := model.AsError(err); e.Next == "" && !strings.Contains(body, "rror") && body[0] != '<' {
			t.Errorf("%s: no next step", body)
		}
	}
}

// The wrong scheme is told, and never takes the first page for all.
func TestAWrongSchemeIsNotTakenForTheEnd(t *testing.T) {
	for _, scheme := range []model.Paging{model.PagingLink, model.PagingOData, model.PagingCursor} {
		s := source(t, "/items?_page=1", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"next":2,"pages":3,"items":30,"data":%s}`, numbers(0, 10))
		})
		s.Reading.Paging = scheme
		k, _, err := read(t, s)
		wants(t, err, model.EUpstream, "page 1: it holds 10 records and says that there are 30, and nothing in it leads to the following page", "--paging page")
		if len(k.begun) != 0 {
			t.Errorf("%s: pages %v", scheme, k.begun)
		}
	}
}

// A place that a person names may hold one object, as the same jq would give it.
func TestAnObjectThatAPersonNames(t *testing.T) {
	s := source(t, "/item", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"status":"ok","data":{"id":7}}`) })
	s.Reading.Items = ".data"
	if k, _, err := read(t, s); err != nil || ids(k.records) != "7" || !k.last.Over {
		t.Errorf("%q %v", k.records, err)
	}
}

func TestEmptyFirstPages(t *testing.T) {
	for body, status := range map[string]int{
		`[]`: 200, `{"value":[]}`: 200, `{"items":null,"total":0}`: 200, `{}`: 200, ``: 204, `{"orders":[]}`: 200,
		`{"_links":{"self":{"href":"/x"}},"page":{"size":20,"totalElements":0,"totalPages":0,"number":0}}`: 200, "\ufeff []\n": 200,
	} {
		s := source(t, "/items", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); fmt.Fprint(w, body) })
		k, st, err := read(t, s)
		if err != nil || len(k.records) != 0 || !k.last.Over || k.last.Page != 1 || st.Requests != 1 {
			t.Errorf("%s: %+v %+v %v", body, k.last, st, err)
		}
	}
}

func TestASinglePageIsOneRecordWhenThatIsAskedFor(t *testing.T) {
	s := source(t, "/item/1", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "\ufeff{\"id\": 1,\n\"name\":\"x\"}\n") })
	s.Reading.Paging = model.PagingNone
	k, _, err := read(t, s)
	if err != nil || len(k.records) != 1 || k.records[0] != "{\"id\": 1,\n\"name\":\"x\"}" {
		t.Errorf("%q %v", k.records, err)
	}
}

// CASES Client side: a gzip-encoded answer, a BOM on every page.
func TestGzipAndBOM(t *testing.T) {
	s := source(t, "/items", linked(3, func(page int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		fmt.Fprint(z, "\ufeff"+numbers((page-1)*10, 10))
		_ = z.Close()
		return true
	}))
	if k, _, err := read(t, s); err != nil || ids(k.records) != count(30) {
		t.Errorf("%d records, %v", len(k.records), err)
	}
}

// A filter that finds the records; one that is a plain place needs no jq.
func TestItemsByJQ(t *testing.T) {
	compile := func(expr string) (model.Filter, error) {
		f, err := jq.Compile(expr)
		if err != nil {
			return nil, err
		}
		return f.Lines(), nil
	}
	for expr, want := range map[string]string{
		`.rows[] | {id: .n}`:                        count(30),
		`[.rows[] | {id: .n}]`:                      count(30),
		`.rows[] | select(.n % 10 == 3) | {id: .n}`: "3 13 23",
		`.rows[] | select(.n > 100)`:                "",
		`.rows | map({id: .n})`:                     count(30),
		`.rows[] | select(.n==5) | "5"`:             "5",
	} {
		s := source(t, "/items", func(w http.ResponseWriter, r *http.Request) {
			page := param(r, "page", 1)
			fmt.Fprintf(w, `{"page":%d,"total":30,"rows":%s}`, page, strings.ReplaceAll(slice((page-1)*10, page*10, 30), "id", "n"))
		})
		s.Reading.Items, s.Compile = expr, compile
		if k, _, err := read(t, s); err != nil || ids(k.records) != want || k.last.Page != 3 {
			t.Errorf("%s: %s, %+v, %v", expr, ids(k.records), k.last, err)
		}
	}
	s := source(t, "/items", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"rows":5}`) })
	s.Compile = compile
	s.Reading.Items = ".rows | map(.x)"
	_, _, err := read(t, s)
	wants(t, err, model.EInvalid, "page 1: the filter does not fit")
	s.Reading.Items = ".rows"
	_, _, err = read(t, s)
	wants(t, err, model.EUpstream, "page 1: it holds no list of records at rows")
	s = source(t, "/items", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "["+strings.Repeat(" ", maxFiltered)+"]") })
	s.Compile, s.Reading.Items = compile, ".[] | .x"
	_, _, err = read(t, s)
	wants(t, err, model.EUpstream, "page 1: it is longer than 32 MiB, and a filter needs the whole page")
}
