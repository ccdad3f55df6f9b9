package resource

import (
	"net/http"
	"strings"

	"ferry/model"
	"ferry/model/audit"
)

// The shape of an entry of the audit log.
var auditShape = record("AuditEntry", "Who changed what, when and from where", []string{
	"id", "at", "actor", "action", "space", "target_id", "target", "changes",
}, map[string]*Schema{
	"id": text(""), "at": instant(""), "action": text(`"client.create", "key.rotate" …`), "space": text("the space's name at that time"),
	"target_id": text(""), "target": text("the record's name at that time"), "revision": count("the record's after the change"),
	"actor": record("", "", []string{"uid"}, map[string]*Schema{
		"uid": {Type: []string{"integer"}, Description: "of an operator; -1 for an API user"}, "user": text(""), "slot": text("of the vault"),
		"ssh_claimed": text(""), "api_user": text("its id"), "addr": text(""),
	}),
	"changes": {Type: []string{"array"}, Items: record("", "", []string{"field"}, map[string]*Schema{
		"field": text(""), "from": text(""), "to": text("a secret is never told"),
	})},
})

// maxScans is how often one request has the log read on in search of words; each reads
// audit.MaxPage entries at most.
const maxScans = 10

func (a *API) auditRoutes() []Route {
	before := Param{"before", "only entries older than the one with this id", &Schema{Type: []string{"string"}}}
	list := Route{
		Method: http.MethodGet, Pattern: restPath + "/audit", Permission: model.AuditView, Status: http.StatusOK,
		Summary: "Read the audit log, the newest first. A page may be short, or empty, beside a next: a search reads a part of the log at a time",
		handle:  listAudit,
	}
	one := Route{
		Method: http.MethodGet, Pattern: restPath + "/audit/{id}", Permission: model.AuditView, Status: http.StatusOK,
		Summary: "Show one entry of the audit log", handle: oneAudit,
	}
	return []Route{list.with(nil, listOf(auditShape), paramLimit, before, paramQ), one.with(nil, auditShape)}
}

func listAudit(c *call) error {
	limit, err := c.limit()
	if err != nil {
		return err
	}
	q, err := c.search()
	if err != nil {
		return err
	}
	before := model.ID(c.query("before"))
	if before != "" && !isID(string(before)) {
		return faulty("before", "is not the id of an entry")
	}
	out := listing[audit.View]{Items: []audit.View{}}
	size := limit
	if q != "" {
		size = audit.MaxPage
	}
	for range maxScans {
		entries, next, err := c.hub.Audit.List(c.ctx, c.hub.Space, before, size)
		if err != nil {
			return err
		}
		for i, e := range entries {
			if !holds(entryText(&e), q) {
				continue
			}
			out.Items = append(out.Items, audit.ViewOf(e))
			if len(out.Items) == limit && (next != "" || i < len(entries)-1) {
				out.Next = c.further("before", string(e.ID))
				return c.reply(0, out)
			}
		}
		if before = next; next == "" || q == "" {
			break
		}
	}
	if before != "" {
		out.Next = c.further("before", string(before))
	}
	return c.reply(0, out)
}

// entryText is what a search looks in.
func entryText(e *model.AuditEntry) string {
	parts := []string{string(e.ID), e.Action, e.Name, string(e.Target), e.Actor.Label(), e.Actor.Addr}
	for _, ch := range e.Changes {
		parts = append(parts, ch.Field)
	}
	return strings.Join(parts, "\x00")
}

func oneAudit(c *call) error {
	id := c.r.PathValue("id")
	if isID(id) {
		entries, _, err := c.hub.Audit.List(c.ctx, c.hub.Space, following(id), 1)
		if err != nil {
			return err
		}
		if len(entries) == 1 && string(entries[0].ID) == id {
			return c.reply(0, audit.ViewOf(entries[0]))
		}
	}
	return &statusError{http.StatusNotFound, "there is no such entry", ""}
}

// following is an id right after the given one: what is older than it begins with id.
func following(id string) model.ID { return model.ID(id + "0") }
