package serve

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
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
	for _, c := range []*child{ours, bare} {
		c.request = fmt.Appendf(nil, "POST /oauth2/token HTTP/1.1\r\nHost: hub\r\nContent-Type: application/x-www-form-urlencoded\r\n"+
			"Content-Length: %d\r\n\r\n%s", len(c.said), c.said)
	}
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
	addr    string
	said    string        // behind its address, when it started
	request []byte        // what it is pressed with
	in      io.Writer     // a line asks for the CPU time that it has used
	out     *bufio.Reader // where it says so, in nanoseconds
	pid     int           // of one that cannot be asked
}

func startChild(b *testing.B, kind string, env ...string) *child {
	b.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(b.Context()), os.Args[0], "-test.run=^$")
	cmd.Env = append(append(os.Environ(), benchChild+"="+kind), env...)
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
	addr, said, _ := strings.Cut(strings.TrimSpace(line), " ")
	return &child{addr: addr, said: said, in: in, out: lines}
}

// used is the CPU time that the server has used.
func (c *child) used(b *testing.B) time.Duration {
	b.Helper()
	if c.in == nil {
		return cpuOf(c.pid)
	}
	_, err := io.WriteString(c.in, "\n")
	must(b, err)
	line, err := c.out.ReadString('\n')
	must(b, err)
	nanos, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	must(b, err)
	return time.Duration(nanos)
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

// each is the server's CPU time for one request, in µs.
func (l *load) each() float64 { return float64(l.cpu.Nanoseconds()) / 1000 / float64(l.count) }

// press sends its request on conns connections for a while. The client is as small as it
// can be, because on two cores it is what may end up being measured.
func (c *child) press(b *testing.B, conns int, during time.Duration) load {
	b.Helper()
	var all load
	var mu sync.Mutex
	var group sync.WaitGroup
	var failed atomic.Pointer[string]
	before, began := c.used(b), time.Now()
	for range conns {
		group.Go(func() {
			got, err := c.one(c.request, began.Add(during))
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
