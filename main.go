// Command ferry is a data-hub console for the terminal. This file is the composition
// root, the one place that sees every room: it builds what a command needs when the
// command needs it, hands it over, and returns the exit code.
package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"golang.org/x/term"

	"ferry/auth/call"
	"ferry/auth/outbound"
	"ferry/auth/sandbox"
	"ferry/auth/serve"
	"ferry/auth/transfer"
	"ferry/auth/wire"
	"ferry/model"
	"ferry/model/clients"
	"ferry/model/hub"
	"ferry/model/spaces"
	"ferry/storage"
	"ferry/storage/files"
	"ferry/storage/scratch"
	"ferry/storage/seal"
	"ferry/ui"
	"ferry/ui/command"
	"ferry/ui/jq"
)

// version is set when ferry is built.
var version = "dev"

func main() { os.Exit(run()) }

func run() int {
	return command.Run(context.Background(), command.Env{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Terminals: command.Terminals{In: isTerminal(os.Stdin), Out: isTerminal(os.Stdout), Err: isTerminal(os.Stderr)},
		LookupEnv: os.LookupEnv, Version: version,
		Door:    openDoor,
		Sandbox: startSandbox, Serve: startServer, Console: console,
	})
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// door implements hub.Door for the store in one file.
type door struct {
	path, space string
	keys        seal.Sources
	files       string // the one directory that --restricted leaves, or ""
}

func openDoor(s command.Settings) (hub.Door, error) {
	if s.Store == "" {
		return nil, model.Errorf(model.EUsage, "there is no home directory to keep the store in").
			WithField("store").WithNext("name it with --store FILE, or set HOME")
	}
	keys := seal.FromEnvironment(os.Getenv)
	// The command line has looked at FERRY_IDENTITY already: a flag wins over it.
	keys.Identity, keys.EnvIdentity = s.Identity, ""
	if s.PassphraseFD >= 0 {
		keys.PassphraseFD = &s.PassphraseFD
	}
	return &door{path: s.Store, space: s.Space, keys: keys, files: s.Files}, nil
}

func (d *door) Status(ctx context.Context) (model.VaultStatus, error) {
	return storage.Status(ctx, d.path)
}

func (d *door) FindKey(context.Context) (model.Key, error) { return seal.FindKey(d.keys) }

func (d *door) IdentityPath() string { return d.keys.DefaultIdentity() }

func (d *door) NewIdentity(_ context.Context, path string) (model.Key, error) {
	if path == "" {
		path = d.IdentityPath()
	}
	return seal.NewIdentity(path)
}

func (d *door) Create(ctx context.Context, key model.Key) error {
	now := time.Now()
	id, by := model.NewID(now), actor(model.Slot{})
	s, err := storage.Create(ctx, d.path, []seal.NewSlot{{Key: key}},
		func(tx model.Tx) error { return spaces.First(tx, id, now, by) })
	if err != nil {
		return err
	}
	return s.Close()
}

func (d *door) Open(ctx context.Context, key model.Key) (*hub.Hub, error) {
	s, err := storage.Open(ctx, d.path, key)
	if err != nil {
		return nil, err
	}
	pool := wire.NewPool(wire.Limits{})
	return hub.New(ctx, hub.Ports{
		Store: s, Inspector: s, Digest: s.KeyDigest, Server: serve.NewProbe(serve.Socket(d.path)),
		Source: outbound.New(outbound.Options{Version: version, Pool: pool}),
		Caller: call.New(call.Options{Version: version, Pool: pool}),
		Mover:  transfer.New(compile, time.Now), Files: files.New(d.files), Dir: d.path + ".transfers",
		Now: time.Now, NewID: model.NewID, Actor: actor(s.Slot()),
		Close: func() error { pool.Close(); return s.Close() },
	}, d.space)
}

// compile lets transfers use the filters of calls.
func compile(expr string) (model.Filter, error) {
	f, err := jq.Compile(expr)
	if err != nil {
		return nil, err
	}
	return f.Lines(), nil
}

// actor is who runs this process. The name comes from the user database: the
// environment may claim any. SSH_CONNECTION is a claim, and is kept as one.
func actor(slot model.Slot) model.Actor {
	a := model.Actor{UID: os.Getuid(), Slot: slot.Label, SSH: model.Printable(os.Getenv("SSH_CONNECTION"))}
	if u, err := user.LookupId(strconv.Itoa(a.UID)); err == nil {
		a.User = model.Printable(u.Username)
	}
	return a
}

func startSandbox(ctx context.Context, listen string) (command.Sandbox, error) {
	s, err := sandbox.Start(ctx, sandbox.Options{Addr: listen})
	if err != nil {
		return command.Sandbox{}, err
	}
	return command.Sandbox{URL: s.URL(), Clients: s.Clients(), Lines: s.Curl(), Close: s.Close}, nil
}

// startServer serves the hub that h is, with its admin socket beside the store unless o
// says otherwise.
func startServer(ctx context.Context, h *hub.Hub, o command.ServeOptions) (command.Served, error) {
	socket := o.AdminSocket
	switch socket {
	case "":
		socket = serve.Socket(o.Settings.Store)
	case command.NoSocket:
		socket = ""
	}
	s, err := serve.Start(ctx, serve.Options{
		Hub: h, Digest: h.Digest, Config: o.Config, AdminSocket: socket, AccessLog: o.AccessLog, Version: version,
	})
	if err != nil {
		return command.Served{}, err
	}
	return command.Served{URL: s.URL(), Listen: s.Listen(), AdminSocket: socket, Wait: s.Wait, Close: s.Close}, nil
}

func console(ctx context.Context, c command.ConsoleOptions) error {
	o := ui.Options{Version: version, Restricted: c.Settings.Restricted, NoColor: c.NoColor, Log: slog.Default()}
	if !c.Sandbox {
		var err error
		if o.Door, err = openDoor(c.Settings); err != nil {
			return err
		}
		return ui.Run(ctx, o)
	}
	ctx, stop := context.WithCancel(ctx)
	d := &throwAway{ctx: ctx}
	defer func() { stop(); d.remove() }()
	o.Door, o.Sandbox = d, "sandbox"
	return ui.Run(ctx, o)
}

// throwAway implements hub.Door for `ferry --sandbox`: a store in a directory of its
// own, sealed for a key that is never written anywhere, with the sandbox beside it and
// a client for each of its systems. It is made when the console opens it, so that the
// first frame does not wait. A directory that a killed process leaves behind can be
// opened by nobody, and a later start takes it away.
type throwAway struct {
	ctx context.Context // of the console: the sandbox ends with it

	mu     sync.Mutex   // Open runs beside the console, which may be left meanwhile
	dir    *scratch.Dir // made by Open
	server io.Closer
}

var errSealed = model.Errorf(model.EExists, "the throw-away store is made already")

// Status says that there is a store, which Open makes.
func (t *throwAway) Status(context.Context) (model.VaultStatus, error) {
	return model.VaultStatus{Path: "a throw-away store", Format: seal.Format, Slots: []model.Slot{{Kind: model.SlotIdentity}}}, nil
}

// FindKey returns the zero key: Open makes its own.
func (t *throwAway) FindKey(context.Context) (model.Key, error) {
	return model.Key{From: "memory"}, nil
}

func (t *throwAway) IdentityPath() string { return "" }

func (t *throwAway) NewIdentity(context.Context, string) (model.Key, error) {
	return model.Key{}, errSealed
}

func (t *throwAway) Create(context.Context, model.Key) error { return errSealed }

func (t *throwAway) Open(ctx context.Context, _ model.Key) (*hub.Hub, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.ctx.Err(); err != nil {
		return nil, err
	}
	t.clear() // of an attempt that failed
	var err error
	if t.dir, err = scratch.New("ferry-sandbox"); err != nil {
		return nil, model.Errorf(model.EInternal, "there is no place for a throw-away store").
			WithNext("set TMPDIR to a directory on a local disk").WithCause(err)
	}
	d := door{path: filepath.Join(t.dir.Path, "ferry.db")}
	key, err := passingKey(filepath.Join(t.dir.Path, "identity"))
	if err == nil {
		err = d.Create(ctx, key)
	}
	if err != nil {
		return nil, err
	}
	h, err := d.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	return h, t.fill(h.Context(ctx), h)
}

// passingKey makes an identity whose file lives for as long as it takes to read it.
func passingKey(path string) (model.Key, error) {
	key, err := seal.NewIdentity(path)
	if err != nil {
		return key, err
	}
	return key, os.Remove(path)
}

// fill starts the sandbox and creates its clients.
func (t *throwAway) fill(ctx context.Context, h *hub.Hub) error {
	s, err := sandbox.Start(t.ctx, sandbox.Options{})
	if err != nil {
		return err
	}
	t.server = s
	for _, c := range s.Clients() {
		if _, err := h.Clients.Create(ctx, h.Space, draft(&c), ""); err != nil {
			return err
		}
	}
	return nil
}

// remove takes away whatever Open made. The context has ended by then, so that Open
// makes nothing more.
func (t *throwAway) remove() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clear()
}

func (t *throwAway) clear() {
	if t.server != nil {
		_ = t.server.Close()
	}
	if t.dir != nil {
		if err := t.dir.Remove(); err != nil {
			slog.Warn("the throw-away store could not be removed", "dir", t.dir.Path, "err", err)
		}
	}
	t.dir, t.server = nil, nil
}

func draft(c *sandbox.Client) clients.Draft {
	d := clients.Draft{
		Name: c.Name, BaseURL: c.BaseURL, Method: model.AuthNone, TokenURL: c.TokenURL, ClientID: c.ClientID,
		ClientSecret: clients.Set(c.ClientSecret), Username: c.Username, Password: clients.Set(c.Password),
		Send: model.ClientAuth(c.Send),
	}
	if c.TokenURL != "" {
		d.Method = model.AuthOAuth2
	}
	if c.Scope != "" {
		d.Scopes = []string{c.Scope}
	}
	for name, value := range c.Headers {
		d.Headers = append(d.Headers, clients.HeaderDraft{Name: name, Secret: true, Value: clients.Set(value)})
	}
	return d
}
