package sandbox

import "sync/atomic"

// Stats counts requests since the start, by route: "/plt/oauth2/token",
// "/erp/products/{sku}". Every attempt counts, refused ones too.
type Stats struct {
	Tokens map[string]int // requests to token endpoints
	Calls  map[string]int // every other request
	// Feeds are those that can be written, by the path of their list.
	Feeds map[string]FeedStats
	// Failed counts the requests that Flaky made fail.
	Failed map[FailureKind]int
}

// FeedStats counts what was done to a feed. A write that was replayed for its
// Idempotency-Key was not done again.
type FeedStats struct {
	Records   int // in it now
	Created   int
	Updated   int
	Unchanged int // writes that changed nothing
	Deleted   int
	// Applied says how often each record was written, by its SKU.
	Applied map[string]int
}

// Writes returns how often something was written or deleted.
func (f FeedStats) Writes() int { return f.Created + f.Updated + f.Unchanged + f.Deleted }

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
func (s *Server) Stats() Stats {
	out := s.stats.read()
	out.Failed = s.system.trouble.read()
	out.Feeds = map[string]FeedStats{
		"/erp/products": s.system.products.counts(), "/erp/mirror": s.system.mirror.counts(), "/erp/secure/prices": s.system.prices.counts(),
	}
	return out
}

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
