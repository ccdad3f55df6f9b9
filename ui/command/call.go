package command

import (
	"context"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/ui/jq"
)

type callFlags struct {
	query, headers []string
	data           string
	jq             string
	file           string
	include        bool
	history        bool
}

func (a *app) callCommand() *cobra.Command {
	var f callFlags
	cmd := &cobra.Command{
		Use: "call CLIENT [METHOD] PATH", Short: "Make one authorised request and print the answer's body",
		Long: "Make one authorised request to a client's API and print the body of the answer. PATH is\n" +
			"appended to the base URL. METHOD is GET, or POST when -d is given. An answer of 400 or more\n" +
			"still prints its body, and exits 6.",
		Example: "  ferry call dvinci /restApi/dvinciUsers/ --jq '.[0].userName'\n" +
			"  ferry call djust-erp POST /erp/products -d @product.json -H 'Idempotency-Key: 17'\n" +
			"  ferry call djust-erp /erp/products -q page=2 -q size=50 -o page2.json",
		Args: func(cmd *cobra.Command, args []string) error {
			if f.history {
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
	fs.StringVarP(&f.data, "data", "d", "", "the body: `TEXT`, @FILE, or @- for stdin")
	fs.StringVar(&f.jq, "jq", "", "filter the body with this jq `EXPR`; one result a line, strings as they are")
	fs.StringVarP(&f.file, "file", "o", "", "write the body to `FILE`")
	fs.BoolVarP(&f.include, "include", "i", false, "print the status and the headers before the body")
	fs.BoolVar(&f.history, "history", false, "list the last calls of the client instead")
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
	return cmd
}

func (f *callFlags) check(cmd *cobra.Command) error {
	if f.file == "json" || f.file == "text" {
		return model.Errorf(model.EUsage, "-o names a file, and %q is the name of an output form", f.file).WithField("file").
			WithNext("for the form write --output %s, for a file of that name ./%s", f.file, f.file)
	}
	if f.jq != "" && f.file != "" {
		return usagef(cmd, "--jq prints to stdout, -o writes the whole body to a file: give one of them")
	}
	if f.jq != "" {
		if _, err := jq.Compile(f.jq); err != nil {
			return err
		}
	}
	for _, q := range f.query {
		if name, _, ok := strings.Cut(q, "="); !ok || name == "" {
			return usagef(cmd, "-q %s is not K=V", model.Printable(q)).WithField("query")
		}
	}
	return nil
}

func (a *app) call(ctx context.Context, cmd *cobra.Command, h *hub.Hub, f *callFlags, args []string) error {
	c, err := h.Clients.ByName(ctx, h.Space, args[0])
	if err != nil {
		return err
	}
	if f.history {
		return a.callHistory(ctx, h, &c)
	}
	r, err := a.request(cmd, f, c.Name, args[1:])
	if err != nil {
		return err
	}
	var out *saved
	if f.file != "" {
		if out, err = a.saveTo(ctx, f.file); err != nil {
			return err
		}
		defer out.discard()
		r.Sink = out
	} else if a.streams(f) {
		r.Sink = a.out
	}
	var resp model.Response
	err = a.confirmed(ctx, c.Name, "", func(confirm string) (err error) {
		resp, err = h.Calls.Do(ctx, h.Space, &c, r, confirm)
		return err
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

// saveTo begins the file of -o. On a terminal a file that is there is asked about.
func (a *app) saveTo(ctx context.Context, name string) (*saved, error) {
	if a.files().isRegular(name) {
		ok, err := a.agreed(ctx, model.Printable(name)+" exists. Overwrite it?")
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, model.Errorf(model.EConfirm, "%s was left as it is, and no call was made", model.Printable(name)).
				WithNext("choose another name, or add --yes")
		}
	}
	return a.files().save(name)
}

// request builds the request from flags and the arguments behind the client's name.
func (a *app) request(cmd *cobra.Command, f *callFlags, client string, args []string) (model.Request, error) {
	r := model.Request{Method: http.MethodGet, Path: args[len(args)-1]}
	if cmd.Flags().Changed("data") {
		r.Method = http.MethodPost
		body, err := a.requestBody(f.data)
		if err != nil {
			return r, err
		}
		r.Body = body
	}
	if len(args) == 2 {
		r.Method = strings.ToUpper(args[0])
	}
	for _, q := range f.query {
		name, value, _ := strings.Cut(q, "=")
		r.Query = append(r.Query, model.Param{Name: name, Value: value})
	}
	for _, text := range f.headers {
		p, err := plainHeader(cmd, text, "ferry client update "+client+" --secret-header-file %s=FILE")
		if err != nil {
			return r, err
		}
		r.Headers = append(r.Headers, p)
	}
	return r, nil
}

func (a *app) requestBody(data string) ([]byte, error) {
	if name, ok := strings.CutPrefix(data, "@"); ok {
		return a.readFile(name, "data", maxBodyFile)
	}
	return []byte(data), nil
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
