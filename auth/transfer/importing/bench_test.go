package importing

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ferry/model"
)

// benchRecords is how many records one iteration imports.
const benchRecords = 100_000

// sink is a target that does nothing but count.
func sink(b *testing.B) (*httptest.Server, *atomic.Int64) {
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		n.Add(1)
		w.WriteHeader(http.StatusCreated)
	}))
	b.Cleanup(s.Close)
	return s, &n
}

// BenchmarkImport imports small records from NDJSON with a journal, beside a bare loop
// over net/http that sends the same lines, in as many goroutines, and notes nothing down.
func BenchmarkImport(b *testing.B) {
	for _, parallel := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("ferry/parallel=%d", parallel), func(b *testing.B) {
			srv, n := sink(b)
			x := newBench(b).write(model.NDJSON, numbered(benchRecords))
			x.link = newLink(b, srv.URL)
			x.job.Target = x.link
			x.job.Transfer.Write.Parallel = parallel
			before := cpu(b)
			for b.Loop() {
				x.point, x.last = nil, model.Progress{}
				x.mustRun()
			}
			report(b, n.Load(), before)
		})
		b.Run(fmt.Sprintf("bare/parallel=%d", parallel), func(b *testing.B) {
			srv, n := sink(b)
			x := newBench(b).write(model.NDJSON, numbered(benchRecords))
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: parallel}}
			defer client.CloseIdleConnections()
			before := cpu(b)
			for b.Loop() {
				bare(b, client, srv.URL, x.job.Transfer.File.Path, parallel)
			}
			report(b, n.Load(), before)
		})
	}
}

// cpu is the time that both sides took of the processors: on a busy machine it says more
// than the time on the wall.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func report(b *testing.B, sent int64, before time.Duration) {
	if sent != int64(b.N)*benchRecords {
		b.Fatalf("%d records arrived in %d rounds", sent, b.N)
	}
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/1000/float64(sent), "cpu-µs/record")
	b.ReportMetric(float64(sent)/b.Elapsed().Seconds(), "records/s")
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/(1<<20), "MiB-taken")
}

func bare(b *testing.B, client *http.Client, url, path string, parallel int) {
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	lines := make(chan []byte, 64)
	var wg sync.WaitGroup
	for range parallel {
		wg.Go(func() {
			for line := range lines {
				resp, err := client.Post(url+"/products", "application/json", bytes.NewReader(line))
				if err != nil {
					b.Error(err)
					continue
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
		})
	}
	s := bufio.NewScanner(f)
	for s.Scan() {
		lines <- bytes.Clone(s.Bytes())
	}
	close(lines)
	wg.Wait()
}
