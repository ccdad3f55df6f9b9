//go:build e2e

package transfers

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"ferry/ui/uitest/place"
)

// feedVariable turns this test binary into a source of records of its own, so that what it
// costs is not counted for whoever reads it.
const feedVariable = "FERRY_E2E_FEED"

// feedLife bounds how long a source lives when nobody ends it.
const feedLife = 4 * time.Minute

// The records of a feed: an id of eight digits and a rest that makes about 300 bytes.
const (
	recordHead = `{"id":"`
	recordTail = `","name":"Steel bracket, galvanised","description":"A bracket of 40 by 60 millimetres for shelves of up to 25 kilograms, with four countersunk holes and two screws in the box.","price":{"amount":12.75,"currency":"EUR"},"stock":4711,"active":true,"tags":["steel","shelf","indoor"],"updatedAt":"2026-01-05T08:00:00Z"}`
)

// feed is how a source divides its records: /records?page=N, from 1.
type feed struct{ pages, size int }

// page appends the body of page n, the place of the next page in it.
func (f feed) page(dst []byte, n int) []byte {
	dst = append(dst, `{"items":[`...)
	for i := range f.size {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, recordHead...)
		id := (n-1)*f.size + i
		var digits [8]byte
		for at := len(digits) - 1; at >= 0; at-- {
			digits[at] = byte('0' + id%10)
			id /= 10
		}
		dst = append(append(dst, digits[:]...), recordTail...)
	}
	dst = append(dst, `],"next":`...)
	if n < f.pages {
		return fmt.Appendf(dst, `"/records?page=%d"}`, n+1)
	}
	return append(dst, `null}`...)
}

// lines is the whole feed as NDJSON.
func (f feed) lines() []byte {
	var out bytes.Buffer
	for i := range f.pages * f.size {
		out.WriteString(f.line(i) + "\n")
	}
	return out.Bytes()
}

// line is the record of one number, from 0.
func (feed) line(i int) string { return fmt.Sprintf("%s%08d%s", recordHead, i, recordTail) }

// ServeHTTP answers a page after the time that ?wait= asks for.
func (f feed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		n = 1
	}
	if n < 1 || n > f.pages {
		http.Error(w, "there is no such page", http.StatusNotFound)
		return
	}
	body := f.page(make([]byte, 0, f.size*(len(recordHead)+len(recordTail)+9)+100), n)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // whoever asked may have been killed
}

// serveFeed is the source's own process: "pages size".
func serveFeed(spec string) int {
	var f feed
	if _, err := fmt.Sscanf(spec, "%d %d", &f.pages, &f.size); err != nil {
		return 2
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 1
	}
	fmt.Println("http://" + l.Addr().String())
	server := &http.Server{Handler: f, ReadHeaderTimeout: place.Patience}
	time.AfterFunc(feedLife, func() { _ = server.Close() })
	_ = server.Serve(l)
	return 0
}

// feedProcess starts a source in a process of its own and returns its URL.
func feedProcess(t *testing.T, f feed) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d", feedVariable, f.pages, f.size))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}
