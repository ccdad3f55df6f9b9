package sandbox

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"sync"
)

// maxReplays bounds the answers that are remembered; beyond it the oldest go.
const maxReplays = 20_000

// replays remembers answers by Idempotency-Key (draft-ietf-httpapi-idempotency-key-header):
// the same key with the same request gets the same answer without doing the work
// again, with another request 422.
type replays struct {
	mu    sync.Mutex
	byKey map[[32]byte]*replay
	queue [][32]byte
}

// replay is one answer; done is closed when it is complete. A nil answer then means
// that the request was refused as malformed and the key is free again.
type replay struct {
	request [32]byte
	done    chan struct{}
	answer  *recorder
}

func newReplays() *replays { return &replays{byKey: map[[32]byte]*replay{}} }

// guard reads the body of a request that changes something, at most maxRecord bytes,
// and honours its Idempotency-Key if it has one. Each feed has replays of
// its own: a key counts within one feed.
func (p *replays) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRecord))
		if tooBig := (*http.MaxBytesError)(nil); errors.As(err, &tooBig) {
			refuse(w, http.StatusRequestEntityTooLarge, "the body is larger than 1 MiB")
			return
		}
		if err != nil {
			refuse(w, http.StatusBadRequest, "the body could not be read")
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		keys := r.Header.Values("Idempotency-Key")
		switch {
		case len(keys) == 0:
			next.ServeHTTP(w, r)
		case len(keys) > 1 || keys[0] == "" || len(keys[0]) > 255:
			refuse(w, http.StatusBadRequest, "one Idempotency-Key of 1 to 255 characters is allowed")
		default:
			p.once(w, r, keys[0], body, next)
		}
	})
}

// once does the work of a key the first time; those that come meanwhile wait for it.
func (p *replays) once(w http.ResponseWriter, r *http.Request, key string, body []byte, next http.Handler) {
	id := digest(key)
	request := digest(r.Method, r.URL.Path, string(body))
	for {
		entry, mine := p.claim(id, request)
		if entry.request != request {
			refuse(w, http.StatusUnprocessableEntity, "this Idempotency-Key was used for another request")
			return
		}
		if mine {
			p.work(w, r, id, entry, next)
			return
		}
		select {
		case <-entry.done:
		case <-r.Context().Done():
			return
		}
		if entry.answer != nil {
			w.Header().Set("Idempotent-Replayed", "true")
			entry.answer.copyTo(w)
			return
		}
	}
}

// work runs the request and remembers its answer, but not a 400: whoever mends the
// body may use the same key. A panic frees the key, so that nobody waits for ever.
func (p *replays) work(w http.ResponseWriter, r *http.Request, id [32]byte, entry *replay, next http.Handler) {
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	defer func() {
		p.mu.Lock()
		if entry.answer == nil {
			delete(p.byKey, id)
		}
		p.mu.Unlock()
		close(entry.done)
	}()
	next.ServeHTTP(rec, r)
	if rec.status != http.StatusBadRequest {
		entry.answer = rec
	}
	rec.copyTo(w)
}

// claim returns the entry of a key and whether the caller is the one to do the work.
func (p *replays) claim(id, request [32]byte) (entry *replay, mine bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if entry = p.byKey[id]; entry != nil {
		return entry, false
	}
	for len(p.queue) >= maxReplays {
		delete(p.byKey, p.queue[0])
		p.queue = p.queue[1:]
	}
	entry = &replay{request: request, done: make(chan struct{})}
	p.byKey[id] = entry
	p.queue = append(p.queue, id)
	return entry, true
}

// digest is a digest of parts that cannot run into one another.
func digest(parts ...string) [32]byte {
	h := sha256.New()
	for _, part := range parts {
		sum := sha256.Sum256([]byte(part))
		h.Write(sum[:]) // a hash never fails
	}
	return [32]byte(h.Sum(nil))
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

func (r *recorder) copyTo(w http.ResponseWriter) {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body.Bytes()) // the client may have gone
}
