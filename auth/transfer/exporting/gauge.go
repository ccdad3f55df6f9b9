package exporting

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"ferry/auth/transfer/paging"
	"ferry/model"
)

// tellEvery is how often progress is reported at most.
const tellEvery = 50 * time.Millisecond

// gauge counts, and reports. Waiting may be told from another goroutine than the rest.
type gauge struct {
	mu     sync.Mutex
	p      model.Progress
	report func(model.Progress)
	told   time.Time

	requests atomic.Int64 // of this run and those that it goes on from
}

func (g *gauge) begin(j *model.Job, cp *checkpoint) {
	if len(j.Checkpoint) > 0 {
		g.requests.Store(j.Progress.Requests)
		g.p.Retries = j.Progress.Retries
	}
	g.report = j.Report
	g.set(cp.Position, &cp.table, cp.Size, 0, j.Transfer.Read.Limit)
}

func (g *gauge) set(p paging.Position, t *table, size, inPage, limit int64) {
	g.p.Records, g.p.Pages, g.p.Total, g.p.Bytes = p.Records+inPage, p.Page, p.Total, size
	g.p.Requests = g.requests.Load()
	if limit > 0 && g.p.Total > limit {
		g.p.Total = limit
	}
	g.p.Notes = nil
	if note := t.note(); note != "" {
		g.p.Notes = []string{note}
	}
}

// wait tells why nothing moves, at once.
func (g *gauge) wait(why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.p.Waiting != why {
		g.p.Waiting = why
		g.send()
	}
}

// tell reports where r is, if it is time to.
func (g *gauge) tell(r *run, always bool) {
	now := r.e.now()
	g.mu.Lock()
	defer g.mu.Unlock()
	if !always && now.Sub(g.told) < tellEvery {
		return
	}
	g.told = now
	g.take(r)
	g.send()
}

// at returns where r is.
func (g *gauge) at(r *run) model.Progress {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.take(r)
	return g.p
}

func (g *gauge) take(r *run) {
	t := r.format.mark()
	g.set(r.pos, &t, r.out.size.Load(), r.page.records, r.j.Transfer.Read.Limit)
}

// retried adds what is known only once reading has ended.
func (g *gauge) retried(n int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.p.Retries += n
}

// counting counts requests while they are made.
type counting struct {
	model.Link
	requests *atomic.Int64
}

func (c counting) Do(ctx context.Context, r model.Request) (model.Response, error) {
	c.requests.Add(1)
	return c.Link.Do(ctx, r)
}

func (g *gauge) send() {
	if g.report != nil {
		g.report(g.p)
	}
}
