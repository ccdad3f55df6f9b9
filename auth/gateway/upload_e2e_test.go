//go:build e2e

package gateway

import (
	"io"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
)

// TestAGibibyteTakesNoMemory: CASES Gateway, "1 GiB upload … bounded"; up and down.
func TestAGibibyteTakesNoMemory(t *testing.T) {
	const size = 1 << 30
	k := newKit(t)
	k.http.Timeout = 5 * time.Minute
	var came atomic.Int64
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = io.Copy(w, zeroes(size))
			return
		}
		n, _ := io.Copy(io.Discard, r.Body)
		came.Store(n)
	})
	k.client("erp", up.URL, nil)
	k.ruleOf(model.GatewayRule{MaxBody: 2 << 30})
	k.server.Config.ReadTimeout, k.server.Config.WriteTimeout = 0, 0
	k.ask("GET", "/gw/erp/warm", nil, func(r *http.Request) { r.Method = http.MethodHead })
	var most atomic.Uint64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), m.HeapInuse))
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	if a := k.ask("POST", "/gw/erp/up", zeroes(size)); a.StatusCode != 200 || came.Load() != size {
		t.Errorf("%d, %d bytes came", a.StatusCode, came.Load())
	}
	req, _ := http.NewRequest("GET", k.server.URL+"/gw/erp/down", nil)
	req.Header.Set("Authorization", "Bearer "+k.token)
	resp, err := k.http.Do(req)
	k.check(err)
	n, err := io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if err != nil || n != size {
		t.Errorf("%d bytes came back, %v", n, err)
	}
	close(stop)
	<-done
	if got := most.Load(); got > 64<<20 {
		t.Errorf("%d MiB of memory", got>>20)
	}
	t.Logf("at most %d MiB in use", most.Load()>>20)
}
