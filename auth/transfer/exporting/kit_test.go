package exporting

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"ferry/auth/transfer/paging"
	"ferry/model"
	"ferry/storage/files"
	"ferry/ui/jq"
)

// pages is a source by the contract of paging.Source.Each. Breaks holds, by the number of
// a page, after how many of its records it breaks off, once for each element.
type pages struct {
	pages  [][]string
	breaks map[int64][]int
	fail   map[int64]error // instead of the End of a page
	mu     sync.Mutex
	asked  []int64
}

func (s *pages) each(ctx context.Context, src *paging.Source, p paging.Position, v paging.Visitor) (st paging.Stats, err error) {
	for n := p.Page + 1; n <= int64(len(s.pages)); n++ {
		select {
		case <-src.Stop:
			return st, model.ErrStopped
		default:
		}
		if err := ctx.Err(); err != nil {
			return st, err
		}
		s.mu.Lock()
		s.asked = append(s.asked, n)
		breaks := s.breaks[n]
		delete(s.breaks, n)
		s.mu.Unlock()
		if _, err := src.Link.Do(ctx, model.Request{}); err != nil {
			return st, err
		}
		for i := 0; ; i++ {
			if err := v.Begin(n, i > 0); err != nil {
				return st, err
			}
			records := s.pages[n-1]
			if i < len(breaks) {
				records = records[:min(breaks[i], len(records))]
			}
			for _, rec := range records {
				if err := v.Record([]byte(rec)); err != nil {
					return st, err
				}
			}
			if i >= len(breaks) {
				break
			}
			st.Retries++
		}
		if err := s.fail[n]; err != nil {
			return st, err
		}
		p.Page, p.Records, p.Over = n, p.Records+int64(len(s.pages[n-1])), n == int64(len(s.pages))
		p.Next = fmt.Sprint("page=", n+1)
		if err := v.End(p); err != nil {
			return st, err
		}
	}
	return st, nil
}

// answering is a link that is only counted.
type answering struct{ model.Link }

func (answering) Do(context.Context, model.Request) (model.Response, error) {
	return model.Response{}, nil
}

// kept is what Job.Keep and Job.Report were given.
type kept struct {
	mu     sync.Mutex
	points [][]byte
	told   []model.Progress
	last   model.Progress
	step   func() (counts bool, err error)
}

func (k *kept) keep(_ context.Context, cp []byte, p model.Progress, _ []model.TransferFault) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	counts, err := true, error(nil)
	if k.step != nil {
		counts, err = k.step()
	}
	if counts {
		k.points, k.last = append(k.points, bytes.Clone(cp)), p
	}
	return err
}

func (k *kept) report(p model.Progress) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.told = append(k.told, p)
}

// checkpoint is the newest one, nil when there is none.
func (k *kept) checkpoint() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.points) == 0 {
		return nil
	}
	return k.points[len(k.points)-1]
}

func compile(expr string) (model.Filter, error) {
	f, err := jq.Compile(expr)
	if err != nil {
		return nil, err
	}
	return f.Lines(), nil
}

// job exports to dir/out, with k taking what it keeps.
func job(dir string, f model.TransferFile, k *kept) model.Job {
	f.Path = filepath.Join(dir, "out")
	return model.Job{
		Transfer: model.Transfer{Kind: model.KindExport, Source: model.Endpoint{Path: "/records"}, File: f},
		Source:   answering{},
		Files:    files.New(""), Keep: k.keep, Report: k.report, Stop: make(chan struct{}),
	}
}

func engine(s *pages) Engine { return Engine{Compile: compile, each: s.each} }

// made returns n pages of size records that differ in length.
func made(n, size int) [][]string {
	var all [][]string
	for p := range n {
		var page []string
		for i := range size {
			page = append(page, fmt.Sprintf(`{"id":%d,"name":"lamp %d","stock":{"site":"A%d","n":%d}}`, p*size+i, i, p%7, i*i))
		}
		all = append(all, page)
	}
	return all
}

// export runs a whole export and returns the file, unzipped.
func export(t *testing.T, s *pages, tr model.Transfer) string {
	t.Helper()
	k := &kept{}
	j := job(t.TempDir(), tr.File, k)
	j.Transfer.Shape, j.Transfer.Read = tr.Shape, tr.Read
	if err := engine(s).Run(t.Context(), j); err != nil {
		t.Fatalf("export: %v (%v)", err, errors.Unwrap(err))
	}
	return read(t, j.Transfer.File)
}

func read(t *testing.T, f model.TransferFile) string {
	t.Helper()
	b, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	if f.Gzip {
		return unzip(t, b)
	}
	return string(b)
}

func unzip(t *testing.T, b []byte) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// parts are the names in a directory.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func flat(all [][]string) []string { return slices.Concat(all...) }

func lined(records []string) string {
	if len(records) == 0 {
		return ""
	}
	return strings.Join(records, "\n") + "\n"
}
