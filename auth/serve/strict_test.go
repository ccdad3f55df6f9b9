package serve

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// pieces is a connection whose bytes come in pieces of the given sizes, over and over.
type pieces struct {
	net.Conn
	text  []byte
	sizes []int
	reads int
}

func (c *pieces) Read(p []byte) (int, error) {
	if len(c.text) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.text[:min(len(c.text), c.sizes[c.reads%len(c.sizes)])])
	c.text = c.text[n:]
	c.reads++
	return n, nil
}

// through reads a text through a strict connection, in reads of the given sizes.
func through(text string, sizes, reads []int) (out, reason string) {
	c := newStrict(&pieces{text: []byte(text), sizes: sizes}, defaults.headerBytes, func(r string) { reason = r })
	var got bytes.Buffer
	for i := 0; ; i++ {
		p := make([]byte, reads[i%len(reads)])
		n, err := c.Read(p)
		got.Write(p[:n])
		if err != nil {
			return got.String(), reason
		}
	}
}

// cleanMessages may stand behind one another on one connection.
var cleanMessages = []string{
	"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /" + strings.Repeat("a", 6000) + " HTTP/1.1\r\nHost: x\r\nX_Odd: a:b, \"c\"\r\nEmpty:\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nGET /\n\n \n",
	"POST / HTTP/1.1\r\nhost: x\r\ncontent-length:0 \r\n\r\n",
	"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\n\r\n\n\r\n00A\r\n0123456789\r\n0\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: x\r\ntransfer-encoding: Chunked\r\n\r\n1\r\n\n\r\n0\r\nTrailer: value\r\n\r\n",
	"POST / HTTP/1.0\r\nContent-Length: 5000\r\n\r\n" + strings.Repeat("\nGET ", 1000),
	"\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
}

// unclean is what one reader takes for one thing and another for another.
var unclean = map[string]string{
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": "malformed_request",
	"GET /\r\n\r\n":                    "malformed_request",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": "length_and_coding",
	"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n": "length_and_coding",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd":               "two_lengths",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\ncontent-length: 5\r\n\r\nabcd":               "two_lengths",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 4\r\n\r\nabcd":                                 "malformed_length",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd":                                   "malformed_length",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x4\r\n\r\nabcd":                                  "malformed_length",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\nabcd":                                      "malformed_length",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9223372036854775808\r\n\r\nabcd":                  "malformed_length",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\nabcd":                                   "malformed_header",
	"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n":                     "malformed_header",
	"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n":                     "transfer_coding",
	"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n":                "transfer_coding",
	"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n":             "transfer_coding",
	"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n":  "transfer_coding",
	"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n":                  "malformed_header",
	"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n":                      "transfer_coding",
	"GET / HTTP/1.1\nHost: x\n\n":                                                           "bare_lf",
	"GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n":                                               "bare_lf",
	"GET / HTTP/1.1\r\nHost: x\r\nX: y\r\n\n":                                               "bare_lf",
	"GET / HTTP/1.1\r\nHost: x\r\nX: a\rX: b\r\n\r\n":                                       "bare_lf",
	"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n":                                       "folded_header",
	"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n\tContent-Length: 9\r\n\r\n":                      "folded_header",
	"GET / HTTP/1.1\r\n Host: x\r\n\r\n":                                                    "folded_header",
	"GET / HTTP/1.1\r\nHost: x\r\nX Y: a\r\n\r\n":                                           "malformed_header",
	"GET / HTTP/1.1\r\nHost: x\r\nX\r\n\r\n":                                                "malformed_header",
	"GET / HTTP/1.1\r\nHost: x\r\n: a\r\n\r\n":                                              "malformed_header",
	"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n":                                        "malformed_header",
	"GET / HTTP/1.1\r\nHost: x\r\n\xc3\xa9: a\r\n\r\n":                                      "malformed_header",
	"GET / HTTP/1.1\r\nHost: x\r\nhOST: y\r\n\r\n":                                          "two_hosts",
	"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\na":                  "malformed_chunk",
	"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n":                "malformed_chunk",
	"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1 \r\n":                "malformed_chunk",
	"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n": "malformed_chunk",
	"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\n\r\n":       "bare_lf",
}

