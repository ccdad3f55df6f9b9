package serve

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
)

// spam begins up to n streams on one connection and resets each at once, until the server has
// enough of it; it returns how many it began.
func spam(t testing.TB, addr string, trust *tls.Config, block []byte, n int) (began int, said string) {
	c := dialH2(t, addr, trust)
	defer c.Close()
	last := uint32(2*n + 1)
	heard := make(chan string, 1)
	go func() { heard <- c.answer(last) }()
	for i := range n {
		if c.lost.Load() {
			return i, <-heard
		}
		id := uint32(2*i + 1)
		c.frame(h2Headers, h2EndHeaders|h2EndStream, id, block)
		c.frame(h2Reset, 0, id, []byte{0, 0, 0, 8})
	}
	c.frame(h2Headers, h2EndHeaders|h2EndStream, last, fields(":method", "GET", ":scheme", "https", ":authority", "x", ":path", "/nothing"))
	return n, <-heard
}

// peaks are the most of what a server held, looked at every millisecond.
type peaks struct {
	flying     int64
	goroutines int
	heap       uint64 // that is in use
}

func (k *kit) watchPeaks() (stop func() peaks) {
	quit, out := make(chan struct{}), make(chan peaks)
	go func() {
		var p peaks
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}} // what the last collection left
		for {
			metrics.Read(live)
			p.flying, p.goroutines = max(p.flying, k.gateFlight.Load()), max(p.goroutines, runtime.NumGoroutine())
			p.heap = max(p.heap, live[0].Value.Uint64())
			select {
			case <-quit:
				out <- p
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	return func() peaks { close(quit); return <-out }
}

// Streams that are begun and reset at once (CVE-2023-44487), 10,000 of them, from a caller with
// a good token and from one without: what bounds them is net/http itself. It runs no more
// handlers of one connection than streams are allowed on it, a reset one counting until its
// handler has ended, lets four times as many wait, and ends the connection when there are more.
// The gateway ends a handler when its stream is reset. Others are served meanwhile, and nothing
// is left.
func TestRapidResets(t *testing.T) {
	const resets, conns = 10_000, 5
	for _, caller := range []string{"a caller", "a stranger"} {
		t.Run(caller, func(t *testing.T) {
			tlsOn, trust := withTLS(t)
			k, up := newGate(t, func(w io.Writer, r *http.Request) bool {
				if strings.HasSuffix(r.URL.Path, "/held") {
					_, _ = w.(io.Reader).Read(make([]byte, 1)) // until the other side has enough
					return false
				}
				_, err := io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
				return err == nil
			}, tlsOn)
			k.trust(trust)
			token := k.token()
			block := h2request(token, "/gw/erp/held")
			if caller == "a stranger" {
				block = h2request("nonsense", "/gw/erp/held")
			}
			runtime.GC() // what other tests left
			before := k.watchPeaks()()
			done := make(chan string)
			stop := k.watchPeaks()
			began := time.Now()
			go func() {
				n, said := 0, map[string]int{}
				for range conns { // one that was ended takes no more
					sent, heard := spam(t, k.listen, trust, block, resets/conns)
					n += sent
					said[heard]++
				}
				done <- fmt.Sprintf("%d of them sent, and then the connections said: %v", n, said)
			}()
			served, slowest := 0, time.Duration(0)
			for over := false; !over; {
				at := time.Now()
				if a := k.do("GET", "/gw/erp/quick", "", "Authorization: Bearer "+token); a.StatusCode != http.StatusOK {
					t.Errorf("somebody else: %d %s", a.StatusCode, a.body)
				}
				served, slowest = served+1, max(slowest, time.Since(at))
				select {
				case text := <-done:
					t.Logf("%d resets in %v: %s", resets, time.Since(began).Round(time.Millisecond), text)
					over = true
				default:
				}
			}
			most := stop()
			until(t, 5*time.Second, "nothing is under way", func() bool { return k.gateFlight.Load() == 0 })
			_, reached := up.seen()
			t.Logf("%d reached the upstream; at most %d requests under way, %d goroutines more, %d MiB in use; %d requests of somebody else, the slowest took %v",
				reached-served, most.flying, most.goroutines-before.goroutines, most.heap>>20, served, slowest.Round(time.Millisecond))
			// Two connections at most: the one that ended is still being left when the next begins.
			if most.flying > 2*maxStreams+2 {
				t.Errorf("%d requests under way at once", most.flying)
			}
			if n := most.goroutines - before.goroutines; n > 20*maxStreams {
				t.Errorf("%d goroutines more", n)
			}
			if most.heap > before.heap+64<<20 {
				t.Errorf("%d MiB in use, %d before", most.heap>>20, before.heap>>20)
			}
			if served == 0 || slowest > 2*time.Second {
				t.Errorf("%d requests of somebody else, the slowest took %v", served, slowest)
			}
		})
	}
}
