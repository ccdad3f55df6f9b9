package transferform

import (
	"context"
	"strconv"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
	"ferry/ui/screens/editing"
	"ferry/ui/screens/merge"
)

// read is what the form needs from the store.
type read struct {
	transfer *model.Transfer // nil for a new one
	draft    transfers.Draft
	names    []string
	clients  map[string]bool
}

// load reads the sync with id, if there is one, and the clients.
func load(ctx context.Context, h *hub.Hub, id model.ID) (read, error) {
	r := read{names: []string{}, clients: map[string]bool{}}
	list, err := h.Clients.List(ctx, h.Space, nil)
	if err != nil {
		return r, err
	}
	for i := range list {
		r.names = append(r.names, list[i].Name)
		r.clients[list[i].Name] = list[i].Protected || h.Space.Protected
	}
	if id == "" {
		return r, nil
	}
	s, err := h.Transfers.Find(ctx, h.Space, string(id))
	if err != nil {
		return r, err
	}
	if s.Transfer.Kind != model.KindSync {
		return r, model.Errorf(model.EInvalid, "only a sync can be edited; n begins a new transfer")
	}
	r.transfer = &s.Transfer
	r.draft, err = h.Transfers.DraftOf(ctx, h.Space, s.Transfer)
	return r, err
}

func (f *Form) took(r read) *editing.Stored[transfers.Draft] {
	f.names, f.clients = r.names, r.clients
	if r.transfer == nil {
		return nil
	}
	f.stored, f.options = r.transfer, transfers.Options{}
	return &editing.Stored[transfers.Draft]{Draft: r.draft, Revision: r.transfer.Revision}
}

func newest(ctx context.Context, h *hub.Hub, id model.ID) (merge.Newer, error) {
	s, err := h.Transfers.Find(ctx, h.Space, string(id))
	return merge.Newer{Revision: s.Transfer.Revision, By: s.Transfer.Updated.By}, err
}

// merged returns what they saved with what was typed laid over it.
func merged(base, mine, theirs transfers.Draft) (out transfers.Draft, both merge.Both) {
	out, both = theirs, merge.Both{}
	text := func(field string, of func(*transfers.Draft) *string) {
		merge.Value(both, field, of(&out), *of(&base), *of(&mine), merge.Text)
	}
	for field, of := range map[string]func(*transfers.Draft) *string{
		"name":   func(d *transfers.Draft) *string { return &d.Name },
		"source": func(d *transfers.Draft) *string { return &d.Source.Client }, "source_path": func(d *transfers.Draft) *string { return &d.Source.Path },
		"target": func(d *transfers.Draft) *string { return &d.Target.Client }, "target_path": func(d *transfers.Draft) *string { return &d.Target.Path },
		"jq": func(d *transfers.Draft) *string { return &d.Shape }, "key": func(d *transfers.Draft) *string { return &d.Sync.Key },
		"schedule": func(d *transfers.Draft) *string { return &d.Sync.Schedule }, "method": func(d *transfers.Draft) *string { return &d.Write.Method },
		"since_param": func(d *transfers.Draft) *string { return &d.Read.SinceParam }, "items": func(d *transfers.Draft) *string { return &d.Read.Items },
		"page_param": func(d *transfers.Draft) *string { return &d.Read.PageParam }, "size_param": func(d *transfers.Draft) *string { return &d.Read.SizeParam },
		"cursor_param": func(d *transfers.Draft) *string { return &d.Read.CursorParam }, "cursor_field": func(d *transfers.Draft) *string { return &d.Read.CursorField },
	} {
		text(field, of)
	}
	merge.Value(both, "paging", &out.Read.Paging, base.Read.Paging, mine.Read.Paging, func(p model.Paging) string { return string(p) })
	merge.Value(both, "page_size", &out.Read.PageSize, base.Read.PageSize, mine.Read.PageSize, strconv.Itoa)
	merge.Value(both, "parallel", &out.Write.Parallel, base.Write.Parallel, mine.Write.Parallel, strconv.Itoa)
	merge.Value(both, "max_deletes", &out.Sync.MaxDeletes, base.Sync.MaxDeletes, mine.Sync.MaxDeletes, strconv.Itoa)
	merge.Value(both, "detect", &out.Sync.Detect, base.Sync.Detect, mine.Sync.Detect, func(d model.SyncDetect) string { return string(d) })
	merge.Value(both, "deletes", &out.Sync.Deletes, base.Sync.Deletes, mine.Sync.Deletes, merge.OnOff)
	merge.Value(both, "overwrite", &out.Sync.Overwrite, base.Sync.Overwrite, mine.Sync.Overwrite, merge.OnOff)
	merge.Value(both, "webhook", &out.Sync.Webhook, base.Sync.Webhook, mine.Sync.Webhook, merge.OnOff)
	for _, side := range []struct {
		name            string
		out, base, mine *transfers.Side
	}{{"source", &out.Source, &base.Source, &mine.Source}, {"target", &out.Target, &base.Target, &mine.Target}} {
		merge.List(both, side.name+"_query", &side.out.Query, side.base.Query, side.mine.Query, queryText)
		merge.List(both, side.name+"_headers", &side.out.Headers, side.base.Headers, side.mine.Headers, headerText)
	}
	return out, both
}
