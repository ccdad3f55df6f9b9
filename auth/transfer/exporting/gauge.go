package exporting

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

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
	shaped bool // by a filter
	limit  int64

	requests atomic.Int64 // of this run and those that it goes on from
}

func (g *gauge) begin(j *model.Job, cp *checkpoint) {
	if len(j.Checkpoint) > 0 {
		g.requests.Store(j.Progress.Requests)
		g.p.Retries = j.Progress.Retries
	}
	g.report, g.limit, g.shaped = j.Report, j.Transfer.Read.Limit, j.Transfer.Shape != ""
	g.set(cp, 0)
}

// set counts what is behind at, and the records of the page that is being read.
func (g *gauge) set(at *checkpoint, inPage int64) {
	p := at.Position
	g.p.Records, g.p.Pages, g.p.Total, g.p.Bytes = p.Records+inPage, p.Page, p.Total, at.Size
	g.p.Requests = g.requests.Load()
	if g.limit > 0 && g.p.Total > g.limit {
		g.p.Total = g.limit
	}
	g.p.Notes = nil
	if g.shaped && at.Written != g.p.Records {
		g.p.Notes = append(g.p.Notes, fmt.Sprintf("the filter made %s of %d", count(at.Written, "record"), g.p.Records))
	}
	if note := at.note(); note != "" {
		g.p.Notes = append(g.p.Notes, note)
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
	g.set(&checkpoint{Position: r.pos, Size: r.out.size.Load(), Written: r.written, table: r.format.mark()}, r.page.records)
}

// end reports for the last time.
func (g *gauge) end(r *run) {
	g.tell(r, true)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.report = nil // a request that is given up may say yet that it waits
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
