package command

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/curl"
	"ferry/model/hub"
)

// importFlags are what the line itself may not say.
type importFlags struct {
	input, baseURL               string
	allowHTTP, protected, dryRun bool
}

// importView is the client that a line became, and what the line asks for.
type importView struct {
	clients.View
	Request *requestView `json:"request"` // null: the line asks for a token
	Notes   []string     `json:"notes"`
}

// requestView is a request with its secrets as {"set":true}; the body may hold some.
type requestView struct {
	Method  string       `json:"method"`
	Path    string       `json:"path"`
	Query   []paramView  `json:"query"`
	Headers []paramView  `json:"headers"`
	Body    model.Secret `json:"body"`
}

type paramView struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

func (a *app) clientImportCurl() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use: "import-curl [NAME]", Short: "Create an API client from a pasted curl command", Args: nameNotLine,
		Long: "Create an API client from one curl command, as shells and browsers write it. The command is\n" +
			"read from stdin, from a file, or pasted on the terminal, never from an argument: it may hold\n" +
			"secrets. Nothing is run and no file that the command names is read. Without NAME the name\n" +
			"comes from the host.",
		Example: "  ferry client import-curl djust-erp -i request.txt\n" +
			"  xclip -o | ferry client import-curl --dry-run\n" +
			"  ferry client import-curl dvinci --base-url https://jobs.example.com < token-request.txt",
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		// Behind the letter stands the rest of the word, which may be a secret.
		text, _, _ := strings.Cut(err.Error(), " in -")
		return usagef(cmd, "%s", model.Printable(text)).WithNext("options of curl belong into stdin or the file; for ferry's see: %s --help", cmd.CommandPath())
	})
	fs := cmd.Flags()
	fs.StringVarP(&f.input, "input", "i", "-", "read the curl command from `FILE`, - for stdin or a paste")
	fs.StringVar(&f.baseURL, "base-url", "", "the API's base `URL` instead of the one in the command")
	fs.BoolVar(&f.allowHTTP, "allow-http", false, "allow plain http beyond this host")
	fs.BoolVar(&f.protected, "protected", false, "whatever changes data there asks for the name")
	fs.BoolVar(&f.dryRun, "dry-run", false, "show the client, secrets masked, and store nothing")
	cmd.RunE = a.withHub(func(ctx context.Context, h *hub.Hub, args []string) error {
		return a.importCurl(ctx, h, &f, args)
	})
	return cmd
}

// nameNotLine is the rule for the arguments: a name, and never the curl command itself,
// which is not repeated either.
func nameNotLine(cmd *cobra.Command, args []string) error {
	if len(args) == 0 || len(args) == 1 && args[0] != "curl" && !strings.ContainsAny(args[0], " \t\n") {
		return nil
	}
	return usagef(cmd, "%s takes one name at most, and the curl command not as arguments: others on this host could read them", cmd.CommandPath()).
		WithNext("pipe the command in, or give a file with -i FILE")
}

func (a *app) importCurl(ctx context.Context, h *hub.Hub, f *importFlags, args []string) error {
	line, err := a.curlLine(ctx, f.input)
	if err != nil {
		return err
	}
	got, err := curl.Parse(line)
	if err != nil {
		return err
	}
	if err := f.apply(&got, args); err != nil {
		return err
	}
	var saved clients.Saved
	if f.dryRun {
		saved.Client, err = h.Clients.Preview(ctx, h.Space, "", got.Draft)
	} else {
		saved, err = a.createImported(ctx, h, &got.Draft)
	}
	if err != nil {
		return err
	}
	if !a.json() {
		for _, n := range got.Notes {
			a.note("curl", n)
		}
	}
	a.warn(saved.Warnings)
	return a.showImport(h, &saved.Client, &got, f.dryRun)
}

