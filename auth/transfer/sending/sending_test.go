package sending_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/auth/transfer/sending"
	"ferry/model"
)

func answer(status int, headers ...string) model.Response {
	r := model.Response{Status: status}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Headers = append(r.Headers, model.Param{Name: headers[i], Value: headers[i+1]})
	}
	return r
}

func TestJudge(t *testing.T) {
	for status, want := range map[int]sending.Outcome{
		200: sending.Done, 201: sending.Done, 204: sending.Done, 301: sending.Refused, 400: sending.Refused, 401: sending.Fatal, 403: sending.Refused,
		404: sending.Refused, 408: sending.Unknown, 409: sending.Refused, 412: sending.Refused, 422: sending.Refused, 425: sending.Unknown, 429: sending.Busy,
		500: sending.Unknown, 502: sending.Unknown, 503: sending.Unknown, 599: sending.Unknown,
	} {
		if got := sending.Judge(answer(status), nil); got != want {
			t.Errorf("%d: %v", status, got)
		}
	}
	for code, want := range map[model.Code]sending.Outcome{
		model.EUnreachable: sending.Unknown, model.ETimeout: sending.Unknown, model.EUpstream: sending.Unknown, model.EInvalid: sending.Refused,
		model.EDisabled: sending.Fatal, model.ENotFound: sending.Fatal, model.ERejected: sending.Fatal, model.EProtected: sending.Fatal, model.EInterrupted: sending.Fatal,
	} {
		if got := sending.Judge(model.Response{}, model.Errorf(code, "x")); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
}

func TestPauses(t *testing.T) {
	p := sending.NewPauses()
	last := time.Duration(0)
	for n := 2; ; n++ {
		d, more := p.Next(answer(502), time.Now())
		if !more {
			if n != sending.MaxAttempts+1 {
				t.Errorf("%d attempts", n-1)
			}
			break
		}
		if d < 100*time.Millisecond || d > 45*time.Second || n == 8 && last > 0 && d < 3*time.Second {
			t.Errorf("attempt %d after %s", n, d)
		}
		last = d
	}
	if d, _ := sending.NewPauses().Next(answer(429, "retry-after", "7"), time.Now()); d != 7*time.Second {
		t.Errorf("asked for 7 s, got %s", d)
	}
	if d, _ := sending.NewPauses().Next(answer(503, "Retry-After", "86400"), time.Now()); d > time.Hour {
		t.Errorf("a day: %s", d)
	}
}

func TestWait(t *testing.T) {
	stop := make(chan struct{})
	close(stop)
	if err := sending.Wait(t.Context(), stop, time.Hour); !errors.Is(err, model.ErrStopped) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sending.Wait(ctx, nil, time.Hour); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := sending.Wait(t.Context(), nil, time.Microsecond); err != nil {
		t.Error(err)
	}
}

// As many requests as the target takes: half when it asks for fewer, one more each round.
func TestLanesAdapt(t *testing.T) {
	l := sending.NewLanes(8)
	enter := func() sending.Lane {
		lane, err := l.Enter(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return lane
	}
	var round []sending.Lane
	for range 8 {
		round = append(round, enter())
	}
	for _, lane := range round { // eight answers of one round halve once
		lane.Leave(answer(429), nil)
	}
	if l.Width() != 4 || l.Most() != 8 {
		t.Errorf("width %d of %d", l.Width(), l.Most())
	}
	for range 10 {
		enter().Leave(answer(503), nil)
	}
	if l.Width() != 1 {
		t.Errorf("width %d, want 1 at least and at last", l.Width())
	}
	enter().Leave(model.Response{}, model.Errorf(model.EUnreachable, "x"))
	if l.Width() != 1 {
		t.Error("a failure widened it")
	}
	for range 100 {
		enter().Leave(answer(200), nil)
	}
	if l.Width() != 8 {
		t.Errorf("width %d, want 8", l.Width())
	}
}

func TestLanesBound(t *testing.T) {
	l := sending.NewLanes(3)
	var in, most atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			lane, err := l.Enter(t.Context(), nil)
			if err != nil {
				t.Error(err)
				return
			}
			n := in.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				continue
			}
			time.Sleep(time.Millisecond) // the request
			in.Add(-1)
			lane.Leave(answer(204), nil)
		})
	}
	all.Wait()
	if most.Load() != 3 {
		t.Errorf("%d at once", most.Load())
	}
	one := sending.NewLanes(1)
	held, err := one.Enter(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	stop, got := make(chan struct{}), make(chan error)
	go func() { _, err := one.Enter(t.Context(), stop); got <- err }()
	close(stop)
	if err := <-got; !errors.Is(err, model.ErrStopped) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := one.Enter(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	held.Leave(answer(200), nil)
	for n, want := range map[int]int{0: model.DefaultParallel, -1: model.DefaultParallel, 1000: model.MaxParallel} {
		if got := sending.NewLanes(n).Most(); got != want {
			t.Errorf("%d: %d", n, got)
		}
	}
}

type link struct{}

func (link) Client() model.Client {
	return model.Client{Name: "shop", Headers: []model.Header{{Name: "X-Api-Key", Value: model.NewSecret("s3cret-s3cret"), Secret: true}}}
}

func (link) Do(context.Context, model.Request) (model.Response, error) {
	return model.Response{}, nil
}

// A reason is one printable line of bounded length, and shows no secret.
func TestReason(t *testing.T) {
	for body, want := range map[string]string{
		`{"message":"the price\n is negative"}`:                       "422 Unprocessable Entity: the price is negative",
		`{"error":{"code":7,"message":{"lang":"de","value":"nein"}}}`: "422 Unprocessable Entity: nein",
		`{"type":"x","title":"Bad","detail":"sku is taken"}`:          "422 Unprocessable Entity: sku is taken",
		`{"errors":[{"message":"one"},{"message":"two"}]}`:            "422 Unprocessable Entity: one",
		`{"strange":1}`: `422 Unprocessable Entity: {"strange":1}`,
		"":              "422 Unprocessable Entity",
		"<html><body>x": "422 Unprocessable Entity",
		"a\u202eb\x1b[": "422 Unprocessable Entity: a<U+202E>b<U+001B>[",
	} {
		r := answer(422)
		r.Body = []byte(body)
		if got := sending.Reason(link{}, r); got != want {
			t.Errorf("%s: %s", body, got)
		}
	}
	r := answer(400)
	r.Body = []byte(`{"message":"the key s3cret-s3cret is bad, ` + strings.Repeat("ü\x1b", 500) + `"}`)
	if got := sending.Reason(link{}, r); strings.Contains(got, "s3cret") || len([]rune(got)) > sending.MaxReason {
		t.Errorf("%d characters: %s", len([]rune(got)), got)
	}
}

func TestFailure(t *testing.T) {
	gone := model.Errorf(model.EDisabled, "the client is disabled")
	if err := sending.Failure(link{}, model.Response{}, gone); !errors.Is(err, gone) {
		t.Error(err)
	}
	for status, says := range map[int]string{401: "answers 401", 503: "still answers 503 Service Unavailable after 8 attempts"} {
		err := sending.Failure(link{}, answer(status), nil)
		if e := model.AsError(err); e.Code != model.EUpstream || !strings.Contains(e.Message, says) || e.Next == "" {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestHeaders(t *testing.T) {
	got := sending.Headers([]model.Param{{Name: "Accept", Value: "own"}, {Name: "If-Match", Value: "x"}}, []model.Param{{Name: "accept", Value: "theirs"}})
	if len(got) != 2 || got[0].Value != "theirs" || got[1].Name != http.CanonicalHeaderKey("if-match") {
		t.Errorf("%v", got)
	}
}
