package odata

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestNextLinksGiveEveryRowOnceAndInOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		total := rapid.IntRange(0, 30).Draw(rt, "total")
		s := service()
		s.Sets = []*Set{{
			Name: "Jobs", Type: "Job", Key: "id", Properties: []Property{{"id", Int64, false}, {"odd", Boolean, false}},
			Len: func() int { return total },
			Row: func(i int) []any { return []any{int64(i), i%2 == 1} },
		}}
		var pairs []string
		want := make([]int, 0, total)
		for i := range total {
			want = append(want, i)
		}
		if rapid.Bool().Draw(rt, "filter") {
			pairs = append(pairs, "$filter", "odd and id ge 0")
			want = slices.DeleteFunc(want, func(i int) bool { return i%2 == 0 })
		}
		if rapid.Bool().Draw(rt, "order") {
			pairs = append(pairs, "$orderby", "id desc")
			slices.Reverse(want)
		}
		matched := len(want)
		counted := rapid.Bool().Draw(rt, "count")
		if counted {
			pairs = append(pairs, "$count", "true")
		}
		if skip := rapid.IntRange(-1, 35).Draw(rt, "skip"); skip >= 0 {
			pairs = append(pairs, "$skip", fmt.Sprint(skip))
			want = want[min(skip, len(want)):]
		}
		if top := rapid.IntRange(-1, 35).Draw(rt, "top"); top >= 0 {
			pairs = append(pairs, "$top", fmt.Sprint(top))
			want = want[:min(top, len(want))]
		}
		size := rapid.IntRange(1, 7).Draw(rt, "size")
		got := make([]int, 0, len(want))
		for target := query(pairs...); target != ""; {
			status, page := ask(t, s, target, fmt.Sprintf("Prefer: respond-async, odata.maxpagesize=%d", size))
			if status != http.StatusOK || len(page.Value) > size || page.Next != "" && len(page.Value) == 0 {
				rt.Fatalf("%s: %d, %d rows, next %q", target, status, len(page.Value), page.Next)
			}
			if (page.Count != nil) != counted || counted && *page.Count != matched {
				rt.Fatalf("%s: count %v, want %d", target, page.Count, matched)
			}
			for _, row := range page.Value {
				got = append(got, int(row["id"].(float64)))
			}
			target = page.Next
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestRunStopsWhenItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f, fault := ParseFilter(jobs(), "id gt 0")
	if fault != nil {
		t.Fatal(fault)
	}
	for _, q := range []Query{{Top: -1, Filter: f}, {Top: -1, Order: []Order{{}}}} {
		if _, err := Run(ctx, jobs(), q, 10); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", err)
		}
	}
}

func FuzzQuery(f *testing.F) {
	f.Add("$top=1&$skip=2&$orderby=pay desc,id&$select=id,*&$count=true")
	f.Add("$filter=id%20eq%201&$format=json;x")
	set := jobs()
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := ParseQuery(set, raw)
		if err != nil {
			return
		}
		page, runErr := Run(context.Background(), set, q, 2)
		if runErr != nil || len(page.Rows) > 2 || page.Total > set.Len() {
			t.Fatalf("%+v %v", page, runErr)
		}
	})
}
