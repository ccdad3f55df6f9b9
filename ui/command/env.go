package command

import (
	"context"
	"io"

	"ferry/model"
	"ferry/model/hub"
)

// Env is the world that a command line runs in.
type Env struct {
	Args      []string // without the program's name
	Stdin     io.Reader
	Stdout    io.Writer
	Stderr    io.Writer
	Terminals Terminals
	LookupEnv func(string) (string, bool)
	Version   string
	// Door returns what stands before the store that s names. It opens nothing yet.
	Door func(s Settings) (hub.Door, error)
	// Sandbox starts the sandbox on a loopback address.
	Sandbox func(ctx context.Context, listen string) (Sandbox, error)
	// Serve starts the server of the hub that h is: its authority and its API.
	Serve func(ctx context.Context, h *hub.Hub, o ServeOptions) (Served, error)
	// Console runs the console until the person leaves it.
	Console func(ctx context.Context, c ConsoleOptions) error
}

// Terminals says which of the three streams are terminals.
type Terminals struct{ In, Out, Err bool }

// Settings is where the store is and what opens it, from flags and environment.
type Settings struct {
	Store        string // a path; "" when no flag names one and there is no home directory
	Space        string // a name, "" for the default one
	Identity     string // a path from --identity or FERRY_IDENTITY, or ""
	PassphraseFD int    // a file descriptor, or -1
	Restricted   bool
	Files        string // the one directory that --restricted leaves, or ""
}

// Sandbox is a running sandbox.
type Sandbox struct {
	URL     string
	Clients any      // marshals to the list of clients to configure
	Lines   []string // ready to paste into a shell
	Close   func() error
}

// ServeOptions is what the server is started with.
type ServeOptions struct {
	Settings    Settings
	Config      model.ServeConfig // checked, with defaults filled in and flags applied
	AdminSocket string            // a path; "" is the place beside the store, NoSocket none
	AccessLog   io.Writer         // one JSON object a line; nil for none
}

// NoSocket is the AdminSocket of a server without one.
const NoSocket = "none"

// Served is a running server.
type Served struct {
	URL         string // the origin under which others reach it
	Listen      string // host:port, with the port that was found for :0
	AdminSocket string // a path, or "" when there is none
	// Wait returns when the server has stopped: nil after Close, else what stopped it.
	Wait func() error
	// Close takes no more requests, lets those under way end, and writes what was counted.
	Close func() error
}

// ConsoleOptions is what the console is started with.
type ConsoleOptions struct {
	Settings Settings
	Sandbox  bool // on a throw-away store, with the sandbox
	NoColor  bool
}
