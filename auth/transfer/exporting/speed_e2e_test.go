//go:build e2e

package exporting

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"ferry/model"
)

// The pages of the figures: 1,000,000 records of about 300 bytes.
const (
	speedPages = 1000
	speedSize  = 1000
	speedPart  = "FERRY_TEST_SPEED"
)

// 1,000,000 records of ~300 B: records a second, the share of a raw io.Copy of the same
// pages with the same fsyncs, and the peak of memory. Source, copy and export are processes
// of their own; they run one after the other on one source, in one run of the test.
func TestSpeed(t *testing.T) {
	if part := os.Getenv(speedPart); part != "" {
		speed(t, part)
		return
	}
	source, url := helper(t, "serve")
	defer func() { _ = source.Process.Kill(); _ = source.Wait() }()
	raw := measured(t, "raw "+url)
	t.Logf("raw copy      %s", raw)
	for _, what := range []string{"ndjson", "csv", "ndjson gzip", "csv gzip one"} {
		got := measured(t, "export "+url+" "+what)
		t.Logf("%-13s %s: %.0f %% of the raw copy", what, got, 100*got.rate/raw.rate)
		if got.peak > 64<<10 {
			t.Errorf("%s took %d MiB", what, got.peak>>10)
		}
	}
}

type figure struct {
	rate float64
	peak int64 // KiB
	size int64
}

func (f figure) String() string {
	return fmt.Sprintf("%8.0f records/s, peak %d MiB, %d MB", f.rate, f.peak>>10, f.size/1e6)
}

var figureLine = regexp.MustCompile(`took (\S+) peak (\d+) size (\d+)`)

func measured(t *testing.T, part string) figure {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestSpeed$")
	cmd.Env = append(os.Environ(), speedPart+"="+part)
	out, err := cmd.CombinedOutput()
	m := figureLine.FindSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("%s: %v\n%s", part, err, out)
	}
	took, _ := strconv.ParseFloat(string(m[1]), 64)
	peak, _ := strconv.ParseInt(string(m[2]), 10, 64)
	size, _ := strconv.ParseInt(string(m[3]), 10, 64)
	return figure{rate: speedPages * speedSize / took, peak: peak, size: size}
}

// helper starts the source and returns its URL.
func helper(t *testing.T, part string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestSpeed$")
	cmd.Env = append(os.Environ(), speedPart+"="+part)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 200)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	return cmd, strings.TrimSpace(string(line[:n]))
}

func speed(t *testing.T, part string) {
	words := strings.Fields(part)
	dir := t.TempDir()
	began := time.Now()
	file := filepath.Join(dir, "out")
	switch words[0] {
	case "serve":
		serve(t)
	case "raw":
		copyPages(t, words[1], file)
	case "export":
		exportPages(t, words[1], dir, words[2:])
	}
	took := time.Since(began)
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("took %.3f peak %d size %d\n", took.Seconds(), peak(t), info.Size())
}

func peak(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// serve makes each page from one body: only the numbers differ.
func serve(t *testing.T) {
	page := map[string][]byte{"": body(","), "blanks": body(", ")}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("page"))
		n = max(n, 1)
		if r.URL.Path == "/one" {
			onePage(w, page[""])
			return
		}
		b := bytes.Clone(page[strings.Trim(r.URL.Path, "/")])
		for i := 0; ; i++ {
			at := bytes.Index(b[i:], []byte("00000000"))
			if at < 0 {
				break
			}
			i += at
			copy(b[i:], fmt.Sprintf("%08d", n*speedSize+i%speedSize))
		}
		if n < speedPages {
			w.Header().Set("Link", fmt.Sprintf(`<%s?page=%d>; rel="next"`, r.URL.Path, n+1))
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(b)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("http://%s\n", l.Addr())
	t.Fatal((&http.Server{Handler: h, ReadHeaderTimeout: time.Minute}).Serve(l))
}

// onePage is all records as one page.
func onePage(w io.Writer, b []byte) {
	for n := range speedPages {
		if n == 0 {
			_, _ = w.Write([]byte("["))
		} else {
			_, _ = w.Write([]byte(","))
		}
		_, _ = w.Write(b[1 : len(b)-1])
	}
	_, _ = w.Write([]byte("]"))
}

func body(comma string) []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	colon := strings.Replace(comma, ",", ":", 1)
	for i := range speedSize {
		if i > 0 {
			b.WriteString(comma)
		}
		rec := fmt.Sprintf(`{"id":"00000000","sku":"SKU-%05d","name":"Desk lamp, brushed %d","price":{"amount":%d.%02d,"currency":"EUR"},"stock":%d,"active":true,"tags":["new","sale"],"supplier":{"id":%d,"name":"Nordlicht GmbH"},"updated_at":"2026-03-04T05:06:07Z","description":"A lamp that stands on a desk and gives light where it is wanted."}`,
			i, i, i%400, i%100, i%977, i%37)
		if comma != "," {
			rec = strings.ReplaceAll(strings.ReplaceAll(rec, `,"`, comma+`"`), `":`, `"`+colon)
		}
		b.WriteString(rec)
	}
	b.WriteByte(']')
	return b.Bytes()
}

// copyPages writes the pages as they come, with the fsyncs of an export.
func copyPages(t *testing.T, url, file string) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	last, since := time.Now(), int64(0)
	for n := 1; n <= speedPages; n++ {
		resp, err := http.Get(fmt.Sprintf("%s/?page=%d", url, n))
		if err != nil {
			t.Fatal(err)
		}
		size, err := io.Copy(f, resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if since += size; since >= usual.bytes || time.Since(last) >= usual.every {
			if err := f.Sync(); err != nil {
				t.Fatal(err)
			}
			last, since = time.Now(), 0
		}
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func exportPages(t *testing.T, url, dir string, how []string) {
	f, path, shape := model.TransferFile{Format: model.NDJSON}, "/", ""
	for _, word := range how {
		switch word {
		case "gzip":
			f.Gzip = true
		case "blanks":
			path = "/blanks"
		case "one":
			path = "/one"
		case "jq":
			shape = "{id, sku}"
		default:
			f.Format = model.FileFormat(word)
		}
	}
	k := &kept{}
	j := job(dir, f, k)
	j.Transfer.Source.Path, j.Transfer.Shape = path, shape
	j.Source = linkTo(t, url)
	if err := (Engine{Compile: compile}).Run(context.Background(), j); err != nil {
		t.Fatal(err)
	}
	if last := k.told[len(k.told)-1]; last.Records != speedPages*speedSize {
		t.Fatalf("%+v", last)
	}
}
