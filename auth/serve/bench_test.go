package serve

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/hub"
	"ferry/model/keys"
	"ferry/model/modeltest"
	"ferry/model/spaces"
	"ferry/storage"
	"ferry/storage/scratch"
	"ferry/storage/seal"
)

// benchChild is set in the process that serves: "hub" is the hub, "bare" the handler
// that it is compared with.
const benchChild = "FERRY_SERVE_BENCH"

// BenchmarkToken measures the token endpoint of a server in a process of its own, on a
// core of its own, against load from this one: at 1, 16 and 64 connections, beside a bare
// net/http handler that only parses the form and signs the same claims with ES256. The
// two take turns, so that both see the same machine.
func BenchmarkToken(b *testing.B) {
	b.ReportAllocs()
	ours, bare := startChild(b, "hub"), startChild(b, "bare")
	undo := pin(0, runtime.NumCPU()-1)
	defer undo()
	for _, conns := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("conns=%d", conns), func(b *testing.B) {
			var hub, plain load
			for b.Loop() {
				// Short turns: whatever else runs on the machine falls on both alike.
				plain.add(bare.press(b, conns, benchTurn))
				hub.add(ours.press(b, conns, benchTurn))
			}
			b.ReportMetric(0, "ns/op") // of a turn, which says nothing
			b.ReportMetric(hub.rate(), "tokens/s")
			b.ReportMetric(plain.rate(), "bare/s")
			b.ReportMetric(100*hub.rate()/plain.rate(), "%ofbare")
			b.ReportMetric(hub.each(), "cpu-µs")
			b.ReportMetric(plain.each(), "bare-cpu-µs")
			b.ReportMetric(hub.quantile(0.50), "p50-ms")
			b.ReportMetric(hub.quantile(0.99), "p99-ms")
			b.ReportMetric(plain.quantile(0.50), "bare-p50-ms")
			b.ReportMetric(plain.quantile(0.99), "bare-p99-ms")
		})
	}
}

const benchTurn = 250 * time.Millisecond

// child is a server in a process of its own.
type child struct {
	addr string
	form string
	in   io.Writer     // a line asks for the CPU time that it has used
	out  *bufio.Reader // where it says so, in nanoseconds
}

func startChild(b *testing.B, kind string) *child {
	b.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(b.Context()), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), benchChild+"="+kind)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(b, err)
	out, err := cmd.StdoutPipe()
	must(b, err)
	must(b, cmd.Start())
	b.Cleanup(func() {
		_ = in.Close() // it ends with its standard input
		_ = cmd.Wait()
	})
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		b.Fatalf("the %s server did not start: %v", kind, err)
	}
	addr, form, _ := strings.Cut(strings.TrimSpace(line), " ")
	return &child{addr, form, in, lines}
}

// used is the CPU time that the server has used.
func (c *child) used(b *testing.B) time.Duration {
	b.Helper()
	_, err := io.WriteString(c.in, "\n")
	must(b, err)
	line, err := c.out.ReadString('\n')
	must(b, err)
	nanos, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	must(b, err)
	return time.Duration(nanos)
}

// pin binds this process to one core, where the system can, and returns how to undo it.
func pin(first, last int) func() {
	var was, set unix.CPUSet
	if unix.SchedGetaffinity(0, &was) != nil {
		return func() {}
	}
	set.Set(first)
	if last > 1 { // load may use what the server does not
		for i := first; i < last; i++ {
			set.Set(i)
		}
	}
	apply(&set)
	return func() { apply(&was) }
}

// apply binds every thread of this process; later ones inherit it.
func apply(set *unix.CPUSet) {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, t := range tasks {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = unix.SchedSetaffinity(id, set) // a thread that ended meanwhile
		}
	}
}

// load is what came of pressing.
type load struct {
	took  time.Duration
	lats  []time.Duration
	count int
	cpu   time.Duration // of the server
}

func (l *load) add(o load) {
	l.took += o.took
	l.count += o.count
	l.cpu += o.cpu
	l.lats = append(l.lats, o.lats...)
}

func (l *load) rate() float64 { return float64(l.count) / l.took.Seconds() }

func (l *load) quantile(q float64) float64 {
	slices.Sort(l.lats)
	if len(l.lats) == 0 {
		return 0
	}
	return l.lats[int(q*float64(len(l.lats)-1))].Seconds() * 1000
}

// each is the server's CPU time for one token, in µs.
func (l *load) each() float64 { return float64(l.cpu.Nanoseconds()) / 1000 / float64(l.count) }

