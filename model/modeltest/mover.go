package modeltest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"ferry/model"
)

// Script is what a job of a Mover does. Job.Keep, Job.Report, Job.Stop and the rest are the
// real ones.
type Script func(ctx context.Context, j model.Job) error

// Mover is a model.Mover that a test scripts. The jobs of the zero Mover end at once, well
// and with no record.
type Mover struct {
	mu      sync.Mutex
	script  Script
	refusal error
	plan    []model.PlannedRequest
	jobs    []model.Job
	forgot  []model.ID
}

// Play makes each later job do what script says; nil ends it at once.
func (m *Mover) Play(script Script) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.script = script
}

// Refuse makes Check fail with err; nil lets everything pass.
func (m *Mover) Refuse(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refusal = err
}

// Plan is what Preview returns from now on.
func (m *Mover) Plan(requests ...model.PlannedRequest) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.plan = requests
}

// Jobs are the jobs that began, oldest first.
func (m *Mover) Jobs() []model.Job {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]model.Job(nil), m.jobs...)
}

// Moves is the Script of a job that keeps p and faults, and ends well.
func Moves(p model.Progress, faults ...model.TransferFault) Script {
	return func(ctx context.Context, j model.Job) error {
		j.Report(p)
		return j.Keep(ctx, []byte("all"), p, faults)
	}
}

// Fails is the Script of a job that keeps p and fails with err.
func Fails(err error, p model.Progress, faults ...model.TransferFault) Script {
	return func(ctx context.Context, j model.Job) error {
		return errors.Join(j.Keep(ctx, []byte("some"), p, faults), err)
	}
}

// Hold is a job that waits to be told what to do. It ends by itself when it is stopped
// (model.ErrStopped) or its context ends.
type Hold struct {
	began chan model.Job
	steps chan step
	ended chan struct{}
}

type step struct {
	keep   bool
	p      model.Progress
	faults []model.TransferFault
	end    bool
	err    error
	done   chan error
}

// Hold makes the next jobs wait, one at a time, for what the Hold that it returns says.
func (m *Mover) Hold() *Hold {
	h := &Hold{began: make(chan model.Job, 100), steps: make(chan step), ended: make(chan struct{}, 100)}
	m.Play(h.play)
	return h
}

func (h *Hold) play(ctx context.Context, j model.Job) error {
	h.began <- j
	defer func() { h.ended <- struct{}{} }()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-j.Stop:
			return model.ErrStopped
		case s := <-h.steps:
			var err error
			switch {
			case s.end:
				s.done <- nil
				return s.err
			case s.keep:
				err = j.Keep(ctx, []byte("kept"), s.p, s.faults)
			default:
				j.Report(s.p)
			}
			s.done <- err
		}
	}
}

// Began waits until a job has begun. It returns false when none did within ten seconds.
func (h *Hold) Began() (model.Job, bool) {
	select {
	case j := <-h.began:
		return j, true
	case <-time.After(10 * time.Second):
		return model.Job{}, false
	}
}

// Ended waits until a job has ended, and returns false when none did within ten seconds.
func (h *Hold) Ended() bool {
	select {
	case <-h.ended:
		return true
	case <-time.After(10 * time.Second):
		return false
	}
}

// Report makes the job report p.
func (h *Hold) Report(p model.Progress) error { return h.do(step{p: p}) }

// Keep makes the job keep p with faults; it returns once they are durable.
func (h *Hold) Keep(p model.Progress, faults ...model.TransferFault) error {
	return h.do(step{keep: true, p: p, faults: faults})
}

// End ends the job with err, nil for well.
func (h *Hold) End(err error) error { return h.do(step{end: true, err: err}) }

var errNoJob = errors.New("modeltest: no job takes this")

func (h *Hold) do(s step) error {
	s.done = make(chan error, 1)
	limit := time.After(10 * time.Second)
	select {
	case h.steps <- s:
	case <-limit:
		return errNoJob
	}
	select {
	case err := <-s.done:
		return err
	case <-limit:
		return errNoJob
	}
}

// Check implements model.Mover.
func (m *Mover) Check(*model.Transfer) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.refusal
}

// NextRun implements model.Mover. It understands "every DURATION" only.
func (m *Mover) NextRun(schedule string, after time.Time) (time.Time, error) {
	text, ok := strings.CutPrefix(schedule, "every ")
	every, err := time.ParseDuration(text)
	if !ok || err != nil || every <= 0 {
		return time.Time{}, model.Errorf(model.EInvalid, "%q is no schedule", model.Printable(schedule)).
			WithField("schedule").WithNext("write it as in: every 30s")
	}
	return after.Add(every), nil
}

// Export implements model.Mover.
func (m *Mover) Export(ctx context.Context, j model.Job) error { return m.run(ctx, j) }

// Import implements model.Mover.
func (m *Mover) Import(ctx context.Context, j model.Job) error { return m.run(ctx, j) }

// Sync implements model.Mover.
func (m *Mover) Sync(ctx context.Context, j model.Job) error { return m.run(ctx, j) }

func (m *Mover) run(ctx context.Context, j model.Job) error {
	m.mu.Lock()
	m.jobs = append(m.jobs, j)
	script := m.script
	m.mu.Unlock()
	if script == nil {
		return ctx.Err()
	}
	return script(ctx, j)
}

// Preview implements model.Mover.
func (m *Mover) Preview(_ context.Context, _ model.Job, n int) ([]model.PlannedRequest, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.plan[:min(n, len(m.plan))], nil
}

// Forget implements model.Mover.
func (m *Mover) Forget(_ string, transfer model.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forgot = append(m.forgot, transfer)
}

// Forgotten are the transfers whose leavings were removed.
func (m *Mover) Forgotten() []model.ID {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]model.ID(nil), m.forgot...)
}
