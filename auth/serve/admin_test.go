package serve

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ferry/model"
	"ferry/storage/storagetest"
)

func TestAdminSocket(t *testing.T) {
	k := newKit(t).start(nil)
	st, err := os.Lstat(Socket(k.path))
	must(t, err)
	if st.Mode() != os.ModeSocket|0o600 {
		t.Errorf("mode %v", st.Mode())
	}
	k.token()
	k.ask(wrong(k))
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n"} {
		if a := k.onSocket(path); a.StatusCode != http.StatusOK || a.body != want {
			t.Errorf("%s: %d %q", path, a.StatusCode, a.body)
		}
	}
	if a := k.onSocket("/nothing"); a.StatusCode != http.StatusNotFound {
		t.Errorf("/nothing: %d", a.StatusCode)
	}
	if a := k.do("GET", "/status", ""); a.StatusCode != http.StatusNotFound {
		t.Errorf("the status is told on the public address: %d", a.StatusCode)
	}
}

// What the probe returns is what happened.
func TestProbe(t *testing.T) {
	k := newKit(t)
	p := NewProbe(Socket(k.path))
	if _, err := p.Status(context.Background()); model.CodeOf(err) != model.ENotFound {
		t.Fatalf("nothing runs: %v", err)
	}
	k.start(func(o *Options) { o.Config.Aliases = []string{"/plt/oauth2/token"} })
	token := k.token()
	k.call(token)
	k.ask(wrong(k))
	got, err := p.Status(context.Background())
	must(t, err)
	if got.URL != k.URL() || got.Listen != k.listen || got.PID != os.Getpid() || !got.Ready || got.Problem != "" || got.Version != "test" ||
		got.KeyID == "" || got.Algorithm != model.ES256 || got.TLSUntil != nil || len(got.Aliases) != 1 || time.Since(got.FreshAt) > time.Minute {
		t.Errorf("%+v", got)
	}
	if got.Totals != (model.ServerTotals{Requests: 3, Tokens: 1, API: 1, Refused: 1}) {
		t.Errorf("totals %+v", got.Totals)
	}
	if len(got.Refusals) != 1 || got.Refusals[0].Reason != "malformed_secret" || got.Refusals[0].Count != 1 {
		t.Errorf("refusals %+v", got.Refusals)
	}
	if len(got.Recent) != 3 || got.Recent[0].Status != 401 || got.Recent[2].Client != "robot" || got.Recent[2].Path != "/oauth2/token" ||
		got.Recent[2].Space != model.DefaultSpace || got.Recent[2].Addr != "127.0.0.1" {
		t.Errorf("recent %+v", got.Recent)
	}
	if len(got.PerSecond) != 60 {
		t.Errorf("%d seconds", len(got.PerSecond))
	}
	must(t, k.Close())
	if _, err := p.Status(context.Background()); model.CodeOf(err) != model.ENotFound {
		t.Errorf("it has stopped: %v", err)
	}
}

// The admin address answers about health and metrics, and not about requests.
func TestAdminAddress(t *testing.T) {
	k := newKit(t).start(func(o *Options) { o.Config.AdminListen = "127.0.0.1:0" })
	base := "http://" + k.admin.tcp.Addr().String()
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 200, "/status": 404} {
		if a, err := k.try(k.http, "GET", base+path, ""); err != nil || a.StatusCode != want {
			t.Errorf("%s: %d %v", path, a.StatusCode, err)
		}
	}
}

var sampleLine = regexp.MustCompile(`^[a-z_]+(\{[a-z]+="([^"\\]|\\.)*"(,[a-z]+="([^"\\]|\\.)*")*\})? [-+0-9.eE]+$|^# (HELP|TYPE) [a-z_]+ .+$`)

func TestMetrics(t *testing.T) {
	k := newKit(t).start(nil)
	k.token()
	k.ask(wrong(k))
	for i := range 300 { // nobody may grow the list of labels
		k.do("GET", "/made-up/"+strings.Repeat("x", i), "")
	}
	a := k.onSocket("/metrics")
	for line := range strings.Lines(a.body) {
		if !sampleLine.MatchString(strings.TrimSuffix(line, "\n")) {
			t.Errorf("not in the text format: %q", line)
		}
	}
	for _, want := range []string{
		`ferry_http_requests_total{route="/oauth2/token",method="POST",status="2xx"} 1`,
		`ferry_http_requests_total{route="/oauth2/token",method="POST",status="4xx"} 1`,
		`ferry_http_requests_total{route="other",method="GET",status="4xx"} 300`,
		`ferry_http_request_duration_seconds_bucket{route="/oauth2/token",le="+Inf"} 2`,
		`ferry_http_request_duration_seconds_count{route="/oauth2/token"} 2`,
		"ferry_tokens_issued_total 1", `ferry_refusals_total{reason="malformed_secret"} 1`, "ferry_ready 1", "ferry_access_log_dropped_total 0",
	} {
		if !strings.Contains(a.body, want+"\n") {
			t.Errorf("lacks %s", want)
		}
	}
	if n := strings.Count(a.body, "\n"); n > 200 {
		t.Errorf("%d lines", n)
	}
}

// A socket that a killed server left behind is in nobody's way; another file is left alone.
func TestStaleSocket(t *testing.T) {
	k := newKit(t)
	path := Socket(k.path)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	must(t, err)
	l.SetUnlinkOnClose(false) // as SIGKILL does
	must(t, l.Close())
	k.start(nil)
	k.token()
	must(t, k.Close())

	must(t, os.WriteFile(path, []byte("precious"), 0o600))
	if _, err := Start(context.Background(), k.options()); model.CodeOf(err) != model.EExists {
		t.Errorf("a file in the way: %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "precious" {
		t.Errorf("the file in the way: %q %v", text, err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.sock*"))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

// Of many servers that start at once on a stale socket exactly one gets it.
func TestOneSocketForMany(t *testing.T) {
	path := filepath.Join(storagetest.Dir(t), "s.sock")
	for range 20 {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		must(t, err)
		l.SetUnlinkOnClose(false)
		must(t, l.Close())
		const many = 4
		got := make(chan *socket, many)
		for range many {
			go func() {
				s, err := listenSocket(context.Background(), path)
				if err != nil && model.CodeOf(err) != model.EBusy {
					t.Error(err)
				}
				got <- s
			}()
		}
		var winners []*socket
		for range many {
			if s := <-got; s != nil {
				winners = append(winners, s)
			}
		}
		if len(winners) != 1 {
			t.Fatalf("%d servers have the socket", len(winners))
		}
		c, err := net.Dial("unix", path)
		must(t, err)
		_ = c.Close()
		must(t, winners[0].Close())
		winners[0].remove()
	}
}

func TestSocketName(t *testing.T) {
	if got := Socket("/data/ferry.db"); got != "/data/ferry.db.sock" {
		t.Error(got)
	}
	long := "/data/" + strings.Repeat("x", 120)
	if got := Socket(long); len(got) > maxSocketPath || filepath.Dir(got) != "/data" || got == Socket(long+"y") {
		t.Error(got)
	}
	deep := "/" + strings.Repeat("d", 120) + "/ferry.db"
	if _, err := listenSocket(context.Background(), Socket(deep)); model.CodeOf(err) != model.EInvalid {
		t.Errorf("a path that is too long: %v", err)
	}
	var addr unix.RawSockaddrUnix
	if maxSocketPath >= len(addr.Path) {
		t.Errorf("the system takes %d bytes only", len(addr.Path))
	}
}
