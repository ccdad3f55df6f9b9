package command

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
)

func (a *app) transferShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show a transfer: its settings, how far it is, and what went wrong", Args: takes("ID"),
		ValidArgsFunction: a.transferNames,
		RunE: a.onTransfer(func(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
			return a.showTransfer(ctx, h, st)
		}),
	}
}

// describeTransfer prints a transfer for a person: what is set, one field a line.
func describeTransfer(w io.Writer, space model.Space, st *transfers.Status, now time.Time) {
	var rows [][]string
	row := func(label, value string) {
		if value != "" {
			rows = append(rows, []string{label, value})
		}
	}
	t := &st.Transfer
	row("Name", t.Name)
	row("ID", string(t.ID))
	row("Kind", string(t.Kind))
	row("Space", space.Name)
	if t.Kind != model.KindImport {
		describeSide(row, "Source", st.SourceName, &t.Source)
		describeReading(row, &t.Read)
	}
	if t.Kind != model.KindSync {
		describeFile(row, &t.File)
	}
	row("jq", t.Shape)
	if t.Kind != model.KindExport {
		describeSide(row, "Target", st.TargetName, &t.Target)
		describeWriting(row, &t.Write)
	}
	if t.Kind == model.KindSync {
		describeSyncing(row, t, st, now)
	}
	describeState(row, st, now)
	row("Revision", fmt.Sprint(t.Revision))
	row("Created", utc(t.Created.At)+" by "+t.Created.By)
	row("Updated", utc(t.Updated.At)+" by "+t.Updated.By)
	table(w, rows)
}

func describeSide(row rowFunc, label, client string, e *model.Endpoint) {
	row(label, sideText(client, e.Path))
	row(label+" query", strings.Join(column(e.Query, func(p *model.Param) string { return p.Name + "=" + p.Value }), " "))
	for _, h := range e.Headers {
		row(label+" header", h.Name+": "+h.Value)
	}
}

func describeReading(row rowFunc, r *model.Reading) {
	paging := string(r.Paging)
	if paging == "" {
		paging = "found by itself"
	}
	row("Paging", paging)
	row("Items", r.Items)
	row("Page size", number(int64(r.PageSize)))
	row("Page parameter", r.PageParam)
	row("Size parameter", r.SizeParam)
	if r.FirstPage != nil {
		row("First page", strconv.Itoa(*r.FirstPage))
	}
	row("Cursor parameter", r.CursorParam)
	row("Cursor field", r.CursorField)
	if r.SinceParam != "" {
		row("Since", strings.TrimSuffix(r.SinceParam+"="+r.Since, "="))
	}
	row("Limit", number(r.Limit))
}

// number is n, "" when it is not set.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func describeFile(row rowFunc, f *model.TransferFile) {
	row("File", f.Path)
	format := string(f.Format)
	if f.Gzip {
		format += ", gzip"
	}
	row("Format", format)
	row("Columns", strings.Join(f.Columns, ", "))
	row("Separator", f.Comma)
	row("Renamed", strings.Join(column(f.Map, func(p *model.Param) string { return p.Name + "=" + p.Value }), ", "))
	row("Rejects", f.Rejects)
}

func describeWriting(row rowFunc, w *model.Writing) {
	row("Method", w.Method)
	row("Batch", number(int64(w.Batch)))
	row("Batch field", w.BatchField)
	row("Parallel", number(int64(w.Parallel)))
	row("Idempotency header", w.Idempotency)
	if w.Upsert {
		row("Upsert", "yes, created at "+w.CreatePath)
	}
	row("Most rejects", number(w.MaxRejects))
	if w.WholeOnly {
		row("All or nothing", "yes")
	}
}

func describeSyncing(row rowFunc, t *model.Transfer, st *transfers.Status, now time.Time) {
	s := &t.Sync
	row("Key", s.Key)
	detect := string(s.Detect)
	if detect == "" {
		detect = "compare"
	}
	row("Changes found by", detect)
	deletes := "no"
	if s.Deletes {
		most := s.MaxDeletes
		if most == 0 {
			most = model.DefaultMaxDeletes
		}
		deletes = fmt.Sprintf("yes, %d%% at most", most)
	}
	row("Deletes", deletes)
	row("Overwrites", yesNo(s.Overwrite))
	row("Schedule", dash(s.Schedule))
	if s.Webhook {
		row("Webhook", "POST /hooks/"+string(t.ID))
	}
	row("Next run", nextRun(st, now))
}

func describeState(row rowFunc, st *transfers.Status, now time.Time) {
	s := &st.State
	row("Phase", string(st.Phase))
	if st.Transfer.Kind != model.KindSync || !s.Started.IsZero() {
		row("Progress", strings.TrimPrefix(progressText(st)+outcome(&s.Progress), ": "))
	}
	if !s.Started.IsZero() {
		row("Started", utc(s.Started)+", "+ago(s.Started, now))
	}
	if !s.Ended.IsZero() {
		row("Ended", utc(s.Ended)+", "+ago(s.Ended, now))
	}
	row("Because", s.Message)
	row("What to do", s.Advice)
	for _, n := range s.Progress.Notes {
		row("Note", n)
	}
}
