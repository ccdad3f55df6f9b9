package calls

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/spaces"
	"ferry/model/tokens"
)

// noteEvery is how often a link writes what lists show of the last call.
const noteEvery = 10 * time.Second

// Link returns a model.Link to a client for as long as a transfer runs, until ctx ends.
// Changes says that methods that may change data will be used: EProtected without the
// name of a protected client in confirm (or when confirmed says that it was given when the
// transfer was saved). A client that becomes protected later asks in the same way: from
// then on EProtected, unless its name was given already. Errors are those of Do.
//
// A request through it costs no transaction: client and space are read again only after
// something in the store changed, and the token is kept until it is due. The last call is
// written now and then; the link is an io.Closer that writes it at once and at last.
func (s *Service) Link(ctx context.Context, space model.Space, c *model.Client, changes bool, confirm string, confirmed bool) (model.Link, error) {
	l, err := s.watched(ctx, space.ID, c.ID)
	if err != nil {
		return nil, err
	}
	l.name, l.confirmed = c.Name, confirmed || confirm == c.Name
	is, err := l.read(ctx)
	if err != nil {
		return nil, err
	}
	if changes && !l.confirmed {
		if err := model.RequireName(is.protected || space.Protected, is.client.Name, confirm); err != nil {
			return nil, err
		}
	}
	context.AfterFunc(ctx, func() { _ = l.Close() })
	return l, nil
}

// watched returns what a link is until ctx ends, not yet looked at.
func (s *Service) watched(ctx context.Context, space, client model.ID) (*link, error) {
	watch, err := s.store.Watch(ctx) // before the first look, so that no change is missed
	if err != nil {
		return nil, err
	}
	return &link{
		s: s, space: space, id: client, watch: watch, ctx: ctx,
		fetching: make(chan struct{}, 1), noted: make(chan struct{}, 1),
	}, nil
}

// link is a model.Link.
type link struct {
	s         *Service
	space, id model.ID
	name      string // at first, for when the client is gone
	confirmed bool
	ctx       context.Context // of the link: its end
	watch     <-chan struct{}

	mu      sync.Mutex
	is      *standing // as it was last read
	stale   bool      // something changed since
	reading *reading  // under way

	fetching chan struct{} // held by whoever asks for a token or drops one
	held     tokens.Result // guarded by fetching
	of       string        // the identity of the client that held and failed are of
	failed   error         // the last fetch by this link failed so, with its cause

	noteMu sync.Mutex
	last   model.Runtime // the last call, not yet written when it is later than wrote
	wrote  time.Time
	noted  chan struct{} // held by whoever writes it
}

// standing is a client with its space, as stored. It does not change.
type standing struct {
	space     model.Space
	client    model.Client
	identity  string
	protected bool
}

// Client implements model.Link.
func (l *link) Client() model.Client {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	is, err := l.current(ctx)
	if err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		is = l.is
	}
	return is.client.Clone()
}

// Do implements model.Link.
func (l *link) Do(ctx context.Context, r model.Request) (model.Response, error) {
	is, err := l.current(ctx)
	if err != nil {
		return model.Response{}, err
	}
	if r.Method = strings.ToUpper(r.Method); r.Method == "" {
		r.Method = http.MethodGet
	}
	if !r.Safe() && !l.confirmed {
		if err := model.RequireName(is.protected, is.client.Name, ""); err != nil {
			return model.Response{}, err
		}
	}
	resp, err := l.s.authorised(ctx, &is.client, r, linked{l, is})
	if code := model.CodeOf(err); code != model.EInvalid && code != model.EInterrupted {
		l.note(ctx, model.Runtime{LastCallAt: l.s.now(), LastStatus: resp.Status, LastCode: code})
	}
	return resp, err
}

// reading is one look at the store, for everybody who waits for it. What it came to may be
// read when done is closed.
type reading struct {
	done chan struct{}
	is   *standing
	err  error
}

