package odata

import (
	"context"
	"slices"
)

// Page is one page of a result.
type Page struct {
	Rows  [][]any
	Total int  // rows that match, $top and $skip aside; -1 when it was not asked for
	More  bool // rows within $top follow after this page
}

// Run answers q with at most size rows. It reads no more rows than it needs and stops
// when ctx ends, with its error. Errors are an *Error, or what the set's Each returned.
func Run(ctx context.Context, set *Set, q Query, size int) (Page, error) {
	if set.Each != nil {
		return stream(ctx, set, q, size)
	}
	limit := size
	if q.Top >= 0 {
		limit = min(limit, q.Top)
	}
	if len(q.Order) > 0 {
		return ordered(ctx, set, q, limit)
	}
	page := Page{Total: -1}
	seen := 0
	start := 0
	if q.Filter == nil { // whole stretches need not be looked at
		start = min(q.Skip, set.Len())
		seen = start
	}
	for i := start; i < set.Len(); i++ {
		if done(ctx, i) {
			return Page{}, ctx.Err()
		}
		enough := seen >= q.Skip+limit
		if enough && q.Filter == nil {
			seen = set.Len()
			break
		}
		row := set.Row(i)
		if q.Filter != nil && !q.Filter.Match(row) {
			continue
		}
		if seen >= q.Skip && !enough {
			page.Rows = append(page.Rows, row)
		}
		if seen++; seen > q.Skip+limit && !q.Count {
			break
		}
	}
	return page.finish(q, seen), nil
}

// ordered collects every row that matches and sorts them, equal ones in their places.
func ordered(ctx context.Context, set *Set, q Query, limit int) (Page, error) {
	var rows [][]any
	for i := range set.Len() {
		if done(ctx, i) {
			return Page{}, ctx.Err()
		}
		if row := set.Row(i); q.Filter == nil || q.Filter.Match(row) {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b []any) int { return compareRows(q.Order, a, b) })
	from := min(q.Skip, len(rows))
	page := Page{Rows: rows[from:min(from+limit, len(rows))], Total: -1}
	return page.finish(q, len(rows)), nil
}

// finish fills in what follows from how many rows there were.
func (p Page) finish(q Query, seen int) Page {
	if q.Count {
		p.Total = seen
	}
	taken := q.Skip + len(p.Rows)
	p.More = seen > taken && (q.Top < 0 || len(p.Rows) < q.Top)
	return p
}

// done looks at the context now and then: a filter over many rows takes a while.
func done(ctx context.Context, i int) bool { return i%1024 == 0 && ctx.Err() != nil }
