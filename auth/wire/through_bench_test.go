package wire

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkThrough is requests at 64 goroutines a processor over loopback, 1 KiB each: through
// the pool, and through a bare transport that is tuned alike. What the checks cost without a
// network is BenchmarkThroughChecks.
func BenchmarkThrough(b *testing.B) {
	body := make([]byte, 1<<10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
	defer s.Close()
	p := NewPool(Limits{})
	defer p.Close()
	c := testClient(s.URL)
	c.ID = "01"
	bare := &http.Transport{MaxIdleConnsPerHost: throughIdle, DisableCompression: true}
	defer bare.CloseIdleConnections()
	for name, way := range map[string]func() (http.RoundTripper, error){
		"bare":    func() (http.RoundTripper, error) { return bare, nil },
		"through": func() (http.RoundTripper, error) { return p.Through(c) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetParallelism(32)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					rt, err := way()
					if err != nil {
						b.Error(err)
						return
					}
					req, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, s.URL, http.NoBody)
					resp, err := rt.RoundTrip(req)
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
				}
			})
		})
	}
}

// BenchmarkThroughChecks is what is looked at before a request is sent.
func BenchmarkThroughChecks(b *testing.B) {
	p := NewPool(Limits{})
	defer p.Close()
	c := testClient("https://erp.example.com/api")
	c.ID, c.Transport.Proxy = "01", "none"
	req := httptest.NewRequest(http.MethodGet, "https://erp.example.com/api/orders", nil)
	b.ReportAllocs()
	for b.Loop() {
		rt, err := p.Through(c)
		if err != nil {
			b.Fatal(err)
		}
		t := rt.(*through)
		if err := t.mayGo(req.URL); err != nil {
			b.Fatal(err)
		}
		if err := t.turn(req.Context()); err != nil {
			b.Fatal(err)
		}
		if _, err := t.transport(); err != nil {
			b.Fatal(err)
		}
	}
}
