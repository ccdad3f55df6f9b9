package paging

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

const (
	benchPages   = 1000
	benchRecords = 1000
)

// benchHandler serves pages of 1,000 records of about 300 bytes; only the first record of
// a page differs from those of the others.
func benchHandler(how string) http.HandlerFunc {
	var rest bytes.Buffer
	for i := 1; i < benchRecords; i++ {
		fmt.Fprintf(&rest, `,{"id":%d,"sku":"SKU-%08d","name":"Product number %d, with \"quotes\" and ümlauts","price":{"amount":%d.%02d,"currency":"EUR"},"stock":%d,"active":true,"tags":["new","sale","b2b"],"updated":"2026-03-01T12:00:00Z","description":"%s"}`,
			i, i, i, i%500, i%100, i%77, "A text of some length, as they have it")
	}
	return func(w http.ResponseWriter, r *http.Request) {
		page := 1
		if s := r.URL.Query().Get("page"); s != "" {
			page, _ = strconv.Atoi(s)
		}
		more := page < benchPages
		tail := "]"
		switch how {
		case "link":
			if more {
				w.Header().Set("Link", fmt.Sprintf(`</items?page=%d>; rel="next"`, page+1))
			}
			fmt.Fprintf(w, `[{"page":%d}`, page)
		case "odata":
			fmt.Fprintf(w, `{"value":[{"page":%d}`, page)
			if tail = "]}"; more {
				tail = fmt.Sprintf(`],"@odata.nextLink":"items?page=%d"}`, page+1)
			}
		case "page":
			fmt.Fprintf(w, `{"page":%d,"total_pages":%d,"items":[{"page":%d}`, page, benchPages, page)
			tail = "]}"
		}
		_, _ = w.Write(rest.Bytes())
		_, _ = io.WriteString(w, tail)
	}
}

// lines is a Visitor that writes NDJSON.
type lines struct {
	w       *bufio.Writer
	records int
}

func (l *lines) Begin(int64, bool) error { return nil }

func (l *lines) Record(rec []byte) error {
	l.records++
	_, _ = l.w.Write(rec)
	return l.w.WriteByte('\n')
}

func (l *lines) End(Position) error { return l.w.Flush() }

// Each of these reads a million records; io.Copy of the same pages stands beside them.
func BenchmarkAMillionRecords(b *testing.B) {
	b.Run("io.Copy", func(b *testing.B) {
		s := source(b, "", benchHandler("page"))
		c := s.Link.Client()
		out, err := os.Create(filepath.Join(b.TempDir(), "out"))
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = out.Close() }()
		for b.Loop() {
			for page := range benchPages {
				resp, err := http.Get(fmt.Sprintf("%s/items?page=%d", c.BaseURL, page+1))
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(out, resp.Body); err != nil {
					b.Fatal(err)
				}
				_ = resp.Body.Close()
			}
			_, _ = out.Seek(0, io.SeekStart)
		}
		b.ReportMetric(float64(benchPages*benchRecords*b.N)/b.Elapsed().Seconds(), "records/s")
	})
	for _, how := range []string{"link", "odata", "page"} {
		b.Run(how, func(b *testing.B) {
			s := source(b, "/items", benchHandler(how))
			out, err := os.Create(filepath.Join(b.TempDir(), "out"))
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = out.Close() }()
			b.ReportAllocs()
			for b.Loop() {
				l := &lines{w: bufio.NewWriterSize(out, 256<<10)}
				st, err := s.Each(b.Context(), Position{}, l)
				if err != nil || l.records != benchPages*benchRecords {
					b.Fatal(l.records, st, err)
				}
				_, _ = out.Seek(0, io.SeekStart)
			}
			b.ReportMetric(float64(benchPages*benchRecords*b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