// What is clean arrives byte for byte, however it is cut; what is not comes after it as the
// poison, and nothing behind that.
func TestStrict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(cleanMessages), 0, 6).Draw(t, "messages"), "")
		size := rapid.SliceOfN(rapid.SampledFrom([]int{1, 2, 3, 17, 100, 1000, 1024, 4096, 1 << 20}), 1, 5)
		sizes, reads := size.Draw(t, "sizes"), size.Draw(t, "reads")
		if got, reason := through(text, sizes, reads); got != text || reason != "" {
			t.Fatalf("%q instead of %q: %s", got, text, reason)
		}
		bad := rapid.SampledFrom(slices.Sorted(maps.Keys(unclean))).Draw(t, "unclean")
		if said := faultOf(text, bad, sizes, reads); said != "" {
			t.Fatal(said)
		}
	})
}

// faultOf says what is wrong with how an unclean message behind clean ones was taken.
func faultOf(text, bad string, sizes, reads []int) string {
	got, reason := through(text+bad+cleanMessages[0], sizes, reads)
	head, _, _ := strings.Cut(bad, "\r\n\r\n")
	// Such a fault may be found when the head is under way.
	late := unclean[bad] == "malformed_chunk" || strings.Contains(head, "chunked") && unclean[bad] == "bare_lf"
	switch {
	case reason != unclean[bad]:
		return fmt.Sprintf("%q: %q", bad, reason)
	case got != text+poison && !(late && strings.HasPrefix(text+bad, got)):
		return fmt.Sprintf("%q: handed on %q", bad, got)
	}
	return ""
}

func TestStrictRefusesEach(t *testing.T) {
	for bad := range unclean {
		for _, size := range []int{1, 50, 1 << 20} {
			if said := faultOf("", bad, []int{size}, []int{4096}); said != "" {
				t.Error(said)
			}
		}
	}
}

// A head beyond the limit goes to net/http, which says so; no more than that is held.
func TestStrictHoldsNoMoreThanAHead(t *testing.T) {
	text := "GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: y\r\n", 100_000)
	c := newStrict(&pieces{text: []byte(text), sizes: []int{1 << 20}}, 1<<10, func(r string) { t.Errorf("refused: %s", r) })
	got := make([]byte, 100)
	n, err := c.Read(got)
	if err != nil || n == 0 || !strings.HasPrefix(text, string(got[:n])) || cap(c.held) > 64<<10 {
		t.Errorf("%d %v, %d bytes held", n, err, cap(c.held))
	}
}

// BenchmarkStrict is what the check costs a request of 500 bytes.
func BenchmarkStrict(b *testing.B) {
	text := []byte("GET /gw/erp/orders/17?expand=lines HTTP/1.1\r\nHost: hub.example.com\r\nAccept: application/json\r\nUser-Agent: bench/1.0\r\n" +
		"Authorization: Bearer " + strings.Repeat("x", 350) + "\r\n\r\n")
	src := &pieces{sizes: []int{1 << 20}}
	c := newStrict(src, defaults.headerBytes, func(r string) { b.Fatal(r) })
	p := make([]byte, 4<<10)
	b.ReportAllocs()
	for b.Loop() {
		src.text = text
		if n, err := c.Read(p); n != len(text) || err != nil {
			b.Fatal(n, err)
		}
	}
}

// What is said behind a request for another protocol waits until it is known which is spoken.
func TestStrictWaitsBehindAnUpgrade(t *testing.T) {
	const ask = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n"
	for name, tc := range map[string]struct {
		then func(*strict)
		next string
		want string
	}{
		"spoken":            {func(c *strict) { c.raw.Store(true) }, "bare\nlines\n", "bare\nlines\n"},
		"refused":           {func(c *strict) { c.calm.Store(true) }, cleanMessages[0], cleanMessages[0]},
		"refused, and dirt": {func(c *strict) { c.calm.Store(true) }, "bare\nlines\n", poison},
	} {
		c := newStrict(&pieces{text: []byte(ask + tc.next), sizes: []int{1 << 20}}, 32<<10, func(string) {})
		got := make([]byte, 4096)
		n, err := c.Read(got)
		if err != nil || string(got[:n]) != ask {
			t.Fatalf("%s: %q %v", name, got[:n], err)
		}
		tc.then(c)
		if n, err = c.Read(got); err != nil || string(got[:n]) != tc.want {
			t.Errorf("%s: %q %v", name, got[:n], err)
		}
	}
}
