package gateway

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strings"
	"sync"
	"time"
)

// isDirect reports whether a request streams no body and asks for no upgrade. Most do neither,
// and what ReverseProxy does for those that do is half of what it costs.
func (f *flight) isDirect() bool {
	r := f.x.r
	return (f.packed != nil || r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0) && r.Header["Upgrade"] == nil
}

// goDirect makes the exchange of such a request: the same as ReverseProxy would, with the same
// functions, of which a test holds that nobody can tell.
func (f *flight) goDirect() {
	hints := &hints{w: &f.w}
	resp, err := f.RoundTrip(f.outgoing(hints.on(f.x.r.Context())))
	hints.end()
	if err == nil {
		removeHops(resp.Header)
		if err = f.modify(resp); err != nil {
			_ = resp.Body.Close() // it is answered otherwise
		}
	}
	if err != nil {
		f.fail(nil, nil, err)
		return
	}
	h := f.w.Header()
	addAll(h, resp.Header, "")
	announced := len(resp.Trailer)
	if announced > 0 {
		names := make([]string, 0, announced)
		for name := range resp.Trailer {
			names = append(names, name)
		}
		h.Add("Trailer", strings.Join(names, ", "))
	}
	f.w.WriteHeader(resp.StatusCode)
	if err := f.carryBack(resp); err != nil {
		_ = resp.Body.Close()       // what is left of it is nobody's
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	_ = resp.Body.Close() // it was read to its end
	if len(resp.Trailer) > 0 {
		_ = http.NewResponseController(&f.w).Flush() // so that trailers may follow, however short it is
	}
	prefix := ""
	if len(resp.Trailer) != announced {
		prefix = http.TrailerPrefix
	}
	addAll(h, resp.Trailer, prefix)
}

// outgoing is the request to the upstream.
func (f *flight) outgoing(ctx context.Context) *http.Request {
	in := f.x.r
	bare := http.Request{
		Method: in.Method, URL: &url.URL{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: f.target.keep(in.Header, f.x), ContentLength: int64(len(f.packed)),
	}
	out := bare.WithContext(ctx)
	f.dress(out)
	if f.packed != nil {
		f.unpack(out)
	}
	if out.Header["User-Agent"] == nil {
		out.Header["User-Agent"] = noAgent
	}
	return out
}

// noAgent keeps net/http from naming itself.
var noAgent = []string{""}

// carryBack copies the body of an answer as it comes.
func (f *flight) carryBack(resp *http.Response) error {
	if resp.Body == http.NoBody {
		return nil
	}
	buf := shared.Get()
	defer shared.Put(buf)
	head := &late{w: &f.w}
	if r, ok := resp.Body.(interface{ Ready() bool }); !ok || !r.Ready() {
		head.begin()
	}
	for left := resp.ContentLength; ; {
		n, err := resp.Body.Read(buf)
		head.end()
		if n > 0 {
			if _, err := f.w.Write(buf[:n]); err != nil {
				return err
			}
			if left -= int64(n); err == nil && left != 0 {
				if err := http.NewResponseController(&f.w).Flush(); err != nil {
					return err
				}
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// late sends the head of an answer whose body keeps the caller waiting.
type late struct {
	w     *writer
	timer *time.Timer // nil: there is something to send with it
	mu    sync.Mutex
	over  bool
}

// headWait is how long the head waits for the beginning of the body.
const headWait = 10 * time.Millisecond

func (l *late) begin() {
	l.timer = time.AfterFunc(headWait, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if !l.over {
			_ = http.NewResponseController(l.w).Flush() // a caller that is gone shows with the body
		}
	})
}

func (l *late) end() {
	if l.timer == nil {
		return
	}
	l.timer.Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over, l.timer = true, nil
}

// addAll adds the values of one header to those of another.
func addAll(to, from http.Header, prefix string) {
	for name, values := range from {
		if prefix != "" {
			name = prefix + name
		}
		if has := to[name]; has != nil {
			values = append(has[:len(has):len(has)], values...)
		}
		to[name] = values
	}
}

// removeHops removes what an upstream says about its own connection (RFC 9110 §7.6.1).
func removeHops(h http.Header) {
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			if name = textproto.TrimString(name); name != "" {
				h.Del(name)
			}
		}
	}
	for _, name := range hops {
		delete(h, name)
	}
}

var hops = []string{
	"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// hints pass on what an upstream says before its answer. A transport may hear it on another
// goroutine, and late.
type hints struct {
	w     *writer
	trace httptrace.ClientTrace
	mu    sync.Mutex
	over  bool
}

func (e *hints) on(ctx context.Context) context.Context {
	e.trace.Got1xxResponse = e.got
	return httptrace.WithClientTrace(ctx, &e.trace)
}

func (e *hints) got(code int, header textproto.MIMEHeader) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.over {
		h := e.w.Header()
		addAll(h, http.Header(header), "")
		e.w.WriteHeader(code)
		clear(h) // net/http leaves them there
	}
	return nil
}

func (e *hints) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.over = true
}
