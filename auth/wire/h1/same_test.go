package h1

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever a server says, it is what the transport of net/http makes of it: the same status,
// headers, body and trailers, or both fail.
func TestAnswersAreThoseOfTheTransport(t *testing.T) {
	var answer []string
	s := serve(t, func(c net.Conn, _ *http.Request) bool {
		for _, piece := range answer {
			if _, err := io.WriteString(c, piece); err != nil {
				return false
			}
		}
		return false
	})
	h := to(t, s)
	h.MaxIdle = 0 // a connection that is closed without a word may be used once more
	other := &http.Transport{
		DisableCompression: true, DisableKeepAlives: true, MaxResponseHeaderBytes: h.MaxHeader, ResponseHeaderTimeout: h.FirstByte,
	}
	rapid.Check(t, func(rt *rapid.T) {
		text := anAnswer(rt)
		cut := rapid.IntRange(0, len(text)).Draw(rt, "written in two pieces, cut at")
		answer = []string{text[:cut], text[cut:]}
		method := rapid.SampledFrom([]string{"GET", "HEAD", "PATCH"}).Draw(rt, "method")
		ours := request(t, t.Context(), method, "")
		theirs := ours.Clone(t.Context())
		theirs.URL.Host = s.addr
		a, b := ask(h, ours), ask(other, theirs)
		if (a.err == nil) != (b.err == nil) {
			rt.Fatalf("%q: %v, and of the transport %v", text, a.err, b.err)
		}
		if b.header != nil {
			b.header.Del("Connection") // the transport was told to say so
			a.header.Del("Connection")
		}
		if a.status != b.status || a.body != b.body || !maps.EqualFunc(a.header, b.header, slices.Equal) || !maps.EqualFunc(a.trailer, b.trailer, slices.Equal) {
			rt.Fatalf("%q:\n%+v, and of the transport\n%+v", text, a, b)
		}
	})
}

// anAnswer draws what a server may say, correct or not.
func anAnswer(t *rapid.T) string {
	var b strings.Builder
	for range rapid.IntRange(0, 6).Draw(t, "informational") {
		b.WriteString(rapid.SampledFrom([]string{"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"}).Draw(t, "before"))
	}
	status := rapid.SampledFrom([]int{200, 200, 201, 204, 301, 304, 400, 401, 500, 503}).Draw(t, "status")
	fmt.Fprintf(&b, "%s %d %s\r\n", rapid.SampledFrom([]string{"HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2", "SSH"}).Draw(t, "version"), status, http.StatusText(status))
	for range rapid.IntRange(0, 4).Draw(t, "headers") {
		b.WriteString(rapid.SampledFrom([]string{
			"ETag: \"1\"\r\n", "Set-Cookie: a=b\r\n", "Set-Cookie: c=d\r\n", "X-Long: " + strings.Repeat("y", 5000) + "\r\n", "x_y:z\r\n",
			" folded\r\n", "Connection: keep-alive\r\n", "Connection: close\r\n", "No colon\r\n", "Bad Name: x\r\n", "Trailer: Sum\r\n",
		}).Draw(t, "header"))
	}
	body := strings.Repeat("b", rapid.SampledFrom([]int{0, 1, 100, 9000}).Draw(t, "length"))
	switch rapid.IntRange(0, 5).Draw(t, "framing") {
	case 0:
		fmt.Fprintf(&b, "\r\n%s", body) // to the end of the connection
	case 1:
		fmt.Fprintf(&b, "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\nSum: 1\r\n\r\n", len(body)+1, body+"c")
	case 2:
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body)+1, body) // it breaks off
	case 3:
		fmt.Fprintf(&b, "Content-Length: %d\r\nContent-Length: %d\r\n\r\n%s", len(body), rapid.IntRange(0, 1).Draw(t, "other")+len(body), body)
	case 4:
		fmt.Fprintf(&b, "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body)+1, body+"c")
	default:
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	}
	return b.String()
}

