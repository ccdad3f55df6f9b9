package gateway

import "net/http"

// writer is the way back to the caller.
type writer struct {
	http.ResponseWriter
	f        *flight
	status   int // of the answer; 0: none yet
	upstream int // the status that the upstream answered with
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter. Of what an upstream says before its answer only
// early hints (RFC 8297) are passed on, and only their links; 100 is said by our own server.
func (w *writer) WriteHeader(status int) {
	if status >= 200 {
		w.status = status
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if status != http.StatusEarlyHints || !w.f.x.r.ProtoAtLeast(1, 1) {
		return
	}
	h := w.Header()
	links := h["Link"]
	clear(h)
	if len(links) > 0 && !w.f.target.holds(links, w.f.secrets) {
		h["Link"] = links
		w.ResponseWriter.WriteHeader(status)
	}
}
