package command

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/calls"
	"ferry/model/clients"
	"ferry/model/hub"
	"ferry/ui/jq"
)

type callFlags struct {
	query, headers []string
	form, places   []string
	data           string
	jq             string
	file           string
	include        bool
	history, saved bool
	save, run      string
	forget         string
}

func (a *app) callCommand() *cobra.Command {
	var f callFlags
	cmd := &cobra.Command{
		Use: "call CLIENT [METHOD] PATH", Short: "Make one authorised request and print the answer's body",
		Long: "Make one authorised request to a client's API and print the body of the answer. PATH is\n" +
			"appended to the base URL. METHOD is GET, or POST when -d is given. An answer of 400 or more\n" +
			"still prints its body, and exits 6.\n\n" +
			"A {name} in PATH is filled with -p name=VALUE. --save keeps the call under a name before it\n" +
			"is made; where a place has no value yet it is only kept. --run makes a call that was kept:\n" +
			"-q and -H replace a parameter or header of the same name, -p, -d, -F and --jq what was kept.",
		Example: "  ferry call dvinci /restApi/dvinciUsers/ --jq '.[0].userName'\n" +
			"  ferry call djust-erp POST /erp/products -d @product.json -H 'Idempotency-Key: 17'\n" +
			"  ferry call djust-erp /erp/products -q page=2 -q size=50 -o page2.json\n" +
			"  ferry call djust-erp '/erp/products/{sku}' --save product\n" +
			"  ferry call djust-erp --run product -p sku=A-1",
		Args: func(cmd *cobra.Command, args []string) error {
			if f.instead() || f.run != "" {
				return takes("CLIENT")(cmd, args)
			}
			if len(args) == 3 {
				return nil
			}
			return takes("CLIENT", "PATH")(cmd, args)
		},
		ValidArgsFunction: a.clientNames,
	}
	fs := cmd.Flags()
	fs.StringArrayVarP(&f.query, "query", "q", nil, "a query parameter `K=V`")
	fs.StringArrayVarP(&f.headers, "header", "H", nil, "a header `'K: V'` of this request")
	fs.StringArrayVarP(&f.places, "path", "p", nil, "the value of a {name} in the path `NAME=VALUE`")
	fs.StringVarP(&f.data, "data", "d", "", "the body: `TEXT`, @FILE, or @- for stdin")
	fs.StringArrayVarP(&f.form, "form", "F", nil, "a form field of the body `K=V`, or K=@FILE for its value")
	fs.StringVar(&f.jq, "jq", "", "filter the body with this jq `EXPR`; one result a line, strings as they are")
	fs.StringVarP(&f.file, "file", "o", "", "write the body to `FILE`")
	fs.BoolVarP(&f.include, "include", "i", false, "print the status and the headers before the body")
	fs.BoolVar(&f.history, "history", false, "list the last calls of the client instead")
	fs.StringVar(&f.save, "save", "", "keep the call under `NAME`; what is secret by its name is left out")
	fs.StringVar(&f.run, "run", "", "make the saved call `NAME`")
	fs.BoolVar(&f.saved, "saved", false, "list the saved calls of the client instead")
	fs.StringVar(&f.forget, "forget", "", "delete the saved call `NAME` instead")
	for _, flag := range []string{"run", "forget", "save"} {
		_ = cmd.RegisterFlagCompletionFunc(flag, a.savedNames) // it fails only for a flag that does not exist
	}
	cmd.RunE = a.withHub(func(ctx context.Context, h *hub.Hub, args []string) error {
		return a.call(ctx, cmd, h, &f, args)
	})
	// The store is not opened for a command line that cannot work.
	open := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := f.check(cmd); err != nil {
			return err
		}
		return open(cmd, args)
	}
	return a.withODataSets(cmd)
}

