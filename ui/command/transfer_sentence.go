package command

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"ferry/model"
	"ferry/model/transfers"
)

// sentence is what came of a transfer that is done. File is its file as the person named it.
func sentence(st *transfers.Status, file string) string {
	p := &st.State.Progress
	took := ""
	if d := st.State.Ended.Sub(st.State.Started); !st.State.Ended.IsZero() && d >= 0 {
		took = " in " + tookText(d)
	}
	switch st.Transfer.Kind {
	case model.KindExport:
		return fmt.Sprintf("Exported %s (%s) from %s to %s%s", recordCount(p.Records), bytesText(p.Bytes), st.SourceName, shownFile(file, "stdout"), took)
	case model.KindImport:
		return fmt.Sprintf("Imported %s from %s into %s%s%s", recordCount(p.Records), shownFile(file, "stdin"), st.TargetName, took, outcome(p))
	}
	return fmt.Sprintf("Synced %s from %s to %s%s%s", st.Transfer.Name, st.SourceName, st.TargetName, took, outcome(p))
}

func shownFile(name, stream string) string {
	if name == "-" {
		return stream
	}
	return name
}

// outcome is what became of the records, ": 7 created, 3 rejected".
func outcome(p *model.Progress) string {
	var parts []string
	for _, c := range []struct {
		n    int64
		what string
	}{
		{p.Created, "created"},
		{p.Updated, "updated"},
		{p.Deleted, "deleted"},
		{p.Unchanged, "unchanged"},
		{p.Conflicts, "in conflict"},
		{p.Rejected, "rejected"},
		{p.Uncertain, "uncertain"},
	} {
		if c.n > 0 {
			parts = append(parts, humanize.Comma(c.n)+" "+c.what)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

// tookText is how long something took: in milliseconds and tenths of a second at first, then in its two largest units.
func tookText(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm %ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh %dm", int(d.Hours()), int(d.Minutes())%60)
}

// whatIsWrong says where the records are with which something went wrong; "" when there are none.
func whatIsWrong(st *transfers.Status, file string) string {
	p := &st.State.Progress
	switch {
	case p.Rejected > 0 && st.Transfer.Kind == model.KindImport && rejectsFile(st, file) != "":
		return "what was refused is in " + rejectsFile(st, file) + ", with the reasons; see also: ferry transfer errors " + string(st.Transfer.ID)
	case p.Rejected+p.Uncertain+p.Conflicts == 0:
		return ""
	case st.Transfer.Kind == model.KindSync:
		return "the reasons: ferry sync errors " + st.Transfer.Name
	}
	return "the reasons: ferry transfer errors " + string(st.Transfer.ID)
}

// rejectsFile is where refused records are, "" where they are in no file.
func rejectsFile(st *transfers.Status, file string) string {
	switch {
	case st.Transfer.File.Rejects != "":
		return st.Transfer.File.Rejects
	case file == "-":
		return ""
	}
	return file + ".rejects.ndjson"
}
