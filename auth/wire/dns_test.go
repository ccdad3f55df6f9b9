package wire

import (
	"context"
	"net"
	"sync"
	"testing"

	"ferry/model"
)

// nameServer answers every question with this response code, or never with -1.
func nameServer(t *testing.T, rcode int) *net.Resolver {
	t.Helper()
	return resolving(t, func(q []byte) []byte {
		if rcode < 0 {
			return nil
		}
		q[2] |= 0x80 // this is a response
		q[3] = q[3]&0xf0 | byte(rcode)
		// Only the question is echoed, not the additional records.
		q[10], q[11] = 0, 0
		end := 12
		for q[end] != 0 {
			end += int(q[end]) + 1
		}
		return q[:end+5]
	})
}

// resolving asks a name server that answers each question with what reply makes of it; nil
// is no answer.
func resolving(t *testing.T, reply func(q []byte) []byte) *net.Resolver {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer := reply(append([]byte(nil), buf[:n]...)); answer != nil {
				_, _ = pc.WriteTo(answer, from)
			}
		}
	}()
	// A look-up outlives the dial that gave it up, until its own connection ends.
	var (
		mu    sync.Mutex
		open  []net.Conn
		ended bool
	)
	t.Cleanup(func() {
		mu.Lock()
		ended = true
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		_ = pc.Close()
		<-done
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		if ended {
			return nil, net.ErrClosed
		}
		c, err := (&net.Dialer{}).DialContext(ctx, "udp", pc.LocalAddr().String())
		if err == nil {
			open = append(open, c)
		}
		return c, err
	}}
}

// CASES: DNS failure.
func TestDNSFailure(t *testing.T) {
	for name, tc := range map[string]struct {
		rcode int
		want  failure
	}{
		"no such host":         {3, failure{model.EUnreachable, `there is no host called "no-such.example"`, "while looking up the host"}},
		"server failure":       {2, failure{model.EUnreachable, `no-such.example`, "while looking up the host"}},
		"no answer from there": {-1, failure{model.ETimeout, "", "while looking up the host"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := NewPool(quick)
			defer p.Close()
			p.resolver, p.direct = nameServer(t, tc.rcode), true
			c := testClient("https://no-such.example")
			_, rec, err := getFrom(t, context.Background(), p, c, "https://no-such.example/", nil)
			tc.want.check(t, rec, err)
		})
	}
}
