package serve

import (
	"context"
	"io"

	"ferry/model"
	"ferry/model/hub"
)

// Options of a server.
type Options struct {
	Hub         *hub.Hub          // use-cases; its Watch keeps the picture fresh
	Digest      model.KeyDigest   // how API keys are kept
	Config      model.ServeConfig // settings with the flags of this run over them, checked
	AdminSocket string            // path; "" means none
	AccessLog   io.Writer         // one line of JSON a request; nil means none
	Version     string
}

// Server is a running server.
type Server struct{ url string }

// Start listens and serves until ctx ends or Close is called. EBusy when the address or
// the admin socket is taken by a live server.
func Start(ctx context.Context, o Options) (*Server, error) {
	return nil, model.Errorf(model.EInternal, "not built yet")
}

// URL returns the public URL, or where it listens on loopback.
func (s *Server) URL() string { return s.url }

// Wait waits until the server has stopped and returns what Close returned.
func (s *Server) Wait() error { return nil }

// Close stops the server.
func (s *Server) Close() error { return nil }
