package command

import (
	"cmp"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/transfers"
)

// syncFlags are the flags that create and update share.
type syncFlags struct {
	source, sourcePath string
	target, targetPath string
	key, jq            string
	detect, schedule   string
	maxDeletes         int
	deletes, overwrite bool
	webhook            bool
	side               sideFlags // of the source
	read               readFlags
	write              writeFlags
}

func (f *syncFlags) add(a *app, cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.source, "source", "", "the `CLIENT` that records come from")
	fs.StringVar(&f.sourcePath, "source-path", "", "their `PATH` there")
	fs.StringVar(&f.target, "target", "", "the `CLIENT` that records go to")
	fs.StringVar(&f.targetPath, "target-path", "", "their `PATH` there; a {field} in it is filled from each record")
	fs.StringVar(&f.key, "key", "", "the dotted `FIELD` that tells records apart")
	fs.StringVar(&f.jq, "jq", "", "shape each record with this jq `EXPR`; the key is looked for afterwards")
	words := []string{"compare", string(model.DetectSince), string(model.DetectModified)}
	f.detect = words[0]
	fs.Var(choice{&f.detect, words}, "detect", "how changes are found")
	fs.BoolVar(&f.deletes, "deletes", false, "delete from the target what is gone from the source")
	fs.IntVar(&f.maxDeletes, "max-deletes", 0, "stop before deleting more than `PERCENT` of the records (default 20)")
	fs.BoolVar(&f.overwrite, "overwrite", false, "overwrite what somebody changed at the target, instead of a conflict")
	fs.StringVar(&f.schedule, "schedule", "", "when ferry serve runs it: 'every 30s', or five fields of cron (`WHEN`)")
	fs.BoolVar(&f.webhook, "webhook", false, "let an API user with transfers:run start it with POST /hooks/ID")
	f.write.addMethod(cmd, "PUT")
	f.side.add(cmd)
	f.read.add(cmd)
	complete(cmd, "detect", words...)
	a.value(cmd, "source", a.settings, nil, listClientNames)
	a.value(cmd, "target", a.settings, nil, listClientNames)
}

func (f *syncFlags) check(cmd *cobra.Command) error {
	if err := f.side.check(cmd, cmp.Or(f.source, "CLIENT")); err != nil {
		return err
	}
	if err := f.read.check(); err != nil {
		return err
	}
	return filterChecked(f.jq)
}

// whole refuses a new sync without what every sync has.
func (f *syncFlags) whole(cmd *cobra.Command) error {
	for _, name := range []string{"source", "source-path", "target", "target-path", "key"} {
		if strings.TrimSpace(cmd.Flags().Lookup(name).Value.String()) == "" {
			return usagef(cmd, "%s needs --%s", cmd.CommandPath(), name).WithField(strings.ReplaceAll(name, "-", "_"))
		}
	}
	return nil
}

func (f *syncFlags) apply(cmd *cobra.Command, d *transfers.Draft) error {
	changed(cmd, "source", &d.Source.Client, f.source)
	changed(cmd, "source-path", &d.Source.Path, f.sourcePath)
	changed(cmd, "target", &d.Target.Client, f.target)
	changed(cmd, "target-path", &d.Target.Path, f.targetPath)
	changed(cmd, "jq", &d.Shape, f.jq)
	s := &d.Sync
	changed(cmd, "key", &s.Key, f.key)
	detect := model.SyncDetect(f.detect)
	if f.detect == "compare" {
		detect = model.DetectCompare
	}
	changed(cmd, "detect", &s.Detect, detect)
	changed(cmd, "deletes", &s.Deletes, f.deletes)
	changed(cmd, "max-deletes", &s.MaxDeletes, f.maxDeletes)
	changed(cmd, "overwrite", &s.Overwrite, f.overwrite)
	changed(cmd, "schedule", &s.Schedule, f.schedule)
	changed(cmd, "webhook", &s.Webhook, f.webhook)
	f.read.apply(cmd, &d.Read)
	changed(cmd, "method", &d.Write.Method, strings.ToUpper(f.write.method))
	changed(cmd, "parallel", &d.Write.Parallel, f.write.parallel)
	return f.side.apply(cmd, &d.Source)
}
