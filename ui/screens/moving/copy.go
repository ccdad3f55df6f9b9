package moving

import (
	"context"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/transfers"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/widget"
)

// copied is what is chosen from the copy menu.
type copied int

const (
	copyLine copied = iota + 1
	copyID
	copyHook
	copyFile
)

// Edit opens the form over a sync.
func (a *Actions) Edit(s *transfers.Status) tea.Cmd {
	if s.Transfer.Kind != model.KindSync {
		return warn("an " + string(s.Transfer.Kind) + " stays as it was asked for; n begins a new one")
	}
	return screen.Send(screen.Push{Route: screen.EditSync{ID: s.Transfer.ID}})
}

// Copy opens the copy menu.
func (a *Actions) Copy(s *transfers.Status) tea.Cmd {
	if a.Busy() {
		return a.Refuse()
	}
	one, space := *s, a.Env.Hub.Space
	items := []widget.MenuItem{
		{Key: "f", Label: "ferry command", Note: "that does the same", Value: copyLine},
		{Key: "i", Label: "ID", Value: copyID},
	}
	hook := ""
	if v := transfers.ViewOf(space, &one); v.Sync != nil {
		hook = v.Sync.Webhook
	}
	switch {
	case hook != "":
		items = append(items, widget.MenuItem{Key: "w", Label: "Path of the webhook", Note: hook, Value: copyHook})
	case one.Transfer.Kind == model.KindSync:
		items = append(items, widget.MenuItem{Key: "w", Label: "Path of the webhook", Value: copyHook, Disabled: "it has none; e switches it on"})
	default:
		items = append(items, widget.MenuItem{Key: "p", Label: "Path of the file", Value: copyFile})
	}
	return a.Open(widget.NewMenu(a.Env.Styles, "Copy · "+model.Printable(one.Title()), items), func(v any) tea.Cmd {
		return a.Start(func(context.Context) (flow.Outcome, error) {
			switch v.(copied) {
			case copyID:
				return flow.Sent("the id", string(one.Transfer.ID)), nil
			case copyHook:
				return flow.Sent("the path of the webhook", hook), nil
			case copyFile:
				return flow.Sent("the path of the file", one.Transfer.File.Path), nil
			case copyLine:
			}
			return a.Shown("the ferry command", Line(space, &one), "The ferry command"), nil
		})
	})
}

// line collects the words of a command.
type line struct{ words []string }

func (l *line) add(words ...string) {
	for _, w := range words {
		l.words = append(l.words, clients.ShellQuote(model.Printable(w)))
	}
}

// flag adds a flag that has a value.
func (l *line) flag(name, value string) {
	if value != "" {
		l.add("--"+name, value)
	}
}

func (l *line) number(name string, n int64) {
	if n != 0 {
		l.flag(name, strconv.FormatInt(n, 10))
	}
}

func (l *line) is(name string, on bool) {
	if on {
		l.add("--" + name)
	}
}

// Line is the command that does what a transfer does.
func Line(space model.Space, s *transfers.Status) string {
	t, l := &s.Transfer, &line{}
	l.add("ferry")
	if space.Name != model.DefaultSpace {
		l.flag("space", space.Name)
	}
	switch t.Kind {
	case model.KindExport:
		l.add("export", s.SourceName, t.Source.Path, "-o", t.File.Path)
		l.file(&t.File)
		l.reading(&t.Read)
		l.ends(&t.Source)
		l.flag("jq", t.Shape)
	case model.KindImport:
		l.add("import", s.TargetName, t.Target.Path, "-i", t.File.Path)
		l.file(&t.File)
		l.writing(&t.Write)
		l.ends(&t.Target)
		l.flag("jq", t.Shape)
	case model.KindSync:
		l.add("sync", "create", t.Name)
		l.flag("source", s.SourceName)
		l.flag("source-path", t.Source.Path)
		l.flag("target", s.TargetName)
		l.flag("target-path", t.Target.Path)
		l.syncing(t)
		l.ends(&t.Source)
	}
	return strings.Join(l.words, " ")
}

func (l *line) ends(e *model.Endpoint) {
	for _, q := range e.Query {
		if clients.SecretByName(q.Name) {
			q.Value = model.Mask
		}
		l.add("-q", q.Name+"="+q.Value)
	}
	for _, h := range e.Headers {
		l.add("-H", h.Name+": "+h.Value)
	}
}

func (l *line) file(f *model.TransferFile) {
	l.flag("format", string(f.Format))
	l.is("gzip", f.Gzip)
	l.flag("columns", strings.Join(f.Columns, ","))
	l.is("csv-raw", f.CSVRaw)
	l.flag("csv-separator", f.Comma)
	for _, m := range f.Map {
		l.flag("map", m.Name+"="+m.Value)
	}
	l.flag("rejects", f.Rejects)
}

func (l *line) reading(r *model.Reading) {
	l.flag("items", r.Items)
	l.flag("paging", string(r.Paging))
	l.number("page-size", int64(r.PageSize))
	l.flag("page-param", r.PageParam)
	l.flag("size-param", r.SizeParam)
	if r.FirstPage != nil {
		l.flag("first-page", strconv.Itoa(*r.FirstPage))
	}
	l.flag("cursor-param", r.CursorParam)
	l.flag("cursor-field", r.CursorField)
	l.flag("since-param", r.SinceParam)
	l.flag("since", r.Since)
	l.number("limit", r.Limit)
}

func (l *line) writing(w *model.Writing) {
	l.flag("method", w.Method)
	l.number("batch", int64(w.Batch))
	l.flag("batch-field", w.BatchField)
	l.number("parallel", int64(w.Parallel))
	l.flag("idempotency-header", w.Idempotency)
	l.is("upsert", w.Upsert)
	l.flag("create-path", w.CreatePath)
	l.number("max-rejects", w.MaxRejects)
	l.is("all-or-nothing", w.WholeOnly)
}

func (l *line) syncing(t *model.Transfer) {
	l.flag("key", t.Sync.Key)
	l.flag("jq", t.Shape)
	l.flag("detect", string(t.Sync.Detect))
	l.is("deletes", t.Sync.Deletes)
	l.number("max-deletes", int64(t.Sync.MaxDeletes))
	l.is("overwrite", t.Sync.Overwrite)
	l.flag("schedule", t.Sync.Schedule)
	l.is("webhook", t.Sync.Webhook)
	l.reading(&t.Read)
	l.flag("method", t.Write.Method)
	l.number("parallel", int64(t.Write.Parallel))
}
