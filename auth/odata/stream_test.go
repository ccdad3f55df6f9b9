package odata

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// moving is a set of rows that come and go: id, n, which may be null.
func moving(rows *[][]any, newest bool) *Set {
	return &Set{
		Name: "Jobs", Type: "Job", Key: "id", Newest: newest,
		Properties: []Property{{"id", String, false}, {"n", Int64, true}},
		Each: func(_ context.Context, after string, yield func([]any) bool) error {
			list := slices.Clone(*rows)
			slices.SortFunc(list, func(a, b []any) int {
				if newest {
					a, b = b, a
				}
				return cmp.Compare(a[0].(string), b[0].(string))
			})
			for _, row := range list {
				id := row[0].(string)
				if after != "" && (id == after || (id < after) != newest) {
					continue
				}
				if !yield(row) {
					return nil
				}
			}
			return nil
		},
	}
}

// Whatever is added or removed between two pages, a row that was there all the time is
// told of exactly once, and the order holds across pages.
func TestPagesOfAStreamHoldWhileRowsComeAndGo(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var rows [][]any
		add := func() {
			id := fmt.Sprintf("%03d", rapid.IntRange(0, 999).Draw(rt, "id"))
			if slices.ContainsFunc(rows, func(r []any) bool { return r[0] == id }) {
				return
			}
			var n any
			if rapid.Bool().Draw(rt, "value") {
				n = int64(rapid.IntRange(-3, 3).Draw(rt, "n"))
			}
			rows = append(rows, []any{id, n})
		}
		for range rapid.IntRange(0, 25).Draw(rt, "rows") {
			add()
		}
		set := moving(&rows, rapid.Bool().Draw(rt, "newest"))
		s := service()
		s.Sets = []*Set{set}
		var pairs []string
		if order := rapid.SampledFrom([]string{"", "n", "n desc", "n,id desc", "id"}).Draw(rt, "order"); order != "" {
			pairs = append(pairs, "$orderby", order)
		}
		if rapid.Bool().Draw(rt, "count") {
			pairs = append(pairs, "$count", "true")
		}
		if rapid.Bool().Draw(rt, "filter") {
			pairs = append(pairs, "$filter", "n ge 0 or n eq null")
		}
		size := rapid.IntRange(1, 6).Draw(rt, "size")
		stayed := map[string]bool{}
		for _, row := range rows {
			if n, ok := row[1].(int64); len(pairs) == 0 || !slices.Contains(pairs, "$filter") || !ok || n >= 0 {
				stayed[row[0].(string)] = true
			}
		}
		seen := map[string]int{}
		for target := query(pairs...); target != ""; {
			status, page := ask(t, s, target, fmt.Sprintf("Prefer: odata.maxpagesize=%d", size))
			if status != http.StatusOK || len(page.Value) > size || page.Next != "" && len(page.Value) == 0 {
				rt.Fatalf("%s: %d, %d rows, next %q", target, status, len(page.Value), page.Next)
			}
			for _, row := range page.Value {
				seen[row["id"].(string)]++
			}
			if target = page.Next; target != "" && rapid.Bool().Draw(rt, "change") {
				add()
				if i := rapid.IntRange(0, len(rows)-1).Draw(rt, "gone"); len(rows) > 0 {
					delete(stayed, rows[i][0].(string))
					rows = slices.Delete(rows, i, i+1)
				}
			}
		}
		for id := range stayed {
			if seen[id] != 1 {
				rt.Fatalf("%s was told of %d times", id, seen[id])
			}
		}
	})
}

func TestAStreamHonoursTopSkipAndCount(t *testing.T) {
	var rows [][]any
	for i := range 9 {
		rows = append(rows, []any{fmt.Sprint(i), int64(i % 3)})
	}
	for _, c := range []struct{ query, want string }{
		{query("$top", "2", "$skip", "3"), "3 4"},
		{query("$top", "2", "$skip", "8"), "8"},
		{query("$orderby", "n desc", "$top", "4"), "2 5 8 1"},
		{query("$orderby", "n,id desc", "$skip", "2", "$top", "2"), "0 7"},
		{query("$filter", "n eq 1", "$count", "true"), "1 4 7"},
		{query("$top", "0", "$count", "true"), ""},
	} {
		s := service()
		s.Sets = []*Set{moving(&rows, false)}
		if status, got := ask(t, s, c.query); status != http.StatusOK || ids(got) != c.want || got.Next != "" {
			t.Errorf("%s: %d %q next %q, want %q", c.query, status, ids(got), got.Next, c.want)
		}
		// and the same page by page
		var all []string
		for target := c.query; target != ""; {
			status, got := ask(t, s, target, "Prefer: odata.maxpagesize=1")
			if status != http.StatusOK {
				t.Fatalf("%s: %d", target, status)
			}
			if got.Count != nil && *got.Count != map[bool]int{true: 3, false: 9}[strings.Contains(c.query, "filter")] {
				t.Errorf("%s: count %d", target, *got.Count)
			}
			if id := ids(got); id != "" {
				all = append(all, id)
			}
			target = got.Next
		}
		if got := strings.Join(all, " "); got != c.want {
			t.Errorf("%s page by page: %q, want %q", c.query, got, c.want)
		}
	}
}

func TestASkipTokenOfSomethingElseIsRefused(t *testing.T) {
	rows := [][]any{{"1", int64(1)}}
	s := service()
	s.Sets = []*Set{moving(&rows, false)}
	for _, token := range []string{"x", "e30", "W10", "WzFd", "WyJhIiwiYiJd", "W251bGxd"} {
		if status, _ := ask(t, s, query("$skiptoken", token)); status != http.StatusBadRequest {
			t.Errorf("%s: %d", token, status)
		}
	}
	if status, _ := ask(t, service(), query("$skiptoken", "WyIxIl0")); status != http.StatusNotImplemented {
		t.Errorf("a set without Each: %d", status)
	}
}

func TestOrderbyOnAStreamIsBounded(t *testing.T) {
	rows := [][]any{{"1", int64(1)}}
	s := service()
	s.Sets = []*Set{moving(&rows, false)}
	if status, got := ask(t, s, query("$orderby", "n", "$skip", "9001")); status != http.StatusBadRequest || got.Error.Message == "" {
		t.Errorf("%d %+v", status, got)
	}
}

func TestAnErrorOfAStreamIsAnswered(t *testing.T) {
	s := service()
	s.Sets = []*Set{{
		Name: "Jobs", Type: "Job", Key: "id", Properties: []Property{{"id", String, false}},
		Each: func(context.Context, string, func([]any) bool) error { return errors.New("it burns") },
	}}
	if status, got := ask(t, s, query()); status != http.StatusInternalServerError || strings.Contains(got.Error.Message, "burns") {
		t.Errorf("%d %+v", status, got)
	}
	s.Fault = func(error) *Error { return &Error{http.StatusServiceUnavailable, "later"} }
	if status, got := ask(t, s, query()); status != http.StatusServiceUnavailable || got.Error.Message != "later" {
		t.Errorf("%d %+v", status, got)
	}
}
