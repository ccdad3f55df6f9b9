package sandbox

import (
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"ferry/model"
)

// Flaky makes some requests to the feeds fail, as real systems do: with 503 or 429, or by
// cutting the connection; before anything was done, or after, so that the caller cannot
// know. Token endpoints never fail.
type Flaky struct {
	Share float64 // of the requests, from 0 to 1
	Below string  // only those whose path begins so; "" means all of them
	Seed  uint64  // the same seed fails the same requests, as long as they come one by one
	// RetryAfter is what a 503 and a 429 ask for, in whole seconds; 0 says nothing.
	RetryAfter time.Duration
	// Kinds are the ways to fail, each as often as the others; nil means all of them.
	Kinds []FailureKind
}

// FailureKind is a way to fail.
type FailureKind string

// The ways to fail.
const (
	FailUnavailable FailureKind = "503"             // nothing was done
	FailThrottled   FailureKind = "429"             // nothing was done
	FailReset       FailureKind = "reset"           // cut off, and nothing was done
	FailLate        FailureKind = "503 when done"   // it was done, and the answer says that it was not
	FailLost        FailureKind = "reset when done" // it was done, and no answer comes
)

var failures = []FailureKind{FailUnavailable, FailThrottled, FailReset, FailLate, FailLost}

// check refuses what cannot be.
func (f *Flaky) check() error {
	if ok := f.Share >= 0 && f.Share <= 1; !ok { // a number that is none is neither
		return model.Errorf(model.EInvalid, "a share is a number from 0 to 1").WithField("flaky").WithNext("give 0.1 for one request in ten")
	}
	return nil
}

// trouble decides which requests fail. It can be changed while the sandbox runs.
type trouble struct {
	mu    sync.Mutex
	now   Flaky
	dice  *rand.Rand
	count map[FailureKind]int
}

func newTrouble(f Flaky) *trouble {
	t := &trouble{count: map[FailureKind]int{}}
	t.set(f)
	return t
}

func (t *trouble) set(f Flaky) {
	if len(f.Kinds) == 0 {
		f.Kinds = failures
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now, t.dice = f, rand.New(rand.NewPCG(f.Seed, f.Seed)) //nolint:gosec // which requests fail is no secret
}

// pick returns how a request fails, "" when it does not.
func (t *trouble) pick(path string) (kind FailureKind, after time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now.Share == 0 || !strings.HasPrefix(path, t.now.Below) || t.dice.Float64() >= t.now.Share {
		return "", 0
	}
	kind = t.now.Kinds[t.dice.IntN(len(t.now.Kinds))]
	t.count[kind]++
	return kind, t.now.RetryAfter
}

// wrap lets some of the requests to next fail.
func (t *trouble) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, after := t.pick(r.URL.Path)
		if after > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(after.Round(time.Second)/time.Second)))
		}
		switch kind {
		case "":
			w.Header().Del("Retry-After")
			next.ServeHTTP(w, r)
		case FailUnavailable:
			refuse(w, http.StatusServiceUnavailable, "the sandbox was told to fail now and then")
		case FailThrottled:
			refuse(w, http.StatusTooManyRequests, "the sandbox was told to fail now and then")
		case FailLate:
			next.ServeHTTP(&recorder{header: http.Header{}}, r)
			refuse(w, http.StatusServiceUnavailable, "the sandbox was told to fail now and then")
		case FailLost:
			next.ServeHTTP(&recorder{header: http.Header{}}, r)
			panic(http.ErrAbortHandler) // cuts the connection
		default:
			_, _ = io.Copy(io.Discard, r.Body) // read before it is cut, so that it is not the writing that fails
			panic(http.ErrAbortHandler)
		}
	})
}

func (t *trouble) read() map[FailureKind]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[FailureKind]int{}
	for kind, n := range t.count {
		out[kind] = n
	}
	return out
}

// Fail makes requests fail from now on as f says; the zero Flaky ends that. EInvalid for a
// share that cannot be.
func (s *Server) Fail(f Flaky) error {
	if err := f.check(); err != nil {
		return err
	}
	s.system.trouble.set(f)
	return nil
}
