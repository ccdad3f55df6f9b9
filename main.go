// Command ferry is a data-hub console for the terminal. This file is the composition
// root, the one place that sees every room: it builds what a command needs when the
// command needs it, hands it over, and returns the exit code.
package main

import (
	"context"
	"os"
	"os/user"
	"strconv"
	"time"

	"golang.org/x/term"

	"ferry/auth/call"
	"ferry/auth/outbound"
	"ferry/auth/sandbox"
	"ferry/auth/wire"
	"ferry/model"
	"ferry/model/hub"
	"ferry/model/spaces"
	"ferry/storage"
	"ferry/storage/seal"
	"ferry/ui/command"
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
		Sandbox: startSandbox, Console: console,
	})
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// door implements hub.Door for the store in one file.
type door struct {
	path, space string
	keys        seal.Sources
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
	return &door{path: s.Store, space: s.Space, keys: keys}, nil
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
		Store: s, Inspector: s,
		Source: outbound.New(outbound.Options{Version: version, Pool: pool}),
		Caller: call.New(call.Options{Version: version, Pool: pool}),
		Now:    time.Now, NewID: model.NewID, Actor: actor(s.Slot()),
		Close: func() error { pool.Close(); return s.Close() },
	}, d.space)
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

// console has no screens to show yet; the commands do everything.
func console(context.Context, command.ConsoleOptions) error {
	return model.Errorf(model.EInternal, "the console is not part of this build").
		WithNext("use the commands: ferry client list")
}
