package wire

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"ferry/model"
)

// Record keeps one exchange as it was. Only Exchange lets it out, once every secret
// is known that it may hold: the token in an answer is known after parsing it.
type Record struct {
	at      time.Time
	client  *model.Client
	req     *http.Request
	reqBody []byte
	answer  *Answer // nil: none came
	trace   *trace
	route   route
	failure string
	notes   []string
}

// Fail notes why an answer that came is of no use. The text holds no secret.
func (r *Record) Fail(why string) {
	if r.failure == "" {
		r.failure = why
	}
}

// Timing returns the time split.
func (r *Record) Timing() model.Timing { return r.trace.timing() }

// Exchange returns the record for a person to read: secrets masked, outside text
// sanitised, bodies capped.
func (r *Record) Exchange(red *Redactor) model.Exchange {
	r.route.hide(red)
	x := model.Exchange{
		At: r.at, Method: model.Printable(r.req.Method), URL: red.Line(r.req.URL.Redacted(), 4096),
		Timing: r.trace.timing(), Failure: red.Line(r.failure, 500),
		Notes: slices.Clone(r.notes),
	}
	secret := map[string]bool{}
	for _, h := range slices.Concat(r.client.Headers, r.client.Auth.Headers) {
		if h.Secret {
			secret[http.CanonicalHeaderKey(h.Name)] = true
		}
	}
	x.RequestHeaders = red.headers(r.req.Header, secret)
	x.RequestBody, _ = red.Text(string(r.reqBody))
	if r.answer == nil {
		return x
	}
	x.Status = r.answer.Status
	x.ResponseHeaders = red.headers(r.answer.Header, secret)
	var cut bool
	x.ResponseBody, cut = red.Text(string(r.answer.Body))
	x.Truncated = cut || r.answer.Truncated || r.answer.Size > int64(len(r.answer.Body))
	return x
}

// headers returns header lines sorted by name, each value masked and sanitised.
func (r *Redactor) headers(h http.Header, secret map[string]bool) []model.Param {
	out := Sorted(h)
	for i, p := range out {
		out[i] = model.Param{Name: clip(model.Printable(p.Name), 200), Value: r.header(p.Name, p.Value, secret[p.Name])}
	}
	return out
}

// Sorted returns header lines in a stable order: by name, values as they came.
func Sorted(h http.Header) []model.Param {
	var out []model.Param
	for name, values := range h {
		for _, v := range values {
			out = append(out, model.Param{Name: name, Value: v})
		}
	}
	slices.SortStableFunc(out, func(a, b model.Param) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Unsent reports whether an exchange that failed ended before any of its request was sent,
// so that it certainly changed nothing.
func Unsent(x *model.Exchange) bool {
	for _, before := range []stage{stageQueue, stageConnect, stageProxy, stageDNS, stageTLS} {
		if x.Status == 0 && strings.HasSuffix(x.Failure, ", "+string(before)) {
			return true
		}
	}
	return false
}
