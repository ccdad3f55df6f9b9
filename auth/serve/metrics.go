package serve

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// The metrics are written here, in the text format of Prometheus (version 0.0.4): its
// client library costs 1.2 ms at every start of the binary, `ferry token` included.

// Labels of requests. What is not in a list counts as the last of it.
var (
	methodLabels = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", otherLabel}
	classLabels  = []string{"1xx", "2xx", "3xx", "4xx", "5xx"}
	buckets      = []time.Duration{
		500 * time.Microsecond, time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond,
		25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
		time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
	}
)

// routeStats counts the requests of one route.
type routeStats struct {
	counts [8][5]atomic.Uint64 // by methodLabels and classLabels
	within [15]atomic.Uint64   // by buckets; the last is slower than all of them
	nanos  atomic.Uint64
}

func (s *routeStats) add(r *record) {
	m := slices.Index(methodLabels, r.method)
	if m < 0 {
		m = len(methodLabels) - 1
	}
	s.counts[m][classOf(r.status)].Add(1)
	b, _ := slices.BinarySearch(buckets, r.took)
	s.within[b].Add(1)
	s.nanos.Add(uint64(max(r.took, 0)))
}

// classOf is the place of a status among classLabels.
func classOf(status int) int { return min(max(status/100-1, 0), len(classLabels)-1) }

// metricsWriter writes one family after another.
type metricsWriter struct{ w io.Writer }

func (m metricsWriter) family(name, kind, help string) {
	fmt.Fprintf(m.w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func (m metricsWriter) one(name, kind, help string, value float64) {
	m.family(name, kind, help)
	m.sample(name, "", value)
}

func (m metricsWriter) sample(name, labels string, value float64) {
	if labels != "" {
		labels = "{" + labels + "}"
	}
	fmt.Fprintf(m.w, "%s%s %s\n", name, labels, strconv.FormatFloat(value, 'g', -1, 64))
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func label(name, value string) string { return name + `="` + labelEscapes.Replace(value) + `"` }

// metrics answers GET /metrics.
func (s *Server) metrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	m := metricsWriter{w}
	m.family("ferry_build_info", "gauge", "The version that runs.")
	m.sample("ferry_build_info", label("version", s.o.Version)+","+label("goversion", runtime.Version()), 1)
	s.requestMetrics(m)
	st := s.stats
	m.one("ferry_tokens_issued_total", "counter", "Access tokens issued.", float64(st.tokens.Load()))
	m.family("ferry_refusals_total", "counter", "Requests that were refused, by reason.")
	for _, r := range st.refusalsByCount() {
		m.sample("ferry_refusals_total", label("reason", r.Reason), float64(r.Count))
	}
	s.runs.metrics(m)
	s.gatewayMetrics(m)
	_, ready := s.problem()
	m.one("ferry_ready", "gauge", "Whether the server is ready: 1 or 0.", truth(ready))
	m.one("ferry_snapshot_age_seconds", "gauge", "How long ago the store was last read.", s.pic.age().Seconds())
	m.one("ferry_requests_in_flight", "gauge", "Requests under way, the gateway's not among them.", float64(s.inFlight.Load()))
	m.one("ferry_connections_open", "gauge", "Connections that are open.", float64(s.listener.open.Load()))
	m.one("ferry_access_log_dropped_total", "counter", "Lines that a slow writer of the access log cost.", float64(st.dropped.Load()))
	m.one("ferry_access_log_errors_total", "counter", "Writes of the access log that failed.", float64(st.logFailed.Load()))
	m.one("ferry_panics_total", "counter", "Requests that failed inside ferry.", float64(st.panics.Load()))
	if s.certs != nil {
		m.one("ferry_tls_not_after_seconds", "gauge", "When the certificate in use expires, in Unix time.", float64(s.certs.until().Unix()))
	}
	processMetrics(m, s.began)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (s *Server) requestMetrics(m metricsWriter) {
	routes := s.stats.routes.all()
	names := slices.Sorted(maps.Keys(routes))
	m.family("ferry_http_requests_total", "counter", "Requests answered.")
	for _, name := range names {
		for i := range methodLabels {
			for j := range classLabels {
				if n := routes[name].counts[i][j].Load(); n > 0 {
					m.sample("ferry_http_requests_total", label("route", name)+","+label("method", methodLabels[i])+","+
						label("status", classLabels[j]), float64(n))
				}
			}
		}
	}
	const duration = "ferry_http_request_duration_seconds"
	m.family(duration, "histogram", "From the header of a request to the end of its answer.")
	for _, name := range names {
		r, route := routes[name], label("route", name)
		sum := float64(r.nanos.Load()) / 1e9 // before the counts: they may grow meanwhile
		var n uint64
		for i, b := range buckets {
			n += r.within[i].Load()
			m.sample(duration+"_bucket", route+","+label("le", strconv.FormatFloat(b.Seconds(), 'g', -1, 64)), float64(n))
		}
		n += r.within[len(buckets)].Load()
		m.sample(duration+"_bucket", route+","+label("le", "+Inf"), float64(n))
		m.sample(duration+"_sum", route, sum)
		m.sample(duration+"_count", route, float64(n))
	}
}

// processMetrics tells what every process tells, under the names that are usual.
func processMetrics(m metricsWriter, began time.Time) {
	var usage unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &usage) == nil {
		cpu := time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
		m.one("process_cpu_seconds_total", "counter", "CPU time used.", cpu.Seconds())
	}
	m.one("process_start_time_seconds", "gauge", "When the server started, in Unix time.", float64(began.UnixMilli())/1000)
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 {
			pages, _ := strconv.ParseFloat(fields[1], 64)
			m.one("process_resident_memory_bytes", "gauge", "Memory in use.", pages*float64(os.Getpagesize()))
		}
	}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		m.one("process_open_fds", "gauge", "Files and connections that are open.", float64(len(open)))
	}
	m.one("go_goroutines", "gauge", "Goroutines.", float64(runtime.NumGoroutine()))
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	m.one("go_memstats_heap_alloc_bytes", "gauge", "Heap in use.", float64(mem.HeapAlloc))
	m.one("go_gc_cycles_total", "counter", "Garbage collections.", float64(mem.NumGC))
}
