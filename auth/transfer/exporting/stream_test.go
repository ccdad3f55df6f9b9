package exporting

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"ferry/auth/transfer/paging"
	"ferry/model"
)

// toStream is a job that writes to w. Keeping anything is an error.
func toStream(t *testing.T, w io.Writer, f model.TransferFile) model.Job {
	j := job(t.TempDir(), f, &kept{})
	j.Transfer.File.Path, j.Out = "-", w
	j.Keep = func(context.Context, []byte, model.Progress, []model.TransferFault) error {
		t.Error("a stream keeps no checkpoint")
		return nil
	}
	return j
}

// writes remembers where each write ended.
type writes struct {
	mu   sync.Mutex
	text bytes.Buffer
	ends []int
}

func (w *writes) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.text.Write(p)
	w.ends = append(w.ends, w.text.Len())
	return n, err
}

// -o - : each page goes out whole when it has come.
func TestStream(t *testing.T) {
	s := &pages{pages: made(70, 10)}
	for _, zipped := range []bool{false, true} {
		w := &writes{}
		if err := engine(s).Run(t.Context(), toStream(t, w, model.TransferFile{Format: model.NDJSON, Gzip: zipped})); err != nil {
			t.Fatal(err)
		}
		got := w.text.String()
		if zipped {
			got = unzip(t, w.text.Bytes())
		}
		if got != lined(flat(s.pages)) {
			t.Errorf("gzip=%v: %d bytes", zipped, len(got))
		}
		if !zipped && len(w.ends) != len(s.pages) {
			t.Errorf("%d writes for %d pages", len(w.ends), len(s.pages))
		}
	}
}

// A stream takes nothing back: what has gone out of a page that broke off is not written again.
func TestStreamPageThatBreaksOff(t *testing.T) {
	record := `{"text":"` + strings.Repeat("x", 1000) + `"}`
	size := 8000
	if testing.Short() {
		size = 4800 // half of it is behind what is held still
	}
	long := slices.Repeat([]string{record}, size)
	for i := range long {
		long[i] = strings.Replace(record, "x", string(rune('a'+i%26)), 1)
	}
	for _, format := range []model.FileFormat{model.NDJSON, model.JSONArray, model.CSV} {
		source := func() *pages {
			return &pages{
				pages:  [][]string{{record, record}, long, {record}, long},
				breaks: map[int64][]int{1: {1}, 2: {size - 1, size * 5 / 8, size * 6 / 8, 10, size * 3 / 8}, 4: {size / 2, size}},
			}
		}
		want := export(t, &pages{pages: source().pages}, model.Transfer{File: model.TransferFile{Format: format}})
		w := &writes{}
		if err := engine(source()).Run(t.Context(), toStream(t, w, model.TransferFile{Format: format})); err != nil {
			t.Fatal(err)
		}
		if got := w.text.String(); got != want {
			t.Errorf("%s: %d bytes, expected %d", format, len(got), len(want))
		}
	}
}

func TestStreamPageThatComesBackDifferent(t *testing.T) {
	record := `{"text":"` + strings.Repeat("x", 1000) + `"}`
	long := slices.Repeat([]string{record}, 4000)
	other := slices.Clone(long)
	other[7] = `{"text":"other"}`
	for name, second := range map[string][]string{"another record": other, "shorter": long[:10]} {
		e := Engine{each: func(_ context.Context, _ *paging.Source, p paging.Position, v paging.Visitor) (st paging.Stats, err error) {
			for i, page := range [][]string{long, second} {
				if err := v.Begin(1, i > 0); err != nil {
					return st, err
				}
				for _, rec := range page {
					if err := v.Record([]byte(rec)); err != nil {
						return st, err
					}
				}
			}
			p.Page, p.Over = 1, true
			return st, v.End(p)
		}}
		w := &writes{}
		err := model.AsError(e.Run(t.Context(), toStream(t, w, ndjson)))
		if err.Code != model.EUpstream || !strings.Contains(err.Next, "-o FILE") {
			t.Errorf("%s: %+v", name, err)
		}
		if !strings.HasPrefix(lined(long), w.text.String()) {
			t.Errorf("%s: something else went out", name)
		}
	}
}

// ferry export … -o - | head: the reader goes away, and the export ends.
func TestStreamReaderGoesAway(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	go func() {
		_, _ = io.ReadFull(r, make([]byte, 1000))
		r.Close()
	}()
	e := model.AsError(engine(&pages{pages: made(20000, 10)}).Run(t.Context(), toStream(t, w, ndjson)))
	if e.Code != model.EInterrupted || !strings.Contains(e.Message, "closed it") {
		t.Errorf("%+v", e)
	}
}

// A reader that takes nothing does not keep an export from being given up.
func TestStreamReaderThatTakesNothing(t *testing.T) {
	r, w := io.Pipe()
	defer r.Close()
	ctx, cancel := context.WithCancel(t.Context())
	j := toStream(t, w, ndjson)
	reported := 0
	j.Report = func(p model.Progress) {
		if reported++; reported == 1 {
			cancel()
		}
	}
	if err := engine(&pages{pages: made(1000, 10)}).Run(ctx, j); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// -o - >FILE on a full disk.
func TestStreamThatIsFull(t *testing.T) {
	for _, c := range []struct {
		err  error
		code model.Code
		want string
	}{
		{syscall.ENOSPC, model.ENoSpace, "there is no space left where the output goes"},
		{syscall.EIO, model.EInternal, "the output could not be written"},
	} {
		err := engine(&pages{pages: made(2000, 10)}).Run(t.Context(), toStream(t, failing{c.err}, ndjson))
		if model.CodeOf(err) != c.code || err.Error() != c.want || !errors.Is(err, c.err) {
			t.Errorf("%v", err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestNoStream(t *testing.T) {
	if err := engine(&pages{}).Run(t.Context(), toStream(t, nil, ndjson)); model.CodeOf(err) != model.EInvalid {
		t.Error(err)
	}
}
