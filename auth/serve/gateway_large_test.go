package serve

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model/clients"
)

// zeros is a body that takes no memory.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// CASES Gateway: a 1 GiB upload → bounded: the memory of it is that of its buffers. The rule's
// limit is raised for it; a body beyond the limit is 413 before anything is forwarded.
func TestGatewayUploadTakesNoMemory(t *testing.T) {
	size := int64(1 << 30)
	if testing.Short() {
		size = 64 << 20
	}
	var took atomic.Int64
	k, up := newKit(t), newRecorder(t, func(w io.Writer, r *http.Request) bool {
		n, err := io.Copy(io.Discard, r.Body)
		took.Store(n)
		if err == nil {
			_, err = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		}
		return err == nil
	})
	k.reach("erp", up.url()+"/api", nil)
	k.allow("erp", 2<<30)
	k.start(nil)
	token := k.token()
	var most atomic.Uint64
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			var mem runtime.MemStats
			runtime.ReadMemStats(&mem)
			most.Store(max(most.Load(), mem.HeapAlloc))
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	for _, length := range []int64{size, -1} { // with a length, and in chunks
		req, err := http.NewRequest(http.MethodPut, k.URL()+"/gw/erp/file", io.LimitReader(zeros{}, size))
		must(t, err)
		req.ContentLength = length
		req.Header.Set("Authorization", "Bearer "+token)
		began := time.Now()
		resp, err := (&http.Client{Transport: k.http.Transport}).Do(req)
		must(t, err)
		_ = resp.Body.Close()
		if resp.StatusCode != 200 || took.Load() != size {
			t.Errorf("%d, %d bytes came", resp.StatusCode, took.Load())
		}
		t.Logf("%d MiB in %v, at most %d MiB of heap", size>>20, time.Since(began).Round(time.Millisecond), most.Load()>>20)
		size = 64 << 20 // the second is the same, shorter
	}
	close(stop)
	<-done
	// The collector lets the heap grow to twice of what is alive, other tests' leavings among it.
	if most.Load() > 2*before.HeapAlloc+64<<20 {
		t.Errorf("%d MiB of heap, and %d before", most.Load()>>20, before.HeapAlloc>>20)
	}
	_, came := up.seen()
	a := k.do("PUT", "/gw/erp/file", "short", "Authorization: Bearer "+token)
	if a.StatusCode != 200 {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	c, err := net.Dial("tcp", k.listen)
	must(t, err)
	defer c.Close()
	_, err = fmt.Fprintf(c, "PUT /gw/erp/file HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", bearer(token), int64(2<<30)+1)
	must(t, err)
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil || !strings.Contains(line, "413") {
		t.Errorf("a body beyond the limit: %q %v", line, err)
	}
	if _, n := up.seen(); n != came+1 {
		t.Errorf("%d requests came", n-came)
	}
}

// CASES Gateway: upgrade requests → bounded: not forwarded unless the client allows them; then
// both sides speak as they like until one has enough.
func TestGatewayUpgrades(t *testing.T) {
	echo := func(w io.Writer, r *http.Request) bool {
		if r.Header.Get("Upgrade") == "" {
			_, err := io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
			return err == nil
		}
		_, _ = io.WriteString(w, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello\n")
		_, _ = io.Copy(w, w.(io.Reader))
		return false
	}
	ask := func(token string) string {
		return "GET /gw/erp/socket HTTP/1.1\r\nHost: x\r\n" + bearer(token) + "Connection: upgrade\r\nUpgrade: echo\r\n\r\n"
	}
	t.Run("off", func(t *testing.T) {
		k, up := newGate(t, echo, nil)
		c, err := net.Dial("tcp", k.listen)
		must(t, err)
		defer c.Close()
		_, err = io.WriteString(c, ask(k.token()))
		must(t, err)
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil || strings.Contains(line, "101") {
			t.Errorf("%q %v", line, err)
		}
		if text, _ := up.seen(); strings.Contains(text, "Upgrade: echo") {
			t.Errorf("forwarded: %q", text)
		}
	})
	t.Run("on", func(t *testing.T) {
		k, up := newKit(t), newRecorder(t, echo)
		k.reach("erp", up.url(), func(d *clients.Draft) { d.Gateway.Upgrades = true })
		k.start(nil)
		c, err := net.Dial("tcp", k.listen)
		must(t, err)
		defer c.Close()
		must(t, c.SetDeadline(time.Now().Add(5*time.Second)))
		// What is sent at once with the request is not HTTP, whatever it looks like.
		_, err = io.WriteString(c, ask(k.token())+"bare\nlines\n")
		must(t, err)
		in := bufio.NewReader(c)
		resp, err := http.ReadResponse(in, nil)
		must(t, err)
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("%d", resp.StatusCode)
		}
		got := make([]byte, len("hello\nbare\nlines\n"))
		if _, err := io.ReadFull(in, got); err != nil || string(got) != "hello\nbare\nlines\n" {
			t.Errorf("%q %v", got, err)
		}
		_, err = io.WriteString(c, "more\n")
		must(t, err)
		if line, err := in.ReadString('\n'); err != nil || line != "more\n" {
			t.Errorf("%q %v", line, err)
		}
		_ = c.Close()
		until(t, 5*time.Second, "it is over", func() bool { return k.gateFlight.Load() == 0 })
	})
}
