package resource

import (
	"fmt"
	"net/http"
	"slices"

	"ferry/model"
	"ferry/model/transfers"
)

// transferEditing is how syncs are read and changed. Exports and imports are read only.
func transferEditing() *editing[transfers.Status] {
	return &editing[transfers.Status]{
		find:     findTransfer,
		show:     func(c *call, s transfers.Status) (any, error) { return transfers.ViewOf(c.hub.Space, &s), nil },
		revision: func(s transfers.Status) uint64 { return s.Transfer.Revision },
		input:    transferInput,
		volatile: transferVolatile,
		save: func(c *call, s transfers.Status, w wanted) (transfers.Status, error) {
			if s.Transfer.Kind != model.KindSync {
				return s, &statusError{http.StatusConflict, "an export or an import cannot be changed", ""}
			}
			d, err := transferDraft(w.members, &s.Transfer)
			if err != nil {
				return s, err
			}
			d.Revision = w.revision
			saved, err := c.hub.Transfers.UpdateSync(c.ctx, c.hub.Space, s.Transfer.ID, d, c.confirm())
			return saved, inTransfer(err)
		},
	}
}

// findTransfer returns the transfer that the path names, by id or by the name of a sync.
func findTransfer(c *call) (transfers.Status, error) {
	s, err := c.hub.Transfers.Find(c.ctx, c.hub.Space, c.r.PathValue("id"))
	if model.CodeOf(err) == model.ENotFound {
		err = &statusError{http.StatusNotFound, "there is no such transfer", ""}
	}
	return s, err
}

func (a *API) transferRoutes() []Route {
	e := transferEditing()
	target := Param{"confirm", "the name of the target client: needed when it, or the space, is protected", &Schema{Type: []string{"string"}}}
	kind := Param{"kind", "only these", oneOf("", string(model.KindExport), string(model.KindImport), string(model.KindSync))}
	phase := Param{"phase", "only those that are there now", transferPhase()}
	run := func(below, summary string, status int, do func(*call, transfers.Status) error) Route {
		return Route{
			Method: http.MethodPost, Pattern: restPath + "/" + areaTransfers + "/{id}" + below, Permission: model.TransfersRun,
			Summary: summary, Status: status, Response: transferShape, ETag: true, handle: acting(e, do),
		}
	}
	show := rest(http.MethodGet, areaTransfers, "/{id}", "Show a transfer, and how far it is", e.one).with(nil, transferShape).tagged()
	show.Live = true
	return []Route{
		show,
		rest(http.MethodGet, areaTransfers, "", "List transfers, the newest first", listTransfers).
			with(nil, listOf(transferShape), paramLimit, paramAfter, paramQ, kind, phase),
		rest(http.MethodPost, areaTransfers, "", "Create a sync", func(c *call) error { return createSync(c, e) }).
			with(transferInput, transferShape, target).tagged(),
		rest(http.MethodPut, areaTransfers, "/{id}", "Replace a sync", e.handle).with(transferInput, transferShape, target).tagged(),
		rest(http.MethodPatch, areaTransfers, "/{id}", "Change a sync", e.handle).with(transferPatch, transferShape, target).tagged(),
		rest(http.MethodDelete, areaTransfers, "/{id}", "Delete a transfer that does not run, with its history", e.remove(
			func(c *call, s transfers.Status, revision uint64) error {
				return c.hub.Transfers.Delete(c.ctx, c.hub.Space, s.Transfer.ID, revision, c.confirm())
			})).with(nil, nil, paramName),
		rest(http.MethodGet, areaTransfers, "/{id}/runs", "List the runs of a transfer, the newest first", listRuns).
			with(nil, listOf(runShape), paramLimit, paramAfter),
		rest(http.MethodGet, areaTransfers, "/{id}/errors", "List the records with which something went wrong, the newest first", listFaults).
			with(nil, listOf(faultShape), paramLimit, paramAfter),
		run("/run", "Run a sync now", http.StatusAccepted, func(c *call, s transfers.Status) error {
			return trigger(c, s.Transfer.ID, model.TriggerPerson)
		}),
		run("/pause", "Pause a transfer", http.StatusOK, func(c *call, s transfers.Status) error {
			return c.hub.Transfers.Pause(c.ctx, c.hub.Space, s.Transfer.ID)
		}),
		run("/resume", "Let a sync run again", http.StatusOK, func(c *call, s transfers.Status) error {
			return c.hub.Transfers.Resume(c.ctx, c.hub.Space, s.Transfer.ID)
		}),
		run("/cancel", "End an export or an import for good", http.StatusOK, func(c *call, s transfers.Status) error {
			return c.hub.Transfers.Cancel(c.ctx, c.hub.Space, s.Transfer.ID)
		}),
		{
			Method: http.MethodPost, Pattern: hooksPath + "/{id}", Permission: model.TransfersRun, Status: http.StatusAccepted,
			Summary: "Webhook: run a sync now. Whatever body and query are sent are not looked at", Response: hookShape, handle: hook,
		},
	}
}

