package gateway

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"ferry/auth/authority"
	"ferry/auth/problem"
	"ferry/model"
	"ferry/model/gateway"
)

// refusal is an error answer of the gateway itself. Its texts are fixed or of the model's
// making: nothing of either side is in them.
type refusal struct {
	status int
	reason gateway.Refusal // as the log names it
	detail string
	wait   time.Duration // for Retry-After; 0: none
}

// refuse answers that a rule forbids the request.
func (x *asked) refuse(f refusal) {
	if f.reason == gateway.NoPermission {
		scope := authority.Insufficient("call:" + x.at.client)
		scope.Write(headerOnly{x.w.Header()})
	}
	x.entry.Reason = string(f.reason)
	f.write(x.w, x.entry.ID)
	if x.lane != nil {
		x.lane.traffic.refuse(x.began, x.g.now().Sub(x.began), f.status)
	}
}

// challenge answers a request without a good access token (RFC 6750 §3).
func (x *asked) challenge(fault *authority.BearerError) {
	fault.Write(headerOnly{x.w.Header()})
	code := model.Code(fault.Code)
	if code == "" {
		code = model.EPermission
	}
	problem.Problem{
		Status: fault.Status, Detail: fault.Description, Code: code,
		Scope: fault.Scope, Reason: x.entry.Reason, RequestID: x.entry.ID,
	}.Write(x.w)
}

// write answers with problem+json.
func (f refusal) write(w http.ResponseWriter, id string) {
	if f.wait > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(max(1, int64(math.Ceil(f.wait.Seconds()))), 10))
	}
	problem.Problem{Status: f.status, Detail: f.detail, Code: model.Code(f.reason), Reason: string(f.reason), RequestID: id}.Write(w)
}

// ruled is the answer for a rule of the model's.
func ruled(r gateway.Refusal, wait time.Duration) refusal {
	return refusal{r.Status(), r, r.Detail(), wait}
}

// headerOnly takes the challenge of an answer and leaves the rest of it.
type headerOnly struct{ h http.Header }

func (o headerOnly) Header() http.Header       { return o.h }
func (headerOnly) Write(b []byte) (int, error) { return len(b), nil }
func (headerOnly) WriteHeader(int)             {}
