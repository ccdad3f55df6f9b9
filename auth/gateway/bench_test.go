//go:build unix

package gateway

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// BenchmarkGateway is requests through the gateway, with the check of an access token and the
// token of the upstream, beside the bare ReverseProxy on the same tuned transport: 64
// connections, 1 KiB of JSON. All of it runs in one process, callers and upstream included.
func BenchmarkGateway(b *testing.B) {
	k := newKit(b)
	body := `{"value":"` + strings.Repeat("x", 1012) + `"}`
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{"application/json"}
		_, _ = io.WriteString(w, body)
	}))
	defer up.Close()
	c := k.client("erp", up.URL, nil)
	through, err := k.pool.Through(&c)
	k.check(err)
	target, _ := url.Parse(up.URL)
	bare := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Header["Authorization"] = []string{"Bearer upstream"}
		},
		Transport: through, BufferPool: shared, ErrorLog: log.New(io.Discard, "", 0),
	})
	defer bare.Close()
	direct := httptest.NewServer(http.HandlerFunc(k.gw.ServeHTTP))
	defer direct.Close()
	for _, name := range []string{"bare", "gateway", "bare-again", "gateway-again"} {
		addr := bare.Listener.Addr().String()
		if strings.HasPrefix(name, "gateway") {
			addr = direct.Listener.Addr().String()
		}
		b.Run(name, func(b *testing.B) { load(b, addr, k.token) })
	}
}

// load sends b.N requests on 64 connections.
func load(b *testing.B, addr, token string) {
	const conns = 64
	request := []byte(fmt.Sprintf("GET /gw/erp/orders?page=1 HTTP/1.1\r\nHost: hub.example.com\r\nUser-Agent: bench\r\nAccept: application/json\r\nAuthorization: Bearer %s\r\n\r\n", token))
	turns := make(chan struct{}, b.N)
	for range b.N {
		turns <- struct{}{}
	}
	close(turns)
	var mu sync.Mutex
	var all []time.Duration
	var running sync.WaitGroup
	began := spent()
	b.ReportAllocs()
	b.ResetTimer()
	for range conns {
		running.Go(func() {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			in := bufio.NewReader(conn)
			var took []time.Duration
			for range turns {
				began := time.Now()
				_, _ = conn.Write(request)
				resp, err := http.ReadResponse(in, nil)
				if err != nil {
					b.Error(err)
					return
				}
				n, err := io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				if err != nil || n != 1024 || resp.StatusCode != 200 {
					b.Errorf("%d, %d bytes, %v", resp.StatusCode, n, err)
					return
				}
				took = append(took, time.Since(began))
			}
			mu.Lock()
			all = append(all, took...)
			mu.Unlock()
		})
	}
	running.Wait()
	b.StopTimer()
	b.ReportMetric(float64((spent()-began).Nanoseconds())/1000/float64(b.N), "cpu-µs/req")
	slices.Sort(all)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
	if len(all) > 0 {
		b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
	}
}

// spent is the CPU time of this process, which other work on the machine does not change much.
func spent() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
