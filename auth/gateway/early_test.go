package gateway

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestAnUpstreamThatAnswersBeforeItHasRead: its answer arrives, also while others upload, and
// the gateway goes on.
func TestAnUpstreamThatAnswersBeforeItHasRead(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/early") {
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, "no")
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
	})
	k.client("erp", up.URL, nil)
	var mu sync.Mutex
	got := map[string]int{}
	var running sync.WaitGroup
	for i := range 60 {
		running.Go(func() {
			path, want := "/gw/erp/early", http.StatusConflict
			if i%2 == 0 {
				path, want = "/gw/erp/late", http.StatusOK
			}
			req, _ := http.NewRequest("POST", k.server.URL+path, zeroes(1<<20))
			req.Header.Set("Authorization", "Bearer "+k.token)
			// That the connection is closed before all was sent is no fault of the answer's.
			what := "cut off while sending"
			if resp, err := k.http.Do(req); err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				if what = "answered"; resp.StatusCode != want {
					what = path + " " + resp.Status
				}
			} else if want == http.StatusOK {
				what = err.Error()
			}
			mu.Lock()
			got[what]++
			mu.Unlock()
		})
	}
	running.Wait()
	if len(got) > 2 || got["answered"] < 30 || got["answered"]+got["cut off while sending"] != 60 {
		t.Errorf("%v", got)
	}
	if a := k.ask("GET", "/gw/erp/late", nil); a.StatusCode != http.StatusOK {
		t.Errorf("afterwards: %d", a.StatusCode)
	}
	t.Logf("%v", got)
}
