package command

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
)

type loadFlags struct {
	file            fileFlags
	side            sideFlags
	write           writeFlags
	renamed         []string
	jq, rejects     string
	resume, restart bool
	dryRun          bool
}

// writeFlags are how records are sent to a target.
type writeFlags struct {
	method, batchField, idempotency, createPath string
	batch, parallel                             int
	maxRejects                                  int64
	upsert, wholeOnly                           bool
}

func (a *app) importCommand() *cobra.Command {
	var f loadFlags
	cmd := &cobra.Command{
		Use: "import CLIENT PATH -i FILE", Short: "Send the records of a file to an API, one request a record or in batches",
		Long: "Send the records of a file (NDJSON, a JSON array or CSV, also compressed with gzip) to a client's\n" +
			"API: POST to PATH, or PUT or PATCH, where a {field} in PATH is filled from each record.\n\n" +
			"What the API refuses goes to FILE.rejects.ndjson with the reason, and the rest goes on. An import that\n" +
			"was cut off goes on with --resume: what the API acknowledged is not sent again, and what was in flight\n" +
			"is sent under the same Idempotency-Key. --dry-run shows the first requests and sends none.",
		Example: "  ferry import erp '/erp/products/{sku}' -i products.ndjson --dry-run\n" +
			"  ferry import erp '/erp/products/{sku}' -i products.csv --method PUT\n" +
			"  ferry import erp '/erp/products/{sku}' -i products.json --method PUT --jq '.price *= 1.1' --parallel 8\n" +
			"  ferry import erp '/erp/products/{sku}' -i stock.csv --upsert --create-path '/erp/products/{sku}' --map article=sku",
		Args: takes("CLIENT", "PATH"), ValidArgsFunction: a.clientNames,
	}
	f.add(cmd)
	open := a.withHub(func(ctx context.Context, h *hub.Hub, args []string) error {
		return a.importing(ctx, cmd, h, &f, args)
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := f.check(cmd, args[0]); err != nil {
			return err
		}
		return open(cmd, args)
	}
	return cmd
}

func (f *loadFlags) add(cmd *cobra.Command) {
	f.file.add(cmd, "i", "read the records from `FILE`, or from stdin for -")
	fs := cmd.Flags()
	fs.BoolVar(&f.file.raw, "csv-raw", false, "leave the ' before what a spreadsheet takes for a formula")
	fs.StringArrayVar(&f.renamed, "map", nil, "a column of CSV under another, dotted name `COLUMN=FIELD`")
	fs.StringVar(&f.jq, "jq", "", "shape each record with this jq `EXPR`")
	f.side.add(cmd)
	f.write.addMethod(cmd, "POST")
	f.write.addRest(cmd)
	fs.StringVar(&f.rejects, "rejects", "", "what is refused goes to `FILE` (default FILE.rejects.ndjson)")
	fs.BoolVar(&f.dryRun, "dry-run", false, "print the first requests, and send none")
	fs.BoolVar(&f.resume, "resume", false, "go on with the import of this file that was cut off")
	fs.BoolVar(&f.restart, "restart", false, "give up the import of this file that was cut off, and begin again")
}

func (f *writeFlags) addMethod(cmd *cobra.Command, usual string) {
	fs := cmd.Flags()
	fs.StringVar(&f.method, "method", "", "the `METHOD`: POST, PUT or PATCH (default "+usual+")")
	fs.IntVar(&f.parallel, "parallel", 0, "`N` requests at once at most, 1 to 64 (default 4)")
	complete(cmd, "method", "POST", "PUT", "PATCH")
}

func (f *writeFlags) addRest(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.IntVar(&f.batch, "batch", 0, "`N` records a request, as an array")
	fs.StringVar(&f.batchField, "batch-field", "", "send the array as the one `FIELD` of an object")
	fs.StringVar(&f.idempotency, "idempotency-header", "", "the header `NAME` with the key of a record, or none (default Idempotency-Key)")
	fs.BoolVar(&f.upsert, "upsert", false, "look with GET whether a record is there: PUT if it is, else POST to --create-path")
	fs.StringVar(&f.createPath, "create-path", "", "the `PATH` that makes a record (default PATH up to its first {field})")
	fs.Int64Var(&f.maxRejects, "max-rejects", 0, "stop after more than `N` refused records")
	fs.BoolVar(&f.wholeOnly, "all-or-nothing", false, "send nothing unless the whole file can be read")
	complete(cmd, "idempotency-header", "Idempotency-Key", model.NoIdempotency)
}

func (f *writeFlags) apply(cmd *cobra.Command, w *model.Writing) {
	changed(cmd, "method", &w.Method, strings.ToUpper(f.method))
	changed(cmd, "parallel", &w.Parallel, f.parallel)
	changed(cmd, "batch", &w.Batch, f.batch)
	changed(cmd, "batch-field", &w.BatchField, f.batchField)
	changed(cmd, "idempotency-header", &w.Idempotency, f.idempotency)
	changed(cmd, "upsert", &w.Upsert, f.upsert)
	changed(cmd, "create-path", &w.CreatePath, f.createPath)
	changed(cmd, "max-rejects", &w.MaxRejects, f.maxRejects)
	changed(cmd, "all-or-nothing", &w.WholeOnly, f.wholeOnly)
}

func (f *loadFlags) check(cmd *cobra.Command, client string) error {
	if err := f.file.check(cmd); err != nil {
		return err
	}
	if err := resumeChecked(cmd, f.resume, f.restart, f.file.name); err != nil {
		return err
	}
	if f.dryRun && (f.resume || f.restart) {
		return usagef(cmd, "--dry-run sends nothing, so there is nothing to resume or restart").WithField("dry_run")
	}
	for _, text := range f.renamed {
		if name, field, ok := strings.Cut(text, "="); !ok || name == "" || field == "" {
			return usagef(cmd, "--map %s is not COLUMN=FIELD", model.Printable(text)).WithField("map")
		}
	}
	if err := f.side.check(cmd, client); err != nil {
		return err
	}
	return filterChecked(f.jq)
}

func (f *loadFlags) draft(cmd *cobra.Command, args []string) (transfers.Draft, error) {
	d := transfers.Draft{Kind: model.KindImport, Target: transfers.Side{Client: args[0], Path: args[1]}, Shape: f.jq}
	f.file.apply(&d.File)
	d.File.Map, d.File.Rejects = pairs(f.renamed), f.rejects
	f.write.apply(cmd, &d.Write)
	return d, f.side.apply(cmd, &d.Target)
}

func (a *app) importing(ctx context.Context, cmd *cobra.Command, h *hub.Hub, f *loadFlags, args []string) error {
	d, err := f.draft(cmd, args)
	if err != nil {
		return err
	}
	m := &move{
		target: args[0], clients: args[:1], file: f.file.name, goesOn: a.again(),
		options: transfers.Options{Resume: f.resume, Restart: f.restart},
		run: func(ctx context.Context, o transfers.Options) (transfers.Status, error) {
			return a.begun(ctx, h, d, o)
		},
	}
	if f.file.name == "-" {
		if err := a.takeStdin("file"); err != nil {
			return err
		}
		m.lost, m.options.In = true, a.env.Stdin
	}
	if f.dryRun {
		return a.preview(ctx, h, d, m.options.In)
	}
	return a.move(ctx, h, m)
}