// press asks for tokens on conns connections for a while. The client is as small as it
// can be, because on two cores it is what may end up being measured.
func (c *child) press(b *testing.B, conns int, during time.Duration) load {
	b.Helper()
	request := fmt.Appendf(nil, "POST /oauth2/token HTTP/1.1\r\nHost: hub\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(c.form), c.form)
	var all load
	var mu sync.Mutex
	var group sync.WaitGroup
	var failed atomic.Pointer[string]
	before, began := c.used(b), time.Now()
	for range conns {
		group.Go(func() {
			got, err := c.one(request, began.Add(during))
			if err != nil {
				text := err.Error()
				failed.Store(&text)
			}
			mu.Lock()
			defer mu.Unlock()
			all.add(got)
		})
	}
	group.Wait()
	all.took, all.cpu = time.Since(began), c.used(b)-before
	if text := failed.Load(); text != nil {
		b.Fatal(*text)
	}
	return all
}

func (c *child) one(request []byte, end time.Time) (load, error) {
	var l load
	conn, err := net.Dial("tcp", c.addr)
	if err != nil {
		return l, err
	}
	defer conn.Close()
	r := bufio.NewReaderSize(conn, 8<<10)
	for at := time.Now(); at.Before(end); {
		if _, err := conn.Write(request); err != nil {
			return l, err
		}
		if err := readOK(r); err != nil {
			return l, err
		}
		done := time.Now()
		l.lats = append(l.lats, done.Sub(at))
		l.count++
		at = done
	}
	return l, nil
}

// readOK reads one answer with a Content-Length and refuses any but 200.
func readOK(r *bufio.Reader) error {
	length := -1
	for i := 0; ; i++ {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		switch {
		case i == 0 && !strings.HasPrefix(string(line), "HTTP/1.1 200"):
			return fmt.Errorf("answered %q", line)
		case len(line) <= 2:
			if length < 0 {
				return fmt.Errorf("an answer without a length")
			}
			_, err := r.Discard(length)
			return err
		case len(line) > 16 && strings.EqualFold(string(line[:15]), "Content-Length:"):
			if length, err = strconv.Atoi(strings.TrimSpace(string(line[15:]))); err != nil {
				return err
			}
		}
	}
}

// serveForBench is the process that serves. It writes its address and a form that gets
// a token, and ends with its standard input.
func serveForBench() int {
	runtime.GOMAXPROCS(1)
	pin(runtime.NumCPU()-1, 0)
	start := serveBare
	if os.Getenv(benchChild) == "hub" {
		start = serveHub
	}
	stop, err := start()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		var u unix.Rusage
		if unix.Getrusage(unix.RUSAGE_SELF, &u) == nil {
			fmt.Println(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	stop()
	return 0
}

// serveHub serves the hub as `ferry serve` does, the access log going to a file.
func serveHub() (stop func(), err error) {
	dir, err := scratch.New("ferry-serve-bench")
	if err != nil {
		return nil, err
	}
	ctx, path := context.Background(), filepath.Join(dir.Path, "ferry.db")
	key, err := seal.NewIdentity(filepath.Join(dir.Path, "identity"))
	if err != nil {
		return nil, err
	}
	id, at := model.NewID(time.Now()), time.Now()
	st, err := storage.Create(ctx, path, []seal.NewSlot{{Key: key}}, func(tx model.Tx) error {
		return spaces.First(tx, id, at, modeltest.Alice)
	})
	if err != nil {
		return nil, err
	}
	h, err := hub.New(ctx, hub.Ports{Store: st, Digest: st.KeyDigest, Now: time.Now, NewID: model.NewID, Actor: modeltest.Alice}, "")
	if err != nil {
		return nil, err
	}
	u, err := h.Users.Create(h.Context(ctx), h.Space, apiusers.Draft{
		Username: "robot", OAuth: true, TTL: 10 * time.Minute, Permissions: []string{"clients:view", "apiUsers:view"},
	}, "")
	if err != nil {
		return nil, err
	}
	secret, err := h.Keys.Generate(h.Context(ctx), h.Space, u.ID, keys.Request{}, "")
	if err != nil {
		return nil, err
	}
	access, err := os.Create(filepath.Join(dir.Path, "access.log"))
	if err != nil {
		return nil, err
	}
	s, err := Start(ctx, Options{
		Hub: h, Digest: h.Digest, Config: model.ServeConfig{Listen: "127.0.0.1:0"}, AdminSocket: Socket(path), AccessLog: access,
	})
	if err != nil {
		return nil, err
	}
	fmt.Println(strings.TrimPrefix(s.URL(), "http://"), grant(secret))
	return func() { _, _, _ = s.Close(), access.Close(), dir.Remove() }, nil
}

// serveBare serves the least that a token endpoint can be.
func serveBare() (stop func(), err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	srv := &http.Server{Handler: bareHandler(key), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = srv.Serve(l) }()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"robot"}, "client_secret": {"ferry_k" + strings.Repeat("x", 75)}}
	fmt.Println(l.Addr(), form.Encode())
	return func() { _ = srv.Close() }, nil
}

// bareClaims are the claims of the hub's tokens.
type bareClaims struct {
	Iss    string `json:"iss"`
	Sub    string `json:"sub"`
	Aud    string `json:"aud"`
	Client string `json:"client_id"`
	Iat    int64  `json:"iat"`
	Exp    int64  `json:"exp"`
	ID     string `json:"jti"`
	Scope  string `json:"scope"`
	Space  string `json:"space"`
	Key    string `json:"key"`
}

type bareAnswer struct {
	Token   string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires int    `json:"expires_in"`
	Scope   string `json:"scope"`
}

const bareID = "0123456789abcdefghjkmnpqrs"

func bareHandler(key *ecdsa.PrivateKey) http.HandlerFunc {
	b64 := base64.RawURLEncoding
	header := b64.EncodeToString([]byte(`{"alg":"ES256","typ":"at+jwt","kid":"` + bareID + `"}`))
	return func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.PostForm.Get("grant_type") != "client_credentials" {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		now, client := time.Now().Unix(), r.PostForm.Get("client_id")
		claims, err := json.Marshal(bareClaims{
			"http://127.0.0.1:8080", client, "http://127.0.0.1:8080", client, now, now + 600, bareID,
			"apiUsers:view clients:view", "default", bareID,
		})
		if err != nil {
			panic(err)
		}
		text := header + "." + b64.EncodeToString(claims)
		digest := sha256.Sum256([]byte(text))
		x, y, err := ecdsa.Sign(rand.Reader, key, digest[:])
		if err != nil {
			panic(err)
		}
		var sig [64]byte
		x.FillBytes(sig[:32])
		y.FillBytes(sig[32:])
		body, err := json.Marshal(bareAnswer{text + "." + b64.EncodeToString(sig[:]), "Bearer", 600, "apiUsers:view clients:view"})
		if err != nil {
			panic(err)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(body)
	}
}