// acting answers a request that does something to a transfer with the transfer after that.
func acting(e *editing[transfers.Status], do func(*call, transfers.Status) error) func(*call) error {
	return func(c *call) error {
		s, err := e.find(c)
		if err != nil {
			return err
		}
		if _, err := c.ifMatch(e.revision(s)); err != nil {
			return err
		}
		if err := do(c, s); err != nil {
			return c.conflict(err)
		}
		if s, err = e.find(c); err != nil {
			return err
		}
		v, err := e.show(c, s)
		if err != nil {
			return err
		}
		return c.reply(e.revision(s), v)
	}
}

// trigger asks for a run. One that is paused does not take it: 409.
func trigger(c *call, id model.ID, why model.RunTrigger) error {
	err := c.hub.Transfers.Trigger(c.ctx, c.hub.Space, id, why)
	if model.CodeOf(err) == model.EDisabled {
		return &statusError{http.StatusConflict, model.AsError(err).Message, ""}
	}
	return err
}

// triggered is the answer to a webhook.
type triggered struct {
	ID    model.ID            `json:"id"`
	Phase model.TransferPhase `json:"phase"`
}

func hook(c *call) error {
	s, err := findTransfer(c)
	if err != nil {
		return err
	}
	if s.Transfer.Kind != model.KindSync {
		return &statusError{http.StatusNotFound, "there is no such sync", ""}
	}
	if err := trigger(c, s.Transfer.ID, model.TriggerWebhook); err != nil {
		return err
	}
	return c.reply(0, triggered{s.Transfer.ID, s.Phase})
}

func listTransfers(c *call) error {
	q, err := c.search()
	if err != nil {
		return err
	}
	kind, phase := c.query("kind"), c.query("phase")
	for _, p := range c.route.Query {
		if v := c.query(p.Name); p.Schema.Enum != nil && v != "" && !slices.Contains(p.Schema.Enum, any(v)) {
			return faulty(p.Name, "must be "+choices(p.Schema.Enum))
		}
	}
	all, err := c.hub.Transfers.List(c.ctx, c.hub.Space, nil)
	if err != nil {
		return err
	}
	views := []transfers.View{}
	for i := range all {
		s := &all[i]
		if kind != "" && string(s.Transfer.Kind) != kind || phase != "" && string(s.Phase) != phase {
			continue
		}
		if holds(s.Title()+" "+s.SourceName+" "+s.TargetName+" "+s.Transfer.Source.Path+" "+s.Transfer.Target.Path, q) {
			views = append(views, transfers.ViewOf(c.hub.Space, s))
		}
	}
	return page(c, views, func(v *transfers.View) string { return newest(v.ID) })
}

func createSync(c *call, e *editing[transfers.Status]) error {
	body, err := e.newRecord(c)
	if err != nil {
		return err
	}
	d, err := transferDraft(body, nil)
	if err != nil {
		return err
	}
	s, err := c.hub.Transfers.CreateSync(c.ctx, c.hub.Space, d, c.confirm())
	if err != nil {
		return inTransfer(err)
	}
	return c.created(areaTransfers, s.Transfer.ID, s.Transfer.Revision, transfers.ViewOf(c.hub.Space, &s))
}

func listRuns(c *call) error {
	s, err := findTransfer(c)
	if err != nil {
		return err
	}
	runs, err := c.hub.Transfers.Runs(c.ctx, s.Transfer.ID)
	if err != nil {
		return err
	}
	views := make([]transfers.RunView, len(runs))
	for i := range runs {
		views[i] = transfers.RunViewOf(&runs[i])
	}
	return page(c, views, func(v *transfers.RunView) string { return newest(v.ID) })
}

// listedFault is a fault with its place in the list: it has no id.
type listedFault struct {
	transfers.FaultView
	place string
}

func listFaults(c *call) error {
	s, err := findTransfer(c)
	if err != nil {
		return err
	}
	faults, err := c.hub.Transfers.Faults(c.ctx, c.hub.Space, s.Transfer.ID)
	if err != nil {
		return err
	}
	views := make([]listedFault, len(faults))
	for i := range faults {
		views[i] = listedFault{transfers.FaultViewOf(&faults[i]), fmt.Sprintf("%06d", i)}
	}
	return page(c, views, func(v *listedFault) string { return v.place })
}
