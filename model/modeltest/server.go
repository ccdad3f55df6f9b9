package modeltest

import (
	"context"
	"strings"
	"sync"

	"ferry/model"
)

// Server is a model.ServerProbe that a test sets. The zero Server does not run.
type Server struct {
	mu      sync.Mutex
	running bool
	status  model.ServerStatus
	tail    []model.ServedRequest
}

// Run makes the server answer s; nil stops it.
func (p *Server) Run(s *model.ServerStatus) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running = s != nil; p.running {
		p.status = *s
	}
}

// Status implements model.ServerProbe.
func (p *Server) Status(context.Context) (model.ServerStatus, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running {
		return model.ServerStatus{}, model.Errorf(model.ENotFound, "no server runs on this store").WithNext("start one with: ferry serve")
	}
	return p.status, nil
}

// Serve makes requests that a tail tells of, after which it ends.
func (p *Server) Serve(requests ...model.ServedRequest) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tail = requests
}

// Tail implements model.ServerProbe.
func (p *Server) Tail(ctx context.Context, f model.TailFilter, each func(model.ServedRequest) error) error {
	if _, err := p.Status(ctx); err != nil {
		return err
	}
	p.mu.Lock()
	tail := p.tail
	p.mu.Unlock()
	for i := range tail {
		r := &tail[i]
		if f.Client != "" && !strings.EqualFold(f.Client, r.Upstream) || f.Class != 0 && r.Status/100 != f.Class {
			continue
		}
		if err := each(*r); err != nil {
			return err
		}
	}
	return ctx.Err()
}
