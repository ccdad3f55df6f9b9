package command

import (
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
)

// tailFlags choose what is shown of the requests that a server answers.
type tailFlags struct {
	on     bool
	client string
	status string
	filter model.TailFilter
	exact  int // a whole status, 0 for any
}

func (f *tailFlags) add(a *app, cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.BoolVar(&f.on, "tail", false, "show each request as it ends: of the server that runs on this store, else of the one that is started")
	fs.StringVar(&f.client, "client", "", "with --tail, only requests through the gateway to this API client, by `NAME`")
	fs.StringVar(&f.status, "status", "", "with --tail, only this `STATUS`, as 404, or a class, as 5xx")
	a.value(cmd, "client", a.storeWide, nil, listClientNames)
	complete(cmd, "status", "2xx", "3xx", "4xx", "5xx")
}

// check reads the filters.
func (f *tailFlags) check(cmd *cobra.Command, adminSocket string) error {
	if !f.on {
		for _, name := range []string{"client", "status"} {
			if cmd.Flags().Changed(name) {
				return usagef(cmd, "--%s goes with --tail", name).WithField(name)
			}
		}
		return nil
	}
	if adminSocket != "" {
		return usagef(cmd, "--tail reads the admin socket beside the store, so it does not go with --admin-socket").
			WithField("admin_socket")
	}
	f.filter.Client = f.client
	if f.status == "" {
		return nil
	}
	class, isClass := strings.CutSuffix(strings.ToLower(f.status), "xx")
	n, err := strconv.Atoi(class)
	switch {
	case err == nil && isClass && n >= 1 && n <= 5:
		f.filter.Class = n
	case err == nil && !isClass && n >= 100 && n <= 599:
		f.filter.Class, f.exact = n/100, n
	default:
		return usagef(cmd, "--status %s is neither a status, as 404, nor a class, as 5xx", model.Printable(f.status)).WithField("status")
	}
	return nil
}

// starting are the flags that only say how to start a server.
var starting = []string{
	"listen", "public-url", "tls-cert", "tls-key", "alias", "behind-proxy", "admin-socket", "admin-listen", "access-log",
}

// following reports whether there is a server to follow, rather than one to start.
func following(ctx context.Context, h *hub.Hub, cmd *cobra.Command) (bool, error) {
	for _, name := range starting {
		if cmd.Flags().Changed(name) {
			return false, nil
		}
	}
	_, err := h.Server.Status(ctx)
	if model.CodeOf(err) == model.ENotFound {
		return false, nil
	}
	return err == nil, err
}

// follow shows the requests of a server that runs until it stops or a signal comes.
func (a *app) follow(ctx context.Context, h *hub.Hub, f *tailFlags) error {
	if !a.json() {
		fmt.Fprintln(a.errOut, "ferry: note: following the requests of the server that runs on this store")
	}
	err := h.Server.Tail(ctx, f.filter, f.to(a, a.out))
	switch {
	case ctx.Err() != nil:
		return howStopped(ctx)
	case err != nil:
		return err
	}
	a.note("server", "the server stopped")
	return nil
}

// beside shows the requests of a server that this process runs. The function that it
// returns waits for the last line, after the server was closed.
func (a *app) beside(ctx context.Context, h *hub.Hub, f *tailFlags) (end func()) {
	if !f.on {
		return func() {}
	}
	// A signal stops the server, and that ends the tail: requests under way are shown too.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		// A terminal that has gone is no reason to stop serving.
		if err := h.Server.Tail(ctx, f.filter, f.to(a, a.env.Stdout)); err != nil && ctx.Err() == nil {
			a.note("tail", "requests are not shown any more: "+model.AsError(err).Message)
		}
	}()
	return func() {
		defer cancel()
		select {
		case <-done:
		case <-time.After(tailEnd):
		}
	}
}

// tailEnd bounds the wait for the last lines.
const tailEnd = 2 * time.Second

// to returns what writes the line of one request.
func (f *tailFlags) to(a *app, w io.Writer) func(model.ServedRequest) error {
	watched := &watchedWriter{w: w}
	return func(r model.ServedRequest) error {
		if f.exact != 0 && r.Status != f.exact {
			return nil
		}
		if a.json() {
			writeJSON(watched, r)
		} else {
			if r.Lost > 0 {
				fmt.Fprintf(watched, "(%s more than this terminal could take)\n", count(int(min(r.Lost, math.MaxInt32)), "request"))
			}
			fmt.Fprintln(watched, model.Printable(requestLine(&r)))
		}
		return watched.err
	}
}

// requestLine is one request as a line for a person: what is of one width first.
func requestLine(r *model.ServedRequest) string {
	line := fmt.Sprintf("%s  %d  %8s  %-15s  %-16s  %s %s", utc(r.At), r.Status, took(r.Duration), r.Addr, dash(r.Client), r.Method, r.Path)
	if r.Upstream != "" {
		line += "  to " + r.Upstream
	}
	if r.Reason != "" {
		line += "  " + r.Reason
	}
	return line
}

// took is how long a request took, in four digits or fewer.
func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
