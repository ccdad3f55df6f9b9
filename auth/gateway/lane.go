package gateway

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"ferry/model"
	"ferry/model/serving"
)

// lane is what is kept of one client for as long as it is there.
type lane struct {
	id      model.ID
	space   atomic.Pointer[model.Space] // as it was last seen: it may be renamed
	traffic traffic
	breaker breaker
	meters  meters
	streams streams
	target  atomic.Pointer[target]
	pass    atomic.Pointer[pass]

	ctx     context.Context // of the courier: ends with the client
	end     context.CancelFunc
	mu      sync.Mutex
	courier atomic.Pointer[model.Courier]
}

// lane returns the lane of a client.
func (g *Gateway) lane(space *model.Space, c *model.Client) *lane {
	g.mu.RLock()
	l := g.lanes[c.ID]
	g.mu.RUnlock()
	if l == nil {
		g.mu.Lock()
		if l = g.lanes[c.ID]; l == nil {
			l = &lane{id: c.ID}
			l.ctx, l.end = context.WithCancel(g.o.Ctx)
			g.lanes[c.ID] = l
		}
		g.mu.Unlock()
	}
	if l.space.Load() != space {
		l.space.Store(space)
	}
	return l
}

// Sweep is called for each new picture of the store: it drops what is kept of clients and users
// that are there no more, and cuts the streams that would not be let in any more.
func (g *Gateway) Sweep() {
	dir := g.o.Directory()
	for _, s := range g.tidy(dir) {
		if !s.x.holds(dir) {
			go s.cut() // closing one connection may take a while, others do not wait for it
		}
	}
}

// tidy drops what is kept for nobody, and returns the streams under way.
func (g *Gateway) tidy(dir *serving.Directory) (under []*stream) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, l := range g.lanes {
		under = l.streams.appendTo(under)
		if dir.ClientByID(id) == nil {
			l.end()
			delete(g.lanes, id)
			continue
		}
		l.meters.keep(func(user model.ID) bool { return dir.UserByID(user) != nil })
	}
	return under
}

// Close writes down the last call of each client, for whoever closes the store after it.
// Requests have ended by then, or are cut off from now on.
func (g *Gateway) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	var group sync.WaitGroup
	for _, l := range g.lanes {
		group.Go(func() {
			if c := l.courier.Load(); c != nil {
				if last, ok := (*c).(io.Closer); ok {
					_ = last.Close() // what cannot be written is logged there
				}
			}
			l.end()
		})
	}
	group.Wait()
}

// courierOf returns the client's courier, which is made when it is first needed.
func (g *Gateway) courierOf(l *lane) (model.Courier, error) {
	if c := l.courier.Load(); c != nil {
		return *c, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.courier.Load(); c != nil {
		return *c, nil
	}
	c, err := g.courier(l.ctx, *l.space.Load(), l.id)
	if err != nil {
		return nil, err
	}
	l.courier.Store(&c)
	return c, nil
}
