package serve

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	benchUpstream = "FERRY_BENCH_UPSTREAM" // where a child finds it
	benchToken    = "upstream-token"
	benchConns    = 64
)

// BenchmarkGateway measures ferry's gateway, the authorisation check on, beside a bare
// httputil.ReverseProxy with a tuned transport, and nginx and haproxy where they are installed:
// each on a core of its own, with 64 connections and answers of 1 KiB of JSON. They take turns,
// so that all see the same machine. Load and upstream share what cores are left.
func BenchmarkGateway(b *testing.B) {
	b.ReportAllocs()
	up := benchAnswerer(b)
	all := []*child{startChild(b, "proxy", benchUpstream+"="+up), startChild(b, "gateway", benchUpstream+"="+up)}
	names := []string{"bare", "ferry"}
	for name, start := range map[string]func(*testing.B, string, string) *child{"nginx": startNginx, "haproxy": startHaproxy} {
		bin := findBin(name)
		if bin == "" {
			b.Logf("without %s: it is not installed", name)
			continue
		}
		all, names = append(all, start(b, bin, up)), append(names, name)
	}
	token := all[1].said
	for i, c := range all {
		path := "/orders/17"
		if i == 1 {
			path = "/gw/erp" + path
		}
		c.request = fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: hub\r\nAccept: application/json\r\nUser-Agent: bench\r\nAuthorization: Bearer %s\r\n\r\n", path, token)
	}
	undo := pin(0, runtime.NumCPU()-1)
	defer undo()
	loads := make([]load, len(all))
	for i, c := range all { // connections and caches
		loads[i] = c.press(b, benchConns, benchTurn)
		loads[i] = load{}
	}
	b.ResetTimer()
	for b.Loop() {
		for i, c := range all {
			loads[i].add(c.press(b, benchConns, benchTurn))
		}
	}
	b.ReportMetric(0, "ns/op") // of a turn, which says nothing
	b.ReportMetric(100*loads[1].rate()/loads[0].rate(), "%ofbare")
	for i, name := range names {
		b.ReportMetric(loads[i].rate(), name+"/s")
		b.ReportMetric(loads[i].each(), name+"-cpu-µs")
		b.ReportMetric(loads[i].quantile(0.99), name+"-p99-ms")
	}
}

// benchAnswer is 1 KiB of JSON.
var benchAnswer = func() []byte {
	body := `{"text":"` + strings.Repeat("x", 1024-11) + `"}`
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}()

// benchAnswerer is an upstream that does next to nothing, and sees that the token is there.
func benchAnswerer(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	var group sync.WaitGroup
	var open sync.Map
	group.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Store(c, true)
			group.Go(func() { defer c.Close(); answerEach(b, c) })
		}
	})
	b.Cleanup(func() {
		_ = l.Close()
		open.Range(func(c, _ any) bool { _ = c.(net.Conn).Close(); return true })
		group.Wait()
	})
	return l.Addr().String()
}

func answerEach(b *testing.B, c net.Conn) {
	in := bufio.NewReaderSize(c, 8<<10)
	for {
		token := false
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return
			}
			if len(line) <= 2 {
				break
			}
			token = token || bytes.Contains(line, []byte(benchToken))
		}
		if !token {
			b.Error("a request without the upstream's token")
			return
		}
		if _, err := c.Write(benchAnswer); err != nil {
			return
		}
	}
}

// serveGateway serves the hub with the upstream behind it, and says a token for it.
func serveGateway() (stop func(), err error) {
	s, secret, stop, err := startHub("call:erp")
	if err != nil {
		return nil, err
	}
	resp, err := http.Post(s.URL()+"/oauth2/token", "application/x-www-form-urlencoded", strings.NewReader(grant(secret)))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	fmt.Println(strings.TrimPrefix(s.URL(), "http://"), tokenIn(string(body)))
	return stop, nil
}

// benchPool lends buffers.
type benchPool struct{ sync.Pool }

func (p *benchPool) Get() []byte  { return *p.Pool.Get().(*[]byte) }
func (p *benchPool) Put(b []byte) { p.Pool.Put(&b) }

// serveProxy serves the least that a gateway can be: nobody is asked who they are.
func serveProxy() (stop func(), err error) {
	target, err := url.Parse("http://" + os.Getenv(benchUpstream))
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		MaxIdleConns: 1024, MaxIdleConnsPerHost: 256, IdleConnTimeout: time.Minute, DisableCompression: true,
		DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
	}
	proxy := &httputil.ReverseProxy{
		Transport: transport, ErrorLog: log.New(io.Discard, "", 0),
		BufferPool: &benchPool{sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Set("Authorization", "Bearer "+benchToken)
		},
	}
	srv := &http.Server{Handler: proxy, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute}
	go func() { _ = srv.Serve(l) }()
	fmt.Println(l.Addr())
	return func() { _ = srv.Close() }, nil
}

// findBin looks for a server also where the path of a plain account does not lead.
func findBin(name string) string {
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/local/sbin", "/usr/sbin", "/sbin") {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	return ""
}

// freeAddr is an address on which nobody listens yet.
func freeAddr(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	defer l.Close()
	return l.Addr().String()
}

func startNginx(b *testing.B, bin, up string) *child {
	dir, addr := b.TempDir(), freeAddr(b)
	conf := fmt.Sprintf(`daemon off; master_process off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 1024; }
http {
	access_log %[1]s/access.log combined buffer=64k;
	client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
	keepalive_requests 100000000;
	upstream erp { server %[3]s; keepalive 256; keepalive_requests 100000000; }
	server {
		listen %[2]s;
		location / { proxy_pass http://erp; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Authorization "Bearer %[4]s"; }
	}
}`, dir, addr, up, benchToken)
	path := filepath.Join(dir, "nginx.conf")
	must(b, os.WriteFile(path, []byte(conf), 0o600))
	return startOther(b, addr, bin, "-p", dir, "-e", filepath.Join(dir, "start.log"), "-c", path)
}

func startHaproxy(b *testing.B, bin, up string) *child {
	addr, path := freeAddr(b), filepath.Join(b.TempDir(), "haproxy.cfg")
	conf := fmt.Sprintf(`global
	nbthread 1
	maxconn 2048
defaults
	mode http
	timeout connect 5s
	timeout client 30s
	timeout server 30s
	http-reuse always
frontend in
	bind %s
	default_backend erp
backend erp
	http-request set-header Authorization "Bearer %s"
	server erp %s
`, addr, benchToken, up)
	must(b, os.WriteFile(path, []byte(conf), 0o600))
	return startOther(b, addr, bin, "-f", path)
}

// startOther starts a server that is not ours on the core of those that are measured.
func startOther(b *testing.B, addr, bin string, args ...string) *child {
	b.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(b.Context()), bin, args...)
	cmd.Stderr = os.Stderr
	must(b, cmd.Start())
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	pinProcess(cmd.Process.Pid, runtime.NumCPU()-1)
	until(b, 5*time.Second, bin+" listens", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return &child{addr: addr, pid: cmd.Process.Pid}
}

// cpuOf is the CPU time that another process has used, in steps of 10 ms.
func cpuOf(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}
