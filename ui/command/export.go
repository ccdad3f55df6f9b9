package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
)

type exportFlags struct {
	file            fileFlags
	side            sideFlags
	read            readFlags
	columns         []string
	jq, since       string
	limit           int64
	gzip            bool
	resume, restart bool
}

func (a *app) exportCommand() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use: "export CLIENT PATH -o FILE", Short: "Write the records of an API to a file, page after page",
		Long: "Write the records that a client's API has at PATH to a file: NDJSON, a JSON array or CSV, as the\n" +
			"ending of FILE or --format says, and gzip where it ends in .gz. How the API divides its records into\n" +
			"pages and where they are in a page is found out, or set.\n\n" +
			"FILE appears when it is whole, for its owner only. An export that was cut off goes on with --resume,\n" +
			"and makes the same file; ctrl-c pauses it. With -o - the records go to stdout, and cannot be resumed.",
		Example: "  ferry export erp /erp/products -o products.ndjson\n" +
			"  ferry export erp /erp/products -o products.csv --columns sku,name,price\n" +
			"  ferry export hr /odata/v4/JobPostings -o postings.json.gz\n" +
			"  ferry export erp /erp/products -o changed.ndjson --since 2026-01-01T00:00:00Z --since-param updatedSince\n" +
			"  ferry export analytics /data-api/v1/orders -o - --limit 500 | wc -l",
		Args: takes("CLIENT", "PATH"), ValidArgsFunction: a.clientNames,
	}
	f.add(cmd)
	open := a.withHub(func(ctx context.Context, h *hub.Hub, args []string) error {
		return a.export(ctx, cmd, h, &f, args)
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := f.check(cmd, args[0]); err != nil {
			return err
		}
		if f.gzip && f.file.name == "-" && a.env.Terminals.Out {
			return usagef(cmd, "compressed bytes are not for a terminal").WithField("gzip").WithNext("send them into a file: -o FILE")
		}
		return open(cmd, args)
	}
	return cmd
}

func (f *exportFlags) add(cmd *cobra.Command) {
	f.file.add(cmd, "o", "write the records to `FILE`, or to stdout for -")
	fs := cmd.Flags()
	fs.BoolVar(&f.gzip, "gzip", false, "compress the file")
	fs.StringSliceVar(&f.columns, "columns", nil, "the columns of CSV `a,b.c`; discovered from the first page otherwise")
	fs.BoolVar(&f.file.raw, "csv-raw", false, "leave cells as they are that a spreadsheet takes for a formula")
	fs.StringVar(&f.jq, "jq", "", "shape each record with this jq `EXPR`")
	f.side.add(cmd)
	f.read.add(cmd)
	fs.StringVar(&f.since, "since", "", "only what changed after `VALUE`, as the API writes it; see --since-param")
	fs.Int64Var(&f.limit, "limit", 0, "`N` records at most")
	fs.BoolVar(&f.resume, "resume", false, "go on with the export to this file that was cut off")
	fs.BoolVar(&f.restart, "restart", false, "give up the export to this file that was cut off, and begin again")
}

func (f *exportFlags) check(cmd *cobra.Command, client string) error {
	if err := f.file.check(cmd); err != nil {
		return err
	}
	if err := resumeChecked(cmd, f.resume, f.restart, f.file.name); err != nil {
		return err
	}
	if err := f.side.check(cmd, client); err != nil {
		return err
	}
	if err := f.read.check(); err != nil {
		return err
	}
	return filterChecked(f.jq)
}

// resumeChecked refuses what contradicts --resume.
func resumeChecked(cmd *cobra.Command, resume, restart bool, name string) error {
	switch {
	case resume && restart:
		return usagef(cmd, "--resume and --restart exclude one another: give one of them").WithField("restart")
	case resume && name == "-":
		return usagef(cmd, "a transfer from or to the standard stream cannot be resumed").WithField("resume").
			WithNext("name a file")
	}
	return nil
}

func (f *exportFlags) draft(cmd *cobra.Command, args []string) (transfers.Draft, error) {
	d := transfers.Draft{Kind: model.KindExport, Source: transfers.Side{Client: args[0], Path: args[1]}, Shape: f.jq}
	f.file.apply(&d.File)
	d.File.Gzip, d.File.Columns = f.gzip, f.columns
	f.read.apply(cmd, &d.Read)
	d.Read.Since, d.Read.Limit = f.since, f.limit
	return d, f.side.apply(cmd, &d.Source)
}

func (a *app) export(ctx context.Context, cmd *cobra.Command, h *hub.Hub, f *exportFlags, args []string) error {
	d, err := f.draft(cmd, args)
	if err != nil {
		return err
	}
	m := &move{
		target: args[0], clients: args[:1], file: f.file.name, goesOn: a.again(),
		options: transfers.Options{Resume: f.resume, Restart: f.restart, Replace: a.g.yes},
		run: func(ctx context.Context, o transfers.Options) (transfers.Status, error) {
			return a.begun(ctx, h, d, o)
		},
	}
	if f.file.name == "-" {
		m.toStdout, m.lost = true, true
		out, done := a.recordsOut()
		defer done()
		m.options.Out = out
	} else if !a.g.yes && a.interactive() {
		if m.options.Replace, err = a.mayReplace(ctx, f.file.name, "nothing was exported"); err != nil {
			return err
		}
	}
	return a.move(ctx, h, m)
}
