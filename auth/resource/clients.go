package resource

import (
	"net/http"

	"ferry/model"
	"ferry/model/clients"
)

// shownClient is an API client as an answer has it.
type shownClient struct {
	clients.View
	Warnings []model.FieldError `json:"warnings,omitempty"` // after a change
}

// storedClient is a client with what is to be said about its last edit.
type storedClient struct {
	model.Client
	warnings []model.FieldError
}

// clientEditing is how API clients are read and changed.
func clientEditing() *editing[storedClient] {
	return &editing[storedClient]{
		find: func(c *call) (storedClient, error) {
			one, err := find(c,
				func(id model.ID) (model.Client, error) { return c.hub.Clients.Get(c.ctx, c.hub.Space, id) },
				func(name string) (model.Client, error) { return c.hub.Clients.ByName(c.ctx, c.hub.Space, name) })
			return storedClient{Client: one}, err
		},
		show: func(c *call, s storedClient) (any, error) {
			return shownClient{clients.ViewOf(c.hub.Space, &s.Client), rewordedFields(s.warnings)}, nil
		},
		revision: func(s storedClient) uint64 { return s.Revision },
		input:    clientInput,
		volatile: []string{"missing", "warnings", "token_expires_at", "last_call_at", "last_status"},
		secrets:  []string{"client_secret", "password", "key"},
		save:     saveClient,
	}
}

func saveClient(c *call, s storedClient, w wanted) (storedClient, error) {
	d := clients.DraftOf(s.Client)
	if w.members != nil {
		var err error
		if d, err = clientDraft(w.members, &s.Client); err != nil {
			return s, err
		}
	}
	d.State, d.Revision = w.state, w.revision
	saved, err := c.hub.Clients.Update(c.ctx, c.hub.Space, s.ID, d, c.confirm())
	return storedClient{saved.Client, saved.Warnings}, err
}

func (a *API) clientRoutes() []Route {
	e := clientEditing()
	return []Route{
		rest(http.MethodGet, areaClients, "", "List API clients", listClients).
			with(nil, listOf(clientListed), paramLimit, paramAfter, paramQ),
		rest(http.MethodPost, areaClients, "", "Create an API client", func(c *call) error { return createClient(c, e) }).
			with(clientInput, clientShape, paramSpace).tagged(),
		rest(http.MethodGet, areaClients, "/{id}", "Show an API client", e.one).with(nil, clientShape).tagged(),
		rest(http.MethodPut, areaClients, "/{id}", "Replace an API client", e.handle).
			with(clientInput, clientShape, paramName).tagged(),
		rest(http.MethodPatch, areaClients, "/{id}", "Change an API client", e.handle).
			with(clientPatch, clientShape, paramName).tagged(),
		rest(http.MethodDelete, areaClients, "/{id}", "Delete an API client", e.remove(
			func(c *call, s storedClient, revision uint64) error {
				return c.hub.Clients.DeleteIfRevision(c.ctx, c.hub.Space, s.ID, revision, c.confirm())
			})).with(nil, nil, paramSure),
	}
}

func listClients(c *call) error {
	q, err := c.search()
	if err != nil {
		return err
	}
	all, err := c.hub.Clients.Views(c.ctx, c.hub.Space, q)
	if err != nil {
		return err
	}
	return page(c, all, func(v *clients.ListedView) string { return named(v.Name, v.ID) })
}

func createClient(c *call, e *editing[storedClient]) error {
	body, err := e.newRecord(c)
	if err != nil {
		return err
	}
	d, err := clientDraft(body, nil)
	if err != nil {
		return err
	}
	d.State = stateOf(body)
	saved, err := c.hub.Clients.Create(c.ctx, c.hub.Space, d, c.confirm())
	if err != nil {
		return err
	}
	one := storedClient{saved.Client, saved.Warnings}
	v, err := e.show(c, one)
	if err != nil {
		return err
	}
	return c.created(areaClients, one.ID, one.Revision, v)
}
