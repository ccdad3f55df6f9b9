package gateway

import (
	"context"
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

// sweep drops what is kept of clients and users that are there no more, once for each
// picture of the store.
func (g *Gateway) sweep(dir *serving.Directory) {
	was := g.seen.Load()
	if was == dir || !g.seen.CompareAndSwap(was, dir) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, l := range g.lanes {
		if dir.ClientByID(id) == nil {
			l.end()
			delete(g.lanes, id)
			continue
		}
		l.meters.keep(func(user model.ID) bool { return dir.UserByID(user) != nil })
	}
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
