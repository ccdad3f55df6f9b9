package serve

import (
	"net/http"
	"strings"
	"time"

	"ferry/auth/problem"
	"ferry/model"
)

// response counts what is answered, and puts what the mux says itself into the words of
// this API (RFC 9457).
type response struct {
	http.ResponseWriter
	r       *http.Request
	status  int
	bytes   int64
	started bool // something may have been sent
	own     bool // the answer is ours: what the handler writes after it is dropped
	closing bool // the server is stopping: this connection is used no more
	code    string
	// progress moves the deadlines of a gateway's request; nil for all others.
	progress *progress
}

// Unwrap is for http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// SetReadDeadline is for http.ResponseController: see progress.fix.
func (w *response) SetReadDeadline(to time.Time) error {
	set := http.NewResponseController(w.ResponseWriter).SetReadDeadline
	if w.progress == nil {
		return set(to)
	}
	return w.progress.fix(set, to)
}

// SetWriteDeadline is for http.ResponseController: see progress.fix.
func (w *response) SetWriteDeadline(to time.Time) error {
	set := http.NewResponseController(w.ResponseWriter).SetWriteDeadline
	if w.progress == nil {
		return set(to)
	}
	return w.progress.fix(set, to)
}

// FlushError is for http.ResponseController.
func (w *response) FlushError() error {
	if w.progress != nil {
		w.progress.moveWrite()
	}
	if !w.started {
		w.WriteHeader(http.StatusOK)
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// WriteHeader implements http.ResponseWriter.
func (w *response) WriteHeader(status int) {
	if status < 200 {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if w.started {
		return
	}
	if w.r.Pattern == "" && w.progress == nil { // the mux itself speaks
		switch status {
		case http.StatusNotFound:
			w.problem(status, "not_found", noSuchPath)
			return
		case http.StatusMethodNotAllowed:
			w.problem(status, "method_not_allowed", "this path does not answer to this method")
			return
		}
	}
	w.start(status)
}

func (w *response) start(status int) {
	w.started, w.status = true, status
	if w.closing {
		w.Header().Set("Connection", "close")
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *response) Write(b []byte) (int, error) {
	if !w.started {
		w.WriteHeader(http.StatusOK)
	}
	if w.own {
		return len(b), nil
	}
	if w.progress != nil {
		n, err := w.progress.write(b)
		w.bytes += int64(n)
		return n, err
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// problem answers with an error of the server itself, in place of whatever a handler says.
func (w *response) problem(status int, code model.Code, detail string) {
	w.code, w.own = string(code), true
	problem.Problem{Status: status, Detail: detail, Code: code}.Write(ours{w})
}

// ours is the way past what holds a handler back.
type ours struct{ w *response }

func (o ours) Header() http.Header { return o.w.Header() }

func (o ours) WriteHeader(status int) { o.w.start(status) }

func (o ours) Write(b []byte) (int, error) {
	n, err := o.w.ResponseWriter.Write(b)
	o.w.bytes += int64(n)
	return n, err
}

// reason is why a request was refused when nobody said: the code of our own answer, else
// the words of its status.
func (w *response) reason() string {
	if w.code != "" {
		return w.code
	}
	return strings.ReplaceAll(strings.ToLower(http.StatusText(w.status)), " ", "_")
}
