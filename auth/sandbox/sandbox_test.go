package sandbox

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"ferry/model"
)

func TestAddressBeyondLoopbackIsRefused(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:80", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999"} {
		s, err := Start(context.Background(), Options{Addr: addr})
		if err == nil {
			_ = s.Close()
		}
		if e := model.AsError(err); e == nil || e.Code != model.EInvalid || e.Field != "listen" || e.Next == "" {
			t.Errorf("%s: %+v, want EInvalid with a next step", addr, e)
		}
	}
}

func TestListenOnLocalhost(t *testing.T) {
	s, err := Start(context.Background(), Options{Addr: "localhost:0"})
	if err != nil {
		t.Fatal(err)
	}
	if host, _, _ := net.SplitHostPort(strings.TrimPrefix(s.URL(), "http://")); !model.IsLoopback(host) {
		t.Errorf("URL %s", s.URL())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestPortInUse(t *testing.T) {
	b := start(t)
	_, err := Start(context.Background(), Options{Addr: strings.TrimPrefix(b.URL(), "http://")})
	if e := model.AsError(err); e == nil || e.Code != model.EBusy || e.Next == "" {
		t.Errorf("%+v, want EBusy with a next step", e)
	}
}

func TestServerEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s, err := Start(ctx, Options{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case <-s.done:
	case <-time.After(5 * time.Second):
		t.Fatal("the server still runs")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestHeadersOver32KiB covers DESIGN "Server: headers 32 KiB".
func TestHeadersOver32KiB(t *testing.T) {
	b := start(t)
	b.do("GET", "/status/200", "", "X-Big: "+strings.Repeat("x", 40<<10)).want(t, 431)
	b.do("GET", "/status/200", "", "X-Big: "+strings.Repeat("x", 30<<10)).want(t, 200)
}

func TestSmuggledRequestsAreRefused(t *testing.T) {
	b := start(t)
	for name, raw := range map[string]string{
		"no host":         "GET /echo HTTP/1.1\r\n\r\n",
		"bad length":      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
		"two lengths":     "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"not http at all": "\x16\x03\x01\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(b.URL(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprint(conn, raw); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d, want 400", name, resp.StatusCode)
		}
		_ = resp.Body.Close()
		_ = conn.Close()
	}
}

// TestCurlLines runs each line through sh with a curl that only prints its arguments,
// and sends the same request.
func TestCurlLines(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal("the tests need sh")
	}
	b := start(t)
	tokens, calls := 0, 0
	variables := map[string]string{}
	for _, line := range b.Curl() {
		if strings.HasPrefix(line, "#") {
			continue
		}
		command := line
		name, rest, assigns := strings.Cut(line, "=$(")
		if assigns {
			command, _, _ = strings.Cut(rest, " | ")
		}
		script := `curl() { for a; do printf '%s\n' "$a"; done; }` + "\n"
		for k, v := range variables {
			script += k + "=" + v + "\n"
		}
		out, err := exec.Command(sh, "-c", script+command).Output()
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		a := b.curl(strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")).want(t, http.StatusOK)
		if !assigns {
			calls++
			continue
		}
		tokens++
		var got struct {
			Token string `json:"access_token"`
		}
		a.decode(t, &got)
		variables[name] = got.Token
	}
	if tokens != 3 || calls != 7 {
		t.Errorf("%d token requests and %d calls, want 3 and 7", tokens, calls)
	}
}

// curl sends what curl would for the arguments that Curl uses.
func (b *bench) curl(args []string) answer {
	b.t.Helper()
	method, target := http.MethodGet, ""
	var headers, data []string
	for i := 0; i < len(args); i++ {
		switch args[i] {
		case "-sS":
		case "-H":
			i++
			headers = append(headers, args[i])
		case "-d":
			i++
			data = append(data, args[i])
		case "-u":
			i++
			id, secret, _ := strings.Cut(args[i], ":")
			req := &http.Request{Header: http.Header{}}
			req.SetBasicAuth(id, secret)
			headers = append(headers, "Authorization: "+req.Header.Get("Authorization"))
		default:
			target = args[i]
		}
	}
	if len(data) > 0 {
		method = http.MethodPost
		headers = append(headers, "Content-Type: application/x-www-form-urlencoded")
	}
	return b.do(method, target, strings.Join(data, "&"), headers...)
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s, err := Start(context.Background(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		_ = s.Close()
	}
}

func BenchmarkTokens(b *testing.B) {
	for _, name := range []string{"hr", "analytics"} {
		b.Run(name, func(b *testing.B) {
			s := start(b)
			for b.Loop() {
				s.token(name)
			}
		})
	}
}

func BenchmarkFirstPageOfProducts(b *testing.B) {
	for b.Loop() {
		newProducts().page(page{1, 100}, time.Time{})
	}
}

// TestCloseWithAConnectionThatNeverAsked: clients open connections ahead of need, and
// leaving the console must not wait for those.
func TestCloseWithAConnectionThatNeverAsked(t *testing.T) {
	b := start(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	began := time.Now()
	if err := b.Close(); err != nil || time.Since(began) > 4*time.Second { // net/http alone would wait for 5 s
		t.Errorf("Close: %v after %s", err, time.Since(began))
	}
	if _, err := net.Dial("tcp", strings.TrimPrefix(b.URL(), "http://")); err == nil {
		t.Error("the port is still open")
	}
}
