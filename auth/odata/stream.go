package odata

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// maxSorted is how many rows of a stream $orderby can go through: they are held at once.
const maxSorted = 10_000

// stream answers q on a set whose rows come one by one. Each page begins after the last
// row of the one before, by its values and not by its place, so that rows that are added
// or removed in between neither repeat nor hide others.
func stream(ctx context.Context, set *Set, q Query, size int) (Page, error) {
	limit := size
	if q.Top >= 0 {
		limit = min(limit, q.Top)
	}
	if len(q.Order) == 0 {
		return natural(ctx, set, q, limit)
	}
	if q.Skip+limit > maxSorted {
		return Page{}, &Error{http.StatusBadRequest, "with $orderby, $skip and a page together go to 10000 at most: follow @odata.nextLink"}
	}
	return sorted(ctx, set, q, limit)
}

// each hands the rows that match to fn, with whether they are beyond the last page.
func each(ctx context.Context, set *Set, q Query, after string, fn func(row []any, beyond bool) bool) error {
	order := total(set, q)
	seen := 0
	var ended error
	err := set.Each(ctx, after, func(row []any) bool {
		if seen++; done(ctx, seen) {
			ended = ctx.Err()
			return false
		}
		if q.Filter != nil && !q.Filter.Match(row) {
			return true
		}
		return fn(row, q.after == nil || compareRows(order, row, q.after) > 0)
	})
	if ended != nil {
		return ended
	}
	return err
}

// natural answers in the order in which the rows come, and reads no further than needed.
func natural(ctx context.Context, set *Set, q Query, limit int) (Page, error) {
	page := Page{Total: -1}
	after := ""
	if key, ok := set.index(set.Key); ok && q.after != nil && !q.Count {
		after, _ = q.after[key].(string)
	}
	matched, skipped := 0, 0
	err := each(ctx, set, q, after, func(row []any, beyond bool) bool {
		matched++
		switch {
		case !beyond:
		case skipped < q.Skip:
			skipped++
		case len(page.Rows) < limit:
			page.Rows = append(page.Rows, row)
		default:
			page.More = true
		}
		return q.Count || !page.More
	})
	return page.counted(q, matched), err
}

// sorted keeps the first rows in the order that was asked for, and no more of them.
func sorted(ctx context.Context, set *Set, q Query, limit int) (Page, error) {
	order := total(set, q)
	keep := q.Skip + limit + 1 // one more tells whether there is a next page
	var rows [][]any
	matched := 0
	shrink := func() {
		slices.SortFunc(rows, func(a, b []any) int { return compareRows(order, a, b) })
		rows = rows[:min(keep, len(rows))]
	}
	err := each(ctx, set, q, "", func(row []any, beyond bool) bool {
		matched++
		if beyond {
			if rows = append(rows, row); len(rows) >= 2*keep {
				shrink()
			}
		}
		return true
	})
	shrink()
	rows = rows[min(q.Skip, len(rows)):]
	page := Page{Rows: rows[:min(limit, len(rows))], Total: -1}
	page.More = len(rows) > limit
	return page.counted(q, matched), err
}

func (p Page) counted(q Query, matched int) Page {
	if q.Count {
		p.Total = matched
	}
	p.More = p.More && (q.Top < 0 || len(p.Rows) < q.Top)
	return p
}

// total is the order of q made total by the key.
func total(set *Set, q Query) []Order {
	key, _ := set.index(set.Key)
	return append(slices.Clone(q.Order), Order{key, set.Newest})
}

func compareRows(order []Order, a, b []any) int {
	for _, o := range order {
		if c := compare(a[o.Property], b[o.Property]); c != 0 {
			if o.Desc {
				return -c
			}
			return c
		}
	}
	return 0
}

// skipToken names a row by what the order looks at (Protocol 4.0 §11.2.5.7: opaque to
// whoever follows the link).
func skipToken(set *Set, q Query, row []any) string {
	var b bytes.Buffer
	for i, o := range total(set, q) {
		b.WriteByte("[,"[min(i, 1)])
		appendValue(&b, set.Properties[o.Property].Kind, row[o.Property])
	}
	b.WriteByte(']')
	return base64.RawURLEncoding.EncodeToString(b.Bytes())
}

// parseSkipToken returns a row that holds what skipToken wrote.
func parseSkipToken(set *Set, q Query, token string) ([]any, *Error) {
	malformed := bad("$skiptoken is not one of this query")
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return nil, malformed
	}
	var values []json.RawMessage
	order := total(set, q)
	if json.Unmarshal(raw, &values) != nil || len(values) != len(order) {
		return nil, malformed
	}
	row := make([]any, len(set.Properties))
	for i, o := range order {
		v, ok := parseValue(set.Properties[o.Property].Kind, values[i])
		if !ok || v == nil && i == len(order)-1 {
			return nil, malformed
		}
		row[o.Property] = v
	}
	return row, nil
}

// parseValue reads what appendValue wrote.
func parseValue(k Kind, raw json.RawMessage) (any, bool) {
	if string(raw) == "null" {
		return nil, true
	}
	var text string
	layout := time.RFC3339Nano
	switch k {
	case String:
		err := json.Unmarshal(raw, &text)
		return text, err == nil
	case Int64:
		var n int64
		err := json.Unmarshal(raw, &n)
		return n, err == nil
	case Double:
		var f float64
		err := json.Unmarshal(raw, &f)
		return f, err == nil
	case Boolean:
		var b bool
		err := json.Unmarshal(raw, &b)
		return b, err == nil
	case Date:
		layout = time.DateOnly
	}
	if json.Unmarshal(raw, &text) != nil {
		return nil, false
	}
	t, err := time.Parse(layout, text)
	return t, err == nil
}
