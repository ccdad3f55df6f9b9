package exporting

import (
	"context"
	"fmt"
	"testing"

	"ferry/auth/transfer/paging"
	"ferry/model"
	"ferry/model/modeltest"
)

// same is a source of one page again and again, which costs next to nothing.
func same(page [][]byte, pages int) reader {
	return func(_ context.Context, _ *paging.Source, p paging.Position, v paging.Visitor) (st paging.Stats, err error) {
		for n := range int64(pages) {
			if err := v.Begin(n+1, false); err != nil {
				return st, err
			}
			for _, rec := range page {
				if err := v.Record(rec); err != nil {
					return st, err
				}
			}
			p.Page, p.Records = n+1, p.Records+int64(len(page))
			if err := v.End(p); err != nil {
				return st, err
			}
		}
		return st, nil
	}
}

func samePage() [][]byte {
	page := make([][]byte, 1000)
	for i := range page {
		page[i] = fmt.Appendf(nil, `{"id":"%08d","sku":"SKU-%05d","name":"Desk lamp, brushed %d","price":{"amount":%d.%02d,"currency":"EUR"},"stock":%d,"active":true,"tags":["new","sale"],"supplier":{"id":%d,"name":"Nordlicht GmbH"},"updated_at":"2026-03-04T05:06:07Z","description":"A lamp that stands on a desk and gives light where it is wanted."}`,
			i, i, i, i%400, i%100, i%977, i%37)
	}
	return page
}

// BenchmarkWriting is what it costs to write a record once it is read, to a file with the
// fsyncs of an export.
func BenchmarkWriting(b *testing.B) {
	page := samePage()
	for _, f := range []model.TransferFile{{Format: model.NDJSON}, {Format: model.JSONArray}, {Format: model.CSV}, {Format: model.NDJSON, Gzip: true}} {
		b.Run(fmt.Sprintf("%s gzip=%v", f.Format, f.Gzip), func(b *testing.B) {
			b.ReportAllocs()
			e := Engine{Compile: compile, each: same(page, b.N/len(page)+1)}
			j := job(b.TempDir(), f, &kept{})
			b.ResetTimer()
			if err := e.Run(context.Background(), j); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(page[0])))
		})
	}
}

// A record costs no allocation on its way to NDJSON and JSON.
func TestRecordsAllocateNothing(t *testing.T) {
	page := samePage()
	for _, format := range []model.FileFormat{model.NDJSON, model.JSONArray} {
		allocs := func(pages int) float64 {
			e := Engine{Compile: compile, each: same(page, pages)}
			return testing.AllocsPerRun(1, func() {
				j := job("/d", model.TransferFile{Format: format}, &kept{})
				j.Files, j.Out, j.Transfer.File.Path = &modeltest.Files{}, nowhere{}, stream
				if err := e.Run(context.Background(), j); err != nil {
					t.Fatal(err)
				}
			})
		}
		if few, many := allocs(10), allocs(40); (many-few)/30_000 > 0.01 {
			t.Errorf("%s: %.3f allocations a record", format, (many-few)/30_000)
		}
	}
}

type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
