package command

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/transfers"
	"ferry/ui/jq"
)

// changed copies the value of a flag that was given: what was not given stays as it is.
func changed[T any](cmd *cobra.Command, flag string, to *T, value T) {
	if cmd.Flags().Changed(flag) {
		*to = value
	}
}

// sideFlags are what is sent beside the path to one side of a transfer.
type sideFlags struct{ query, headers []string }

func (f *sideFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVarP(&f.query, "query", "q", nil, "a query parameter `K=V`")
	cmd.Flags().StringArrayVarP(&f.headers, "header", "H", nil, "a header `'K: V'` of each request")
}

func (f *sideFlags) check(cmd *cobra.Command, client string) error {
	for _, text := range f.query {
		if name, _, ok := strings.Cut(text, "="); !ok || name == "" {
			return usagef(cmd, "-q %s is not K=V", model.Printable(name)).WithField("query")
		}
	}
	_, err := f.params(cmd, client)
	return err
}

// params are the headers. One whose name is secret belongs to the client.
func (f *sideFlags) params(cmd *cobra.Command, client string) (out []model.Param, err error) {
	for _, text := range f.headers {
		p, err := plainHeader(cmd, text, "ferry client update "+model.Printable(client)+" --secret-header-file %s=FILE")
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// apply puts what was given into the side of a client.
func (f *sideFlags) apply(cmd *cobra.Command, s *transfers.Side) error {
	headers, err := f.params(cmd, s.Client)
	changed(cmd, "query", &s.Query, pairs(f.query))
	changed(cmd, "header", &s.Headers, headers)
	return err
}

// readFlags are how the records of a source are found.
type readFlags struct {
	paging                               string
	items, pageParam, sizeParam          string
	cursorParam, cursorField, sinceParam string
	pageSize, firstPage                  int
}

func (f *readFlags) add(cmd *cobra.Command) {
	words := []string{"auto"}
	for _, p := range model.Pagings() {
		words = append(words, string(p))
	}
	f.paging = "auto"
	fs := cmd.Flags()
	fs.Var(choice{&f.paging, words}, "paging", "`HOW` the source divides its records: "+strings.Join(words[:len(words)-1], ", ")+" or none")
	fs.StringVar(&f.items, "items", "", "the records of a page, as a jq `EXPR`; found by itself otherwise")
	fs.IntVar(&f.pageSize, "page-size", 0, "ask for pages of `N` records")
	fs.StringVar(&f.pageParam, "page-param", "", "the parameter `NAME` with the number of the page, or the offset")
	fs.StringVar(&f.sizeParam, "size-param", "", "the parameter `NAME` with the size of a page")
	fs.IntVar(&f.firstPage, "first-page", 0, "the number `N` of the first page; found out otherwise")
	fs.StringVar(&f.cursorParam, "cursor-param", "", "the parameter `NAME` that repeats the cursor")
	fs.StringVar(&f.cursorField, "cursor-field", "", "the dotted `FIELD` of a page that holds the cursor")
	fs.StringVar(&f.sinceParam, "since-param", "", "the parameter `NAME` that asks for what changed since")
	complete(cmd, "paging", words...)
}

func (f *readFlags) check() error {
	if f.items == "" {
		return nil
	}
	_, err := jq.Compile(f.items)
	if err != nil {
		return model.AsError(err).WithField("items")
	}
	return nil
}

func (f *readFlags) apply(cmd *cobra.Command, r *model.Reading) {
	paging := model.Paging(f.paging)
	if paging == "auto" {
		paging = model.PagingAuto
	}
	first := f.firstPage
	changed(cmd, "paging", &r.Paging, paging)
	changed(cmd, "items", &r.Items, f.items)
	changed(cmd, "page-size", &r.PageSize, f.pageSize)
	changed(cmd, "page-param", &r.PageParam, f.pageParam)
	changed(cmd, "size-param", &r.SizeParam, f.sizeParam)
	changed(cmd, "first-page", &r.FirstPage, &first)
	changed(cmd, "cursor-param", &r.CursorParam, f.cursorParam)
	changed(cmd, "cursor-field", &r.CursorField, f.cursorField)
	changed(cmd, "since-param", &r.SinceParam, f.sinceParam)
}

// fileFlags are how records lie in a file.
type fileFlags struct {
	name, format, separator string
	raw                     bool
}

func (f *fileFlags) add(cmd *cobra.Command, short, usage string) {
	words := []string{string(model.NDJSON), string(model.JSONArray), string(model.CSV)}
	fs := cmd.Flags()
	fs.StringVarP(&f.name, "file", short, "", usage)
	fs.Var(choice{&f.format, words}, "format", "the format of the file; as its ending says otherwise")
	fs.StringVar(&f.separator, "csv-separator", "", "the one `CHARACTER` between the cells of CSV, or tab")
	complete(cmd, "format", words...)
}

func (f *fileFlags) check(cmd *cobra.Command) error {
	if f.name == "" {
		return usagef(cmd, "%s needs a file: -%s FILE, or - for the standard stream", cmd.CommandPath(), cmd.Flags().Lookup("file").Shorthand).
			WithField("file")
	}
	return fileNamed(cmd.Flags().Lookup("file").Shorthand, f.name)
}

// fileNamed refuses the name of an output form where a file is to be named.
func fileNamed(short, name string) error {
	if name != "json" && name != "text" {
		return nil
	}
	return model.Errorf(model.EUsage, "-%s names a file, and %q is the name of an output form", short, name).WithField("file").
		WithNext("for the form write --output %s, for a file of that name ./%s", name, name)
}

func (f *fileFlags) apply(to *model.TransferFile) {
	to.Path, to.Format, to.CSVRaw, to.Comma = f.name, model.FileFormat(f.format), f.raw, f.separator
	if slices.Contains([]string{"tab", `\t`}, f.separator) {
		to.Comma = "\t"
	}
}

// filterChecked compiles the filter of --jq, so that the store is not opened for one that
// cannot be.
func filterChecked(expr string) error {
	if expr == "" {
		return nil
	}
	_, err := jq.Compile(expr)
	return err
}
