package sandbox

import (
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// maxSlow is the longest that /slow waits.
const maxSlow = 60 * time.Second

// slow answers after ?ms= milliseconds, at most 60,000, or not at all when the client
// leaves or the server stops.
func slow(w http.ResponseWriter, r *http.Request) {
	ms, err := strconv.ParseInt(r.URL.Query().Get("ms"), 10, 64)
	if err != nil || ms < 0 {
		refuse(w, http.StatusBadRequest, "ms must be a number of milliseconds, as in /slow?ms=500")
		return
	}
	ms = min(ms, maxSlow.Milliseconds())
	timer := time.NewTimer(time.Duration(ms) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		reply(w, http.StatusOK, map[string]int64{"slept_ms": ms})
	case <-r.Context().Done():
		panic(http.ErrAbortHandler) // no answer, rather than an empty one that looks right
	}
}

// status answers with the status in the path.
func status(w http.ResponseWriter, r *http.Request) {
	code, err := strconv.Atoi(r.PathValue("code"))
	if err != nil || code < 200 || code > 599 {
		refuse(w, http.StatusBadRequest, "a status is a number from 200 to 599")
		return
	}
	switch code {
	case http.StatusNoContent, http.StatusResetContent, http.StatusNotModified:
		w.WriteHeader(code)
		return
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	}
	reply(w, code, map[string]any{"status": code, "text": http.StatusText(code)})
}

// redirect sends the caller to ?to=, an absolute URL or a path, with 302 or the ?code= given.
func redirect(w http.ResponseWriter, r *http.Request) {
	to, err := url.Parse(r.URL.Query().Get("to"))
	if err != nil || to.String() == "" || (to.Scheme != "" && to.Scheme != "http" && to.Scheme != "https") {
		refuse(w, http.StatusBadRequest, "to must be a URL or a path, as in /redirect?to=/echo")
		return
	}
	code := http.StatusFound
	if r.URL.Query().Has("code") {
		switch r.URL.Query().Get("code") {
		case "301", "302", "303", "307", "308":
			code, _ = strconv.Atoi(r.URL.Query().Get("code"))
		default:
			refuse(w, http.StatusBadRequest, "code must be 301, 302, 303, 307 or 308")
			return
		}
	}
	w.Header().Set("Location", to.String())
	w.WriteHeader(code)
}
