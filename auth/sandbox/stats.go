package sandbox

import "sync/atomic"

// Stats counts requests since the start, by route: "/plt/oauth2/token",
// "/erp/products/{sku}". Every attempt counts, refused ones too.
type Stats struct {
	Tokens map[string]int // requests to token endpoints
	Calls  map[string]int // every other request
}

// Requests returns how many requests there were in all.
func (s Stats) Requests() int {
	n := 0
	for _, c := range s.Tokens {
		n += c
	}
	for _, c := range s.Calls {
		n += c
	}
	return n
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats { return s.stats.read() }

// counters has its keys fixed before the server starts, so that nobody can make it
// grow by asking for many paths and no lock is needed.
type counters struct{ tokens, calls map[string]*atomic.Int64 }

func newCounters() *counters {
	return &counters{tokens: map[string]*atomic.Int64{}, calls: map[string]*atomic.Int64{}}
}

func counter(m map[string]*atomic.Int64, route string) *atomic.Int64 {
	if m[route] == nil {
		m[route] = new(atomic.Int64)
	}
	return m[route]
}

func (c *counters) read() Stats {
	out := Stats{Tokens: map[string]int{}, Calls: map[string]int{}}
	for route, n := range c.tokens {
		out.Tokens[route] = int(n.Load())
	}
	for route, n := range c.calls {
		out.Calls[route] = int(n.Load())
	}
	return out
}