func (f *callFlags) check(cmd *cobra.Command) error {
	if err := fileNamed("o", f.file); err != nil {
		return err
	}
	if f.jq != "" && f.file != "" {
		return usagef(cmd, "--jq prints to stdout, -o writes the whole body to a file: give one of them")
	}
	if f.jq != "" {
		if _, err := jq.Compile(f.jq); err != nil {
			return err
		}
	}
	for _, apart := range [][]string{{"history", "saved", "forget", "run", "save"}, {"data", "form"}} {
		given := slices.DeleteFunc(apart, func(name string) bool { return !cmd.Flags().Changed(name) })
		if len(given) > 1 {
			return usagef(cmd, "--%s and --%s exclude one another: give one of them", given[0], given[1]).WithField(given[1])
		}
	}
	for _, name := range []string{"save", "run", "forget"} {
		if cmd.Flags().Changed(name) && cmd.Flags().Lookup(name).Value.String() == "" {
			return usagef(cmd, "--%s needs a name", name).WithField(name)
		}
	}
	for _, of := range []struct {
		flag, field string
		pairs       []string
	}{{"-q", "query", f.query}, {"-p", "path", f.places}, {"-F", "form", f.form}} {
		for _, pair := range of.pairs {
			name, value, ok := strings.Cut(pair, "=")
			if !ok || name == "" {
				return usagef(cmd, "%s %s is not K=V", of.flag, model.Printable(name)).WithField(of.field)
			}
			if of.flag == "-F" && clients.SecretByName(name) && !strings.HasPrefix(value, "@") {
				return model.Errorf(model.EUsage, "the value of %s is a secret and does not belong on the command line", model.Printable(name)).
					WithField("form").WithNext("put it into a file: -F %s=@FILE", model.Printable(name))
			}
		}
	}
	return nil
}

// instead reports whether the flags ask for something else than a call.
func (f *callFlags) instead() bool { return f.history || f.saved || f.forget != "" }

func (a *app) call(ctx context.Context, cmd *cobra.Command, h *hub.Hub, f *callFlags, args []string) error {
	c, err := h.Clients.ByName(ctx, h.Space, args[0])
	if err != nil {
		return err
	}
	switch {
	case f.history:
		return a.callHistory(ctx, h, &c)
	case f.saved:
		return a.savedCalls(ctx, h, &c)
	case f.forget != "":
		return a.forgetCall(ctx, h, &c, f.forget)
	}
	call, err := a.planned(ctx, cmd, h, &c, f, args[1:])
	if err != nil {
		return err
	}
	if f.save != "" {
		made, err := a.saveCall(ctx, h, &c, call)
		if err != nil || !made {
			return err
		}
	}
	a.noteInsecure(&c)
	r, err := calls.Fill(call.Request, call.PathParams)
	if err != nil {
		return placesError(err, call.Request.Path)
	}
	if err := a.makeCall(ctx, h, &c, f, r); err != nil || f.save == "" || a.json() {
		return err
	}
	fmt.Fprintf(a.errOut, "saved as %s; make it again with: ferry call %s --run %s\n", f.save, c.Name, f.save)
	return nil
}

// makeCall makes the call, and prints the answer or writes it to the file.
func (a *app) makeCall(ctx context.Context, h *hub.Hub, c *model.Client, f *callFlags, r model.Request) error {
	var out *saved
	var err error
	if f.file != "" {
		if out, err = a.saveTo(ctx, f.file); err != nil {
			return err
		}
		defer out.discard()
		counted := a.received(h.Now, out)
		defer counted.line.end()
		r.Sink = counted
	} else if a.streams(f) {
		r.Sink = a.out
	}
	var resp model.Response
	err = a.confirmed(ctx, c.Name, "", func(confirm string) error {
		return a.signedIn(ctx, h, c, func() (err error) {
			resp, err = h.Calls.Do(ctx, h.Space, c, r, confirm)
			return err
		})
	})
	if err != nil {
		return err
	}
	// The body of an answer that is no success is for a person to read: it goes neither
	// to the file nor through the filter.
	switch {
	case resp.Status >= http.StatusBadRequest:
		f.file, f.jq = "", ""
	case out == nil:
	case resp.Status/100 == 2:
		if err := out.commit(); err != nil {
			return err
		}
	default:
		f.file = ""
	}
	if err := a.showResponse(ctx, f, &resp); err != nil {
		return err
	}
	return answerError(&r, &resp)
}

// streams reports whether the body goes to stdout as it comes, however long it is: as
// it is, to something that is no terminal.
func (a *app) streams(f *callFlags) bool {
	return !a.env.Terminals.Out && !a.json() && f.jq == "" && !f.include
}

// answerError is what an answer means for the exit code.
func answerError(r *model.Request, resp *model.Response) error {
	if resp.Status >= http.StatusBadRequest {
		e := model.Errorf(model.EUpstream, "%s %s: the other system answered %d %s", r.Method, model.Printable(r.Path),
			resp.Status, http.StatusText(resp.Status))
		switch resp.Status {
		case http.StatusUnauthorized, http.StatusForbidden:
			return e.WithNext("look at the credentials and the scopes of the client")
		case http.StatusNotFound:
			return e.WithNext("look at the path; it is appended to the base URL")
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			return e.WithNext("try again later")
		}
		return e
	}
	if resp.Truncated {
		return model.Errorf(model.EUpstream, "the body is larger than %d MiB and was cut there", model.MaxShownBody>>20).
			WithNext("take all of it with -o FILE, or ask for less")
	}
	return nil
}
