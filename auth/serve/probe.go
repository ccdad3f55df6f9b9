package serve

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"time"

	"golang.org/x/sys/unix"

	"ferry/model"
)

// Limits of a probe.
const (
	probeTime = 3 * time.Second
	maxStatus = 4 << 20 // bytes of an answer
)

type probe struct{ socket string }

// NewProbe returns a probe that asks the admin socket. ENotFound when nothing answers
// there, ETimeout or EUnreachable when what answers is no server that can speak.
func NewProbe(socket string) model.ServerProbe { return &probe{socket} }

// Status implements model.ServerProbe. Each call makes a connection of its own.
func (p *probe) Status(ctx context.Context) (model.ServerStatus, error) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	var out model.ServerStatus
	resp, err := p.get(ctx, "/status")
	if err != nil {
		return out, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxStatus)).Decode(&out); err != nil {
		return model.ServerStatus{}, model.Errorf(model.EUnreachable, "the admin socket answered something else").WithCause(err)
	}
	sanitise(&out)
	return out, nil
}

// get asks the socket, on a connection of its own.
func (p *probe) get(ctx context.Context, path string) (*http.Response, error) {
	t := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", p.socket)
		},
	}
	// The host is a name for the header only: the connection goes to the socket.
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://ferry"+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := t.RoundTrip(req)
	if err != nil {
		return nil, notAnswered(err)
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close() // it says nothing that is shown
		return nil, model.Errorf(model.EUnreachable, "the admin socket answered with status %d", resp.StatusCode)
	}
	return resp, nil
}

func notAnswered(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ECONNREFUSED), errors.Is(err, unix.EINVAL):
		return model.Errorf(model.ENotFound, "no server runs on this store").WithNext("start one with: ferry serve").WithCause(err)
	case errors.Is(err, context.DeadlineExceeded):
		return model.Errorf(model.ETimeout, "the server does not answer on its admin socket").WithCause(err)
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, fs.ErrPermission):
		return model.Errorf(model.EPermission, "the admin socket belongs to somebody else").WithCause(err)
	}
	return model.Errorf(model.EUnreachable, "the server cannot be asked on its admin socket").WithCause(err)
}

// sanitise spells out what must not reach a terminal as it is.
func sanitise(s *model.ServerStatus) {
	fields := []*string{&s.URL, &s.Listen, &s.Version, &s.Problem}
	for i := range s.Aliases {
		fields = append(fields, &s.Aliases[i])
	}
	for i := range s.Refusals {
		fields = append(fields, &s.Refusals[i].Reason)
	}
	for i := range s.Recent {
		fields = append(fields, textsOf(&s.Recent[i])...)
	}
	for i := range s.Gateway {
		g := &s.Gateway[i]
		fields = append(fields, &g.Client, &g.Space, (*string)(&g.Breaker))
	}
	for _, f := range fields {
		*f = model.Printable(*f)
	}
}

func textsOf(r *model.ServedRequest) []*string {
	return []*string{&r.ID, &r.Method, &r.Path, &r.Client, &r.Space, &r.Addr, &r.Reason, &r.Upstream}
}
