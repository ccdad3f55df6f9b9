package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"ferry/model"
)

// Target names what a request goes to, for messages.
type Target struct {
	What string // `the token endpoint of "analytics"`
	Flag string // what sets its URL: "--token-url URL"
}

// String names the target without its host.
func (t Target) String() string { return t.What }

// At returns the target with the host, as messages name it.
func (t Target) At(host string) string { return t.What + " (" + model.Printable(host) + ")" }

var errSwitched = errors.New("malformed HTTP: 101 without an Upgrade")

var errTooLong = errors.New("the body is longer than ferry reads")

// explained is an error for a person, and the same in short for the record.
type explained struct {
	*model.Error
	why string
}

// finding is what one kind of network failure means to a person.
type finding struct {
	code model.Code
	why  string
	next string
}

// verbs open the message for a code.
var verbs = map[model.Code]string{
	model.EUnreachable: "could not be reached",
	model.ETimeout:     "did not answer in time",
	model.EInterrupted: "was not waited for",
	model.EUpstream:    "answered with what ferry does not accept",
	model.EInternal:    "answered, but the answer could not be kept",
}

// explainer looks at one failure from several sides.
type explainer struct {
	pool     *Pool
	ctx      context.Context
	err      error
	at       stage
	asked    bool // for a client certificate
	gave     bool // one
	client   *model.Client
	flag     string
	host     string // of the URL, without the port
	limit    int64
	left     bool
	settings *settings
}

func (o *outgoing) explainer(ctx context.Context, err error) *explainer {
	tr, c := o.record.trace, o.call
	return &explainer{
		pool: o.pool, ctx: ctx, err: err, at: tr.stage(), asked: tr.wantsCertificate.Load(), gave: tr.gaveCertificate.Load(),
		client: c.Client, flag: c.Target.Flag, host: c.Request.URL.Hostname(), limit: c.Limit, left: c.Left, settings: o.settings,
	}
}

// explain turns a failure of the network into what failed, where in the exchange, and
// what to try next. It never quotes the failure's own text unmasked.
func (x *explainer) explain(c Call, read int64) explained {
	red := RedactorFor(c.Client, append(c.Secrets, bearer(c.Request))...)
	x.settings.route.hide(red)
	f := x.find()
	if f.why == "" {
		f = finding{model.EUnreachable, red.Line(innermost(x.err).Error(), 200), "try again; if it stays, look at the server's own log"}
	}
	verb := verbs[f.code]
	switch {
	case x.at == stageQueue && f.code != model.EInterrupted:
		verb = "was not called"
	case x.at == stageBody && f.code == model.EUnreachable:
		verb = "broke off its answer"
		f.why = fmt.Sprintf("%s after %d bytes of the body", f.why, read)
	}
	f.why += ", " + string(x.at)
	e := model.Errorf(f.code, "%s %s: %s", c.Target.At(c.Request.URL.Host), verb, f.why)
	e.Next = f.next
	return explained{e.WithCause(causeOf(x.err, red)), f.why}
}

// causeOf keeps what errors.Is may ask for and masks the rest, because the text goes
// to the log and may quote the peer.
func causeOf(err error, red *Redactor) error {
	var t *turnError
	if errors.As(err, &t) {
		return t
	}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, syscall.EPIPE} {
		if errors.Is(err, known) {
			return known
		}
	}
	return errors.New(red.Line(err.Error(), 500))
}

// bearer is the credential that a request carries.
func bearer(r *http.Request) model.Secret {
	_, cred, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return model.NewSecret(cred)
}

func (x *explainer) find() finding {
	for _, look := range []func() finding{x.turn, x.cancelled, x.limits, x.guarding, x.proxy, x.dns, x.certificate, x.handshake, x.slow, x.socket, x.protocol} {
		if f := look(); f.why != "" {
			return f
		}
	}
	return finding{}
}

// update is the command that changes the client.
func (x *explainer) update(flag string) string {
	return "ferry client update " + model.Printable(x.client.Name) + " " + flag
}

func (x *explainer) cancelled() finding {
	switch {
	case x.ctx.Err() == nil:
		return finding{}
	case errors.Is(context.Cause(x.ctx), errTotal):
		return finding{model.ETimeout, "the exchange took longer than " + brief(x.pool.total(x.client)) + " in all", "try again, or allow more: " + x.update("--timeout 60s")}
	case errors.Is(context.Cause(x.ctx), errDrip):
		return finding{model.ETimeout, fmt.Sprintf("less than %d KiB came in %s", flowing>>10, brief(x.pool.total(x.client))), "try again, or allow more: " + x.update("--timeout 60s")}
	case errors.Is(x.ctx.Err(), context.DeadlineExceeded):
		return finding{model.ETimeout, "the time was over", "try again"}
	}
	return finding{model.EInterrupted, "interrupted", ""}
}

