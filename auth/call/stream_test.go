package call

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"ferry/auth/wire"
	"ferry/model"
)

// progress counts what comes, as a progress bar does, and tells every step.
type progress struct {
	n    int64
	step chan int64
}

func (p *progress) Write(b []byte) (int, error) {
	p.n += int64(len(b))
	if p.step != nil {
		p.step <- p.n
	}
	return len(b), nil
}

// The server sends the next part only after the last one has reached the sink: bodies,
// encoded ones too, come as they arrive.
func TestTheSinkSeesABodyAsItArrives(t *testing.T) {
	for _, encoded := range []bool{false, true} {
		step := make(chan int64)
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			out, flush := io.Writer(w), func() {}
			if encoded {
				w.Header().Set("Content-Encoding", "gzip")
				z := gzip.NewWriter(w)
				defer z.Close()
				out, flush = z, func() { _ = z.Flush() }
			}
			for i := range 5 {
				fmt.Fprint(out, "0123456789")
				flush()
				_ = http.NewResponseController(w).Flush()
				for seen := int64(0); seen < int64(10*(i+1)); {
					select {
					case seen = <-step:
					case <-r.Context().Done():
						return
					}
				}
			}
		}))
		resp, err := newCaller(t, wire.Limits{Total: 10 * time.Second}).Do(t.Context(), clientFor(srv.URL), token, model.Request{Path: "/", Sink: &progress{step: step}})
		if err != nil || resp.Size != 50 {
			t.Errorf("encoded %t: %d bytes, %v", encoded, resp.Size, err)
		}
		srv.Close()
	}
}

// 50 MiB to a file take no more memory than a few buffers.
func TestA50MiBBodyInBoundedMemory(t *testing.T) {
	const size = 50 << 20
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		block := make([]byte, 64<<10)
		for range size / len(block) {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))
	defer srv.Close()
	s := newCaller(t, wire.Limits{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p := &progress{}
	resp, err := s.Do(t.Context(), clientFor(srv.URL), token, model.Request{Path: "/", Sink: p})
	runtime.ReadMemStats(&after)
	if err != nil || resp.Size != size || p.n != size || len(resp.Body) != 0 {
		t.Fatalf("%d bytes of %d, %v", p.n, size, err)
	}
	// All that was ever allocated, by the server here too, freed or not.
	if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
		t.Errorf("%d KiB were allocated", took>>10)
	} else {
		t.Logf("%d KiB allocated for %d MiB", took>>10, size>>20)
	}
}

// A body that comes from a pipe goes out as it comes, and once: not again by a redirect, nor
// on another connection.
func TestABodyThatCanBeReadOnceIsSentOnce(t *testing.T) {
	var got atomic.Int64
	var requests atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		got.Add(n)
		requests.Add(1)
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/there", http.StatusTemporaryRedirect)
		}
	}))
	defer srv.Close()
	c := newCaller(t, wire.Limits{Total: 10 * time.Second})
	for _, path := range []string{"/", "/moved"} {
		got.Store(0)
		requests.Store(0)
		from, to := io.Pipe()
		go func() {
			for range 100 {
				_, _ = to.Write(make([]byte, 100_000)) // fails only when nobody reads, which the count shows
			}
			_ = to.Close()
		}()
		resp, err := c.Do(t.Context(), clientFor(srv.URL), token, model.Request{Method: http.MethodPost, Path: path, Stream: from})
		if err != nil || got.Load() != 10_000_000 || requests.Load() != 1 {
			t.Errorf("%s: %d, %d bytes in %d requests, %v", path, resp.Status, got.Load(), requests.Load(), err)
		}
		if resp.Exchange.RequestBody != "" {
			t.Errorf("%s: the record holds a body that was not kept", path)
		}
	}
}

// A body that flows may take longer than a whole exchange has; one that drips is cut.
func TestABodyThatFlowsIsNotCutByTheTime(t *testing.T) {
	const total = 400 * time.Millisecond
	for part, want := range map[int]model.Code{64 << 10: "", 10: model.ETimeout} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for range 10 {
				if _, err := w.Write(make([]byte, part)); err != nil {
					return
				}
				_ = http.NewResponseController(w).Flush()
				select {
				case <-time.After(total / 4):
				case <-r.Context().Done():
					return
				}
			}
		}))
		began := time.Now()
		s := newCaller(t, wire.Limits{Total: total})
		resp, err := s.Do(t.Context(), clientFor(srv.URL), token, model.Request{Path: "/", Sink: &progress{}, Flow: true})
		if model.CodeOf(err) != want || want == "" && (resp.Size != int64(10*part) || time.Since(began) < 2*total) {
			t.Errorf("%d bytes at a time: %d came in %v, %v", part, resp.Size, time.Since(began), err)
		}
		srv.Close()
	}
}

// The time that a slow sink takes is not the other side's.
func TestASlowSinkIsNotCutByTheTime(t *testing.T) {
	const total = 300 * time.Millisecond
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 300_000)) }))
	defer srv.Close()
	k := &slow{pause: 2 * total}
	resp, err := newCaller(t, wire.Limits{Total: total}).Do(t.Context(), clientFor(srv.URL), token, model.Request{Path: "/", Sink: k, Flow: true})
	if err != nil || resp.Size != 300_000 || k.pause != 0 {
		t.Errorf("%d bytes, %v", resp.Size, err)
	}
}

// slow is a sink that takes its time once.
type slow struct{ pause time.Duration }

func (s *slow) Write(p []byte) (int, error) {
	time.Sleep(s.pause)
	s.pause = 0
	return len(p), nil
}
