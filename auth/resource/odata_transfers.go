package resource

import (
	"time"

	"ferry/auth/odata"
	"ferry/model"
	"ferry/model/transfers"
)

type transferRow = transfers.View

func transferSet(c *call) *odata.Set {
	side := func(name string, of func(v *transferRow) *transfers.SideView) []column[transferRow] {
		text := func(what string, get func(*transfers.SideView) string) column[transferRow] {
			return stringOf(name+"_"+what, func(v *transferRow) string {
				if s := of(v); s != nil {
					return get(s)
				}
				return ""
			})
		}
		return []column[transferRow]{
			text("client", func(s *transfers.SideView) string { return s.Client }), text("path", func(s *transfers.SideView) string { return s.Path }),
		}
	}
	sync := func(v *transferRow) transfers.SyncView {
		if v.Sync == nil {
			return transfers.SyncView{}
		}
		return *v.Sync
	}
	file := func(v *transferRow) transfers.FileView {
		if v.File == nil {
			return transfers.FileView{}
		}
		return *v.File
	}
	fault := func(v *transferRow) transfers.ErrorView {
		if v.Error == nil {
			return transfers.ErrorView{}
		}
		return *v.Error
	}
	columns := []column[transferRow]{
		stringOf("id", func(v *transferRow) string { return string(v.ID) }),
		stringOf("space", func(v *transferRow) string { return v.Space }),
		stringOf("kind", func(v *transferRow) string { return string(v.Kind) }),
		stringOf("name", func(v *transferRow) string { return v.Name }),
		stringOf("title", func(v *transferRow) string { return v.Title }),
	}
	columns = append(columns, side("source", func(v *transferRow) *transfers.SideView { return v.Source })...)
	columns = append(columns, side("target", func(v *transferRow) *transfers.SideView { return v.Target })...)
	columns = append(columns,
		stringOf("file_path", func(v *transferRow) string { return file(v).Path }),
		stringOf("file_format", func(v *transferRow) string { return string(file(v).Format) }),
		stringOf("jq", func(v *transferRow) string { return v.JQ }),
		stringOf("sync_key", func(v *transferRow) string { return sync(v).Key }),
		stringOf("schedule", func(v *transferRow) string { return sync(v).Schedule }),
		stringOf("webhook", func(v *transferRow) string { return sync(v).Webhook }),
		boolOf("paused", func(v *transferRow) bool { return sync(v).Paused }),
		stringOf("phase", func(v *transferRow) string { return string(v.Phase) }),
	)
	for _, n := range []struct {
		name string
		get  func(*transfers.ProgressView) int64
	}{
		{"records", func(p *transfers.ProgressView) int64 { return p.Records }},
		{"bytes", func(p *transfers.ProgressView) int64 { return p.Bytes }},
		{"requests", func(p *transfers.ProgressView) int64 { return p.Requests }},
		{"created", func(p *transfers.ProgressView) int64 { return p.Created }},
		{"updated", func(p *transfers.ProgressView) int64 { return p.Updated }},
		{"unchanged", func(p *transfers.ProgressView) int64 { return p.Unchanged }},
		{"deleted", func(p *transfers.ProgressView) int64 { return p.Deleted }},
		{"rejected", func(p *transfers.ProgressView) int64 { return p.Rejected }},
		{"uncertain", func(p *transfers.ProgressView) int64 { return p.Uncertain }},
		{"conflicts", func(p *transfers.ProgressView) int64 { return p.Conflicts }},
	} {
		columns = append(columns, intOf(n.name, func(v *transferRow) int64 { return n.get(&v.Progress) }))
	}
	columns = append(columns,
		maybeOf("started_at", func(v *transferRow) *time.Time { return v.StartedAt }),
		maybeOf("ended_at", func(v *transferRow) *time.Time { return v.EndedAt }),
		maybeOf("next_at", func(v *transferRow) *time.Time { return v.NextAt }),
		stringOf("error_code", func(v *transferRow) string { return string(fault(v).Code) }),
		stringOf("error_message", func(v *transferRow) string { return fault(v).Message }),
		intOf("revision", func(v *transferRow) int64 { return int64(v.Revision) }), //nolint:gosec // counts saves
		timeOf("created_at", func(v *transferRow) time.Time { return v.CreatedAt }),
		stringOf("created_by", func(v *transferRow) string { return v.CreatedBy }),
		timeOf("updated_at", func(v *transferRow) time.Time { return v.UpdatedAt }),
		stringOf("updated_by", func(v *transferRow) string { return v.UpdatedBy }),
	)
	return entities("Transfers", "Transfer", columns, loaded(func() ([]transferRow, error) {
		all, err := c.hub.Transfers.List(c.ctx, c.hub.Space, nil)
		out := make([]transferRow, len(all))
		for i := range all {
			out[i] = transfers.ViewOf(c.hub.Space, &all[i])
		}
		return out, err
	}, func(v *transferRow) model.ID { return v.ID }))
}