// The head of an answer has an end, and what is said before it too.
func TestAHeadWithoutEnd(t *testing.T) {
	for name, endless := range map[string]string{
		"headers": "X-More: " + strings.Repeat("x", 1000) + "\r\n",
		"line":    strings.Repeat("x", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(c net.Conn, _ *http.Request) bool {
				_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nX: ")
				for err == nil {
					_, err = io.WriteString(c, endless)
				}
				return false
			})
			if g := ask(to(t, s), request(t, t.Context(), http.MethodGet, "")); g.err == nil || !strings.Contains(g.err.Error(), "server response headers exceeded 65536 bytes") {
				t.Errorf("%v", g.err)
			}
		})
	}
	s := serve(t, func(c net.Conn, _ *http.Request) bool {
		var err error
		for err == nil {
			_, err = io.WriteString(c, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
		}
		return false
	})
	hints := 0
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
		if code == http.StatusEarlyHints && h.Get("Link") == "</a>" {
			hints++
		}
		return nil
	}})
	if g := ask(to(t, s), request(t, ctx, http.MethodGet, "")); g.err == nil || !strings.Contains(g.err.Error(), "exceeded 65536 bytes") || hints < 1000 || hints > 65536/40 {
		t.Errorf("%v after %d hints", g.err, hints)
	}
}

// BenchmarkExchange is one exchange after another over loopback, beside the transport.
func BenchmarkExchange(b *testing.B) {
	s := says(b, ok(strings.Repeat("x", 1024)))
	for name, rt := range map[string]http.RoundTripper{"h1": to(b, s), "transport": &http.Transport{DisableCompression: true, IdleConnTimeout: time.Second}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := request(b, b.Context(), http.MethodGet, "")
				r.URL.Host = s.addr
				if g := ask(rt, r); g.err != nil {
					b.Fatal(g.err)
				}
			}
		})
	}
}

// What is written of a request is what net/http writes of it.
func TestRequestsAreThoseOfNetHTTP(t *testing.T) {
	read := func(t *rapid.T, write func(*bufio.Writer) error) (*http.Request, error) {
		var b bytes.Buffer
		w := bufio.NewWriter(&b)
		if err := errors.Join(write(w), w.Flush()); err != nil {
			return nil, err
		}
		in := bufio.NewReader(&b)
		r, err := http.ReadRequest(in)
		if behind, _ := io.ReadAll(in); err == nil && len(behind) > 0 {
			t.Fatalf("something comes behind it: %q", behind)
		}
		return r, err
	}
	text := rapid.OneOf(rapid.StringMatching(`[ -~]{0,30}`), rapid.StringMatching("[a-c \t\r\n:é]{0,12}"))
	rapid.Check(t, func(rt *rapid.T) {
		r := request(t, t.Context(), rapid.SampledFrom([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"}).Draw(rt, "method"), "")
		r.Host = ""
		r.URL = &url.URL{Scheme: "http", Host: "upstream.example:8080", Path: rapid.StringMatching(`/[a-z/%é]{0,8}`).Draw(rt, "path"), RawQuery: text.Draw(rt, "query")}
		r.Header = rapid.MapOfN(rapid.SampledFrom([]string{
			"Accept", "Authorization", "X-Api-Key", "x-low", "Bad Name", "Bad:Name", "Content-Length", "Transfer-Encoding", "Host", "Trailer", "Cookie", "X_Under",
		}), rapid.SliceOfN(text, 0, 3), 0, 8).Draw(rt, "headers")
		r.Header["User-Agent"] = []string{text.Draw(rt, "agent")}
		if !isBare(r) {
			rt.Fatal("it is no bare request")
		}
		ours, err := read(rt, func(w *bufio.Writer) error { return writeBare(w, r) })
		theirs, theirErr := read(rt, func(w *bufio.Writer) error { return r.Write(w) })
		if (err == nil) != (theirErr == nil) {
			rt.Fatalf("%v, and of net/http %v", err, theirErr)
		}
		if err != nil {
			return
		}
		if ours.Method != theirs.Method || ours.RequestURI != theirs.RequestURI || ours.Host != theirs.Host || ours.ContentLength != theirs.ContentLength ||
			!maps.EqualFunc(ours.Header, theirs.Header, slices.Equal) {
			rt.Fatalf("%+v, and of net/http %+v", ours, theirs)
		}
	})
}
