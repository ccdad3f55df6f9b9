package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"sync/atomic"

	"ferry/model/gateway"
)

// maxPacked is how long a body may be that is read before it is sent, so that it can be sent
// once more after a 401.
const maxPacked = 64 << 10

var (
	errBody    = errors.New("the body of the request cannot be read")
	errTooLong = errors.New("the body of the request is too long")
)

// pack reads a short body. It has answered when it returns false.
func (f *flight) pack() bool {
	r := f.x.r
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return true
	}
	if n := r.ContentLength; n < 0 || n > maxPacked {
		return true
	}
	f.packed = make([]byte, r.ContentLength)
	if _, err := io.ReadFull(r.Body, f.packed); err != nil {
		f.fail(nil, nil, errBody)
		return false
	}
	return true
}

// load gives the outgoing request its body.
func (f *flight) load(p *httputil.ProxyRequest) {
	switch out := p.Out; {
	case f.packed != nil:
		f.unpack(out)
	case out.Body != nil:
		in := f.x.r
		for name := range out.Trailer {
			if f.target.takes(plain(name)) {
				delete(out.Trailer, name)
			}
		}
		f.body = &body{ReadCloser: out.Body, left: gateway.BodyLimit(f.x.rule), from: in.Trailer, to: out.Trailer, credential: f.x.credential()}
		_ = http.NewResponseController(f.w.ResponseWriter).EnableFullDuplex() // an upstream may answer while it reads; without it this one waits
		out.Body = f.body
		ctx, cancel := context.WithCancel(out.Context())
		f.body.stream.cancel = cancel
		f.enlist(&f.body.stream)
		p.Out = out.WithContext(ctx)
	}
}

// unpack gives the outgoing request the body that was read.
func (f *flight) unpack(out *http.Request) {
	data := f.packed
	out.Body = io.NopCloser(bytes.NewReader(data))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	out.Trailer = nil
	delete(out.Header, "Expect") // it was read: nobody waits
}

// body is a caller's body while it is sent on, cut at the limit. How long it may stand still is
// the server's to say.
type body struct {
	io.ReadCloser
	left     int64
	from, to http.Header // trailers

	credential string // that no trailer may repeat

	tooLong, broke, eof atomic.Bool

	stream stream
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1] // one more tells a body that ends here from one that does not
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) > b.left {
		b.tooLong.Store(true)
		return 0, errTooLong
	}
	b.left -= int64(n)
	switch {
	case err == io.EOF:
		b.eof.Store(true)
		for name := range b.to {
			if v := b.from[name]; !repeats(v, b.credential) {
				b.to[name] = v
			}
		}
	case err != nil:
		b.broke.Store(true)
	}
	return n, err
}

func (b *body) finished() bool { return b.eof.Load() }

// follow keeps an eye on an answer that takes its time, or may have trailers behind it.
func (f *flight) follow(resp *http.Response) error {
	switched := resp.StatusCode == http.StatusSwitchingProtocols
	long := (resp.ContentLength < 0 || resp.ContentLength > copyBuffer) && resp.Body != http.NoBody
	if switched {
		if !f.streamed(new(stream), resp.Body) {
			return errCut
		}
		return nil
	}
	if !long && resp.ContentLength >= 0 && resp.ProtoMajor == 1 {
		return nil
	}
	a := &answer{ReadCloser: resp.Body, resp: resp, f: f}
	if long && !f.streamed(&a.stream, resp.Body) {
		return errCut
	}
	resp.Body = a
	return nil
}

// answer is an upstream's body that takes its time, or may have trailers behind it.
type answer struct {
	io.ReadCloser
	resp   *http.Response
	f      *flight
	stream stream
}

// Ready reports whether some of it has come already.
func (a *answer) Ready() bool {
	r, ok := a.ReadCloser.(interface{ Ready() bool })
	return ok && r.Ready()
}

// Read implements io.Reader. At the end the trailers have come.
func (a *answer) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	if err == io.EOF {
		a.f.target.withhold(a.resp.Trailer, &a.f.client.Gateway, a.f.secrets)
	}
	return n, err
}