// brief writes a duration without needless zero parts.
func brief(d time.Duration) string {
	if d >= time.Second && d%time.Second == 0 && d < time.Minute {
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return d.String()
}

func (x *explainer) limits() finding {
	var sink *sinkError
	switch {
	case errors.As(x.err, &sink):
		return finding{model.EInternal, "writing the body failed: " + model.Printable(innermost(sink.err).Error()), "check the free space and the permissions of where it is written to"}
	case errors.Is(x.err, errTooLong):
		return finding{model.EUpstream, fmt.Sprintf("the body is longer than %d KiB", x.limit>>10), "check the URL: " + x.update(x.flag)}
	case errors.Is(x.err, errRatio), errors.Is(x.err, errGzip):
		return finding{model.EUpstream, x.err.Error(), "ask who runs the server; ferry does not read such a body"}
	case strings.Contains(x.err.Error(), "server response headers exceeded"), strings.Contains(x.err.Error(), "response header list larger"):
		return finding{model.EUpstream, fmt.Sprintf("the headers are longer than %d KiB", model.MaxHeaderBytes>>10), "ask who runs the server; ferry does not read such an answer"}
	}
	return finding{}
}

func (x *explainer) dns() finding {
	var e *net.DNSError
	if !errors.As(x.err, &e) {
		return finding{}
	}
	name := model.Printable(e.Name)
	switch {
	case e.IsNotFound:
		return finding{model.EUnreachable, fmt.Sprintf("there is no host called %q", name), "check the host name: " + x.update(x.flag)}
	case e.IsTimeout:
		return finding{model.ETimeout, fmt.Sprintf("the name server did not answer for %q", name), "check this machine's DNS settings (/etc/resolv.conf), then try again"}
	}
	return finding{model.EUnreachable, fmt.Sprintf("the look-up of %q failed", name), "check this machine's DNS settings (/etc/resolv.conf), then try again"}
}

func (x *explainer) slow() finding {
	var e net.Error
	if !errors.As(x.err, &e) || !e.Timeout() {
		return finding{}
	}
	l, more := x.settings.limits, ", or allow more: "+x.update("--connect-timeout 20s")
	switch x.at {
	case stageConnect, stageDNS:
		return finding{model.ETimeout, "no connection within " + brief(l.Dial), "check that the server runs, and the firewall or proxy between" + more}
	case stageTLS:
		return finding{model.ETimeout, "no TLS handshake within " + brief(l.TLS), "check that the port speaks TLS: " + x.update(x.flag) + more}
	}
	return finding{model.ETimeout, "no answer within " + brief(l.FirstByte), "try again, or allow more: " + x.update(x.more())}
}

// hungUp reports whether the other side ended the connection without a word.
func hungUp(err error) bool {
	for _, known := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, known) {
			return true
		}
	}
	// HTTP/2 has words of its own for it.
	return strings.Contains(err.Error(), "http2: client conn")
}

// more is the flag that allows more time for a first byte.
func (x *explainer) more() string {
	if x.client.Transport.FirstByte > 0 {
		return "--first-byte-timeout 60s"
	}
	return "--timeout 60s"
}

func (x *explainer) socket() finding {
	again := "try again; if it stays, look at the server's own log"
	switch {
	case x.asked && hungUp(x.err) && (x.at == stageSend || x.at == stageWait):
		return x.hungUpOnCertificate()
	case errors.Is(x.err, syscall.ECONNREFUSED):
		return finding{model.EUnreachable, "connection refused", "check that the server runs and that host and port are right: " + x.update(x.flag)}
	case errors.Is(x.err, syscall.EHOSTUNREACH), errors.Is(x.err, syscall.ENETUNREACH):
		return finding{model.EUnreachable, "there is no route to the host", "check the network or VPN of this machine"}
	case errors.Is(x.err, syscall.ECONNRESET), errors.Is(x.err, syscall.EPIPE):
		return finding{model.EUnreachable, "the connection was reset", again}
	case strings.Contains(x.err.Error(), "stream error"), strings.Contains(x.err.Error(), "GOAWAY"):
		return finding{model.EUnreachable, "the server gave the request up", again} // HTTP/2 has errors of its own
	case hungUp(x.err):
		return finding{model.EUnreachable, "the connection was closed", again}
	}
	return finding{}
}

func (x *explainer) protocol() finding {
	text := x.err.Error()
	if strings.Contains(text, "PROTOCOL_ERROR") {
		// net/http says no more than this about headers far beyond the limit.
		return finding{model.EUpstream, fmt.Sprintf("the answer breaks the rules of HTTP/2, or its headers are longer than %d KiB", model.MaxHeaderBytes>>10), "ask who runs the server; ferry does not read such an answer"}
	}
	for _, sign := range []string{"malformed HTTP", "malformed MIME", "invalid header", "bad Content-Length", "transfer encoding", "chunk", "header line too long", "multiple Content-Length", "trailer", "1xx", "http2:"} {
		if strings.Contains(text, sign) {
			return finding{model.EUpstream, "the answer is not correct HTTP", "check that host and port belong to the API: " + x.update(x.flag)}
		}
	}
	return finding{}
}

// innermost unwraps to the last cause, whose text is the shortest.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
