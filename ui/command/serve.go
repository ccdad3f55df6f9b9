package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"syscall"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/serving"
)

func (a *app) serveCommand() *cobra.Command {
	var f serveFlags
	var tail tailFlags
	cmd := &cobra.Command{
		Use: "serve", Short: "Serve the hub: its token endpoints, its API and its gateway", Args: takes(),
		Long: "Serve the hub's token endpoints (POST /oauth2/token, and /spaces/SPACE/oauth2/token), its REST and\n" +
			"OData API and its gateway to the API clients (/gw/CLIENT/…, and /spaces/SPACE/gw/CLIENT/…), and run\n" +
			"its syncs when they are due, until interrupted: 0 after SIGTERM, 130 after ctrl-c; a second signal\n" +
			"ends it at once.\n" +
			"Beyond loopback it needs --public-url, and --tls-cert with --tls-key or --behind-proxy. Flags count\n" +
			"for this run; what is to stay is set with: ferry serve config set.\n\n" +
			"With --tail it shows each request as it ends, without queries, headers or bodies: of the server that\n" +
			"runs on this store already, until ctrl-c, or else of the one that it starts, which then writes no\n" +
			"access log to stderr.\n\n" +
			"With --output json the first line on stdout is one JSON object with \"url\" and \"token_urls\", and each\n" +
			"line of a tail is one, too.",
		Example: "  ferry serve --listen 127.0.0.1:8080 --alias /plt/oauth2/token\n" +
			"  ferry serve --listen 0.0.0.0:8443 --public-url https://hub.example.com:8443 --tls-cert cert.pem --tls-key key.pem\n" +
			"  ferry serve --tail --client erp --status 5xx",
	}
	f.add(cmd)
	tail.add(a, cmd)
	// No wrapper of run: here a signal is how to stop, not an interruption.
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if a.g.restricted {
			return refused("serve")
		}
		if err := tail.check(cmd, f.adminSocket); err != nil {
			return err
		}
		ctx, stop := signalled(cmd.Context())
		defer stop()
		h, err := a.open(ctx, a.storeWide())
		if err != nil {
			return err
		}
		defer closeHub(h)
		if tail.on {
			there, err := following(ctx, h, cmd)
			if err != nil {
				return err
			}
			if there {
				return a.follow(ctx, h, &tail)
			}
		}
		return a.serve(h.Context(ctx), h, cmd, &f, &tail)
	}
	cmd.AddCommand(a.serveConfig(), a.serveStatus(), a.serveSigningKey())
	return cmd
}

// serve starts the server, says where it is, and stays until a signal or a failure.
func (a *app) serve(ctx context.Context, h *hub.Hub, cmd *cobra.Command, f *serveFlags, tail *tailFlags) error {
	config, err := h.Serving.Config(ctx)
	if err != nil {
		return err
	}
	if err := f.apply(cmd, &config); err != nil {
		return err
	}
	if err := serving.Check(config); err != nil {
		return err
	}
	log, err := a.accessLog(f.accessLogWith(tail.on))
	if err != nil {
		return err
	}
	defer log.Close()
	o := ServeOptions{Settings: a.storeWide(), Config: config, AdminSocket: f.adminSocket, AccessLog: log.w}
	served, err := a.env.Serve(ctx, h, o)
	if err != nil {
		return stoppedEarly(ctx, err)
	}
	defer func() { _ = served.Close() }()
	if err := a.announceServed(ctx, h, &served); err != nil {
		return err
	}
	end := a.beside(ctx, h, tail)
	defer end()
	return stopped(ctx, &served)
}

// stopped waits for the end of the server and says what came of it.
func stopped(ctx context.Context, served *Served) error {
	failed := make(chan error, 1)
	go func() { failed <- served.Wait() }()
	select {
	case err := <-failed:
		if ctx.Err() == nil {
			if err == nil {
				err = model.Errorf(model.EInternal, "the server stopped")
			}
			return err
		}
	case <-ctx.Done():
	}
	if err := served.Close(); err != nil {
		return err
	}
	return howStopped(ctx)
}

// howStopped is the end that the signal stands for: SIGTERM is how a supervisor stops a
// server, everything else is a person's interruption.
func howStopped(ctx context.Context) error {
	var by stopSignal
	if errors.As(context.Cause(ctx), &by) && by.Signal == syscall.SIGTERM {
		return nil
	}
	return model.Errorf(model.EInterrupted, "interrupted")
}

// stoppedEarly is what a start came to that a signal cut off.
func stoppedEarly(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return howStopped(ctx)
	}
	return err
}

// servedView is the first line of a server for scripts.
type servedView struct {
	URL         string            `json:"url"`
	Listen      string            `json:"listen"`
	TokenURLs   map[string]string `json:"token_urls"` // by the space's name
	AdminSocket *string           `json:"admin_socket"`
}

func (a *app) announceServed(ctx context.Context, h *hub.Hub, s *Served) error {
	all, err := h.Spaces.List(ctx)
	if err != nil {
		return stoppedEarly(ctx, err)
	}
	view := servedView{URL: s.URL, Listen: s.Listen, TokenURLs: map[string]string{}}
	if s.AdminSocket != "" {
		view.AdminSocket = &s.AdminSocket
	}
	for _, sp := range all {
		if !sp.Deleting {
			view.TokenURLs[sp.Name] = tokenURL(s.URL, sp.Name)
		}
	}
	err = a.show(view, func(w io.Writer) {
		fmt.Fprintf(w, "Serving %s (space default: %s)\n", model.Printable(s.URL), model.Printable(tokenURL(s.URL, model.DefaultSpace)))
		if s.AdminSocket != "" {
			fmt.Fprintf(w, "Status, health and metrics: %s\n", model.Printable(s.AdminSocket))
		}
	})
	if err != nil {
		return err
	}
	return a.out.err
}

// tokenURL is the token endpoint of a space of the hub at origin.
func tokenURL(origin, space string) string {
	if space == model.DefaultSpace {
		return origin + "/oauth2/token"
	}
	return origin + "/spaces/" + url.PathEscape(space) + "/oauth2/token"
}
