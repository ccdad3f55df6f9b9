package outbound

import (
	"time"

	"ferry/auth/wire"
	"ferry/model"
)

// Options say how a Source is built. The zero value works.
type Options struct {
	Now     model.Clock // time.Now when nil
	Version string      // of ferry, for User-Agent
	Pool    *wire.Pool  // shared connections; a pool of its own when nil
}

// Source implements model.TokenSource. It is safe for use by many goroutines.
type Source struct {
	now   model.Clock
	agent string
	pool  *wire.Pool
}

var _ model.TokenSource = (*Source)(nil)

// New makes a Source.
func New(o Options) *Source {
	s := &Source{now: o.Now, agent: wire.UserAgent(o.Version), pool: o.Pool}
	if s.now == nil {
		s.now = time.Now
	}
	if s.pool == nil {
		s.pool = wire.NewPool(wire.Limits{})
	}
	return s
}

// Close closes idle connections.
func (s *Source) Close() { s.pool.Close() }

// target names an endpoint of c's authorization server for messages.
func target(c *model.Client, endpoint, flag string) wire.Target {
	return wire.Target{What: "the " + endpoint + " of \"" + model.Printable(c.Name) + "\"", Flag: flag}
}

// update is the command that mends c.
func update(c *model.Client, flags string) string {
	return "ferry client update " + model.Printable(c.Name) + " " + flags
}