// current returns how things stand. It reads again only when something changed, once for all
// who ask meanwhile: a store that is busy holds nobody up longer than one look takes.
func (l *link) current(ctx context.Context) (*standing, error) {
	r, is, err := l.known()
	if r == nil {
		return is, err
	}
	select {
	case <-r.done:
		return r.is, r.err
	case <-ctx.Done():
		return nil, model.AsError(ctx.Err())
	}
}

// known returns how things stand when nothing changed, else the reading that tells.
func (l *link) known() (*reading, *standing, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil { // the channel below is closed then
		return nil, nil, model.Errorf(model.EInterrupted, "interrupted")
	}
	select {
	case <-l.watch:
		l.stale = true
	default:
	}
	if l.is != nil && !l.stale {
		return nil, l.is, nil
	}
	if l.reading == nil {
		l.reading, l.stale = &reading{done: make(chan struct{})}, false // what changes from now on counts again
		go l.look(l.reading)
	}
	return l.reading, nil, nil
}

func (l *link) look(r *reading) {
	defer close(r.done)
	r.is, r.err = l.read(l.ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reading = nil
	if r.err != nil {
		l.stale = true // the next request looks again
		return
	}
	l.is = r.is
}

// read returns client and space as they are stored, if they may be used.
func (l *link) read(ctx context.Context) (*standing, error) {
	is := new(standing)
	err := l.s.store.View(ctx, func(tx model.Tx) (err error) {
		if is.space, err = spaces.Live(tx, l.space); err != nil {
			return err
		}
		is.client, err = tx.Clients().Get(l.space, l.id)
		if model.CodeOf(err) == model.ENotFound {
			return model.Errorf(model.ENotFound, "the client %s is gone: somebody deleted it", model.Printable(l.name)).
				WithField("client").WithNext("see which there are with: ferry client list")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := clients.RequireUsable(&is.client); err != nil {
		return nil, err
	}
	is.protected = is.space.Protected || is.client.Protected
	if is.client.UsesOAuth() {
		is.identity = tokens.Identity(&is.client)
	}
	return is, nil
}

// note remembers the last call, and writes it when that is due.
func (l *link) note(ctx context.Context, last model.Runtime) {
	if !l.due(last) {
		return
	}
	select {
	case l.noted <- struct{}{}:
		l.write(ctx)
		<-l.noted
	default: // somebody does
	}
}

// due remembers the last call, and reports whether it is to be written.
func (l *link) due(last model.Runtime) bool {
	l.noteMu.Lock()
	defer l.noteMu.Unlock()
	if last.LastCallAt.Before(l.last.LastCallAt) {
		last = l.last
	}
	l.last = last
	return last.LastCallAt.Sub(l.wrote) >= noteEvery
}

// Close implements io.Closer: it writes the last call, if that is not yet written.
func (l *link) Close() error {
	l.noted <- struct{}{}
	l.write(context.Background())
	<-l.noted
	return nil
}

// write writes the last call. One that is not written is only logged: the call was made.
func (l *link) write(ctx context.Context) {
	l.noteMu.Lock()
	last, wrote := l.last, l.wrote
	l.wrote = last.LastCallAt
	l.noteMu.Unlock()
	if !last.LastCallAt.After(wrote) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := l.s.store.Update(ctx, func(tx model.Tx) error {
		if _, err := tx.Clients().Get(l.space, l.id); err != nil {
			return err
		}
		run, err := tx.Runtimes().Get(l.space, l.id)
		if err != nil {
			return err
		}
		run.Client, run.LastCallAt, run.LastStatus, run.LastCode = l.id, last.LastCallAt, last.LastStatus, last.LastCode
		return tx.Runtimes().Put(l.space, run)
	})
	if err != nil && model.CodeOf(err) != model.ENotFound {
		slog.WarnContext(ctx, "last call not remembered", "client", l.id, "err", err)
	}
}