// apply puts what the flags say over what the line says.
func (f *importFlags) apply(got *curl.Import, args []string) error {
	d := &got.Draft
	if len(args) > 0 {
		d.Name = args[0]
	}
	if d.Name == "" {
		return model.Errorf(model.EInvalid, "no name can be made of the host in the command").WithField("name").
			WithNext("give one: ferry client import-curl NAME")
	}
	d.AllowHTTP, d.Protected = f.allowHTTP, f.protected
	if f.baseURL == "" {
		return nil
	}
	if !got.Token && model.Origin(f.baseURL) != model.Origin(d.BaseURL) {
		// Else the headers of the line, its secrets among them, would go to another server.
		return model.Errorf(model.EInvalid, "--base-url is at another host than the URL of the command").WithField("base_url").
			WithNext("leave it out, or give the host of the command")
	}
	if !got.Token {
		rest, ok := below(got.Request.Path, f.baseURL)
		if !ok {
			return model.Errorf(model.EInvalid, "--base-url is not the beginning of the URL of the command").WithField("base_url").
				WithNext("leave it out: the path stays with the call")
		}
		got.Request.Path = rest
	}
	d.BaseURL = f.baseURL
	return nil
}

// below returns what a path has behind the path of a base URL.
func below(path, base string) (string, bool) {
	u, err := url.Parse(base)
	if err != nil {
		return "", false
	}
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(u.EscapedPath(), "/"))
	return rest, ok && (rest == "" || rest[0] == '/' || rest[0] == '?')
}

func (a *app) createImported(ctx context.Context, h *hub.Hub, d *clients.Draft) (saved clients.Saved, err error) {
	if err := a.askSecrets(ctx, d); err != nil {
		return saved, err
	}
	err = a.confirmed(ctx, h.Space.Name, "", func(confirm string) (err error) {
		saved, err = h.Clients.Create(ctx, h.Space, *d, confirm)
		return err
	})
	return saved, err
}

func (a *app) showImport(h *hub.Hub, c *model.Client, got *curl.Import, dryRun bool) error {
	view := importView{View: clients.ViewOf(h.Space, c), Notes: append([]string{}, got.Notes...)}
	if !got.Token {
		view.Request = requestViewOf(&got.Request)
	}
	return a.show(view, func(w io.Writer) {
		if dryRun {
			describe(w, h.Space, c)
		} else {
			say("Created %s (revision %d)", c.Name, c.Revision)(w)
		}
		say("Try: %s", tryLine(c.Name, got))(w)
	})
}

func requestViewOf(r *model.Request) *requestView {
	path, query := maskedPath(r.Path)
	v := &requestView{Method: r.Method, Path: path + query, Query: []paramView{}, Headers: []paramView{}, Body: model.NewSecret(string(r.Body))}
	for _, q := range r.Query {
		v.Query = append(v.Query, paramViewOf(q, curl.SecretParam(q.Name)))
	}
	for _, h := range r.Headers {
		v.Headers = append(v.Headers, paramViewOf(h, clients.SecretByName(h.Name)))
	}
	return v
}

func paramViewOf(p model.Param, secret bool) paramView {
	if secret {
		return paramView{p.Name, model.NewSecret(p.Value)}
	}
	return paramView{p.Name, p.Value}
}

// maskedPath returns a path and its query with a mask for what is secret by its name.
func maskedPath(raw string) (path, query string) {
	path, query, ok := strings.Cut(raw, "?")
	if !ok {
		return path, ""
	}
	parts := strings.Split(query, "&")
	for i, part := range parts {
		if name, _, has := strings.Cut(part, "="); has && curl.SecretParam(name) {
			parts[i] = name + "=" + model.Mask
		}
	}
	return path, "?" + strings.Join(parts, "&")
}

// tryLine is the command that makes the request of the line with the new client. The body
// is not shown: it may hold a secret.
func tryLine(name string, got *curl.Import) string {
	if got.Token {
		return "ferry token " + name
	}
	r := &got.Request
	path, query := maskedPath(r.Path)
	var b strings.Builder
	fmt.Fprintf(&b, "ferry call %s ", name)
	if r.Method != http.MethodGet {
		b.WriteString(clients.ShellQuote(r.Method) + " ")
	}
	b.WriteString(clients.ShellQuote(path + query))
	for _, q := range r.Query {
		value := q.Value
		if curl.SecretParam(q.Name) {
			value = model.Mask
		}
		b.WriteString(" -q " + clients.ShellQuote(q.Name+"="+value))
	}
	for _, h := range r.Headers {
		if clients.SecretByName(h.Name) {
			continue // refused on a command line
		}
		b.WriteString(" -H " + clients.ShellQuote(h.Name+": "+h.Value))
	}
	if len(r.Body) > 0 {
		b.WriteString(" -d @BODY.FILE")
	}
	return b.String()
}
