package resource

import (
	"net/http"
	"strings"

	"ferry/model"
	"ferry/model/spaces"
)

// The shapes of a space.
var (
	spaceShape = record("Space", "A compartment: clients and API users belong to exactly one",
		append([]string{"name", "protected"}, stamped...), stamps(), spaceMembers())
	spaceInput = record("SpaceInput", "What a space is to be", []string{"name"}, stamps(), spaceMembers())
	spacePatch = spaceInput.patch("SpacePatch")
)

func spaceMembers() map[string]*Schema {
	return map[string]*Schema{
		"name":      text("unique in the hub; part of the issuer and the token URL"),
		"protected": flag("whatever changes data in it asks for a name").normally(false),
		"deleting":  flag("a deletion has begun and goes on when it is asked for again").fixed(),
	}
}

// manages reports whether the caller is of the space whose users manage all of them.
func (c *call) manages() bool { return c.hub.Space.Name == model.DefaultSpace }

// onlyDefault refuses what the users of other spaces cannot do.
func (c *call) onlyDefault() error {
	if c.manages() {
		return nil
	}
	return model.Errorf(model.EPermission, "spaces are created and deleted by API users of the space %s", model.DefaultSpace)
}

// spaceEditing is how spaces are read and changed: those of the space default see all of
// them, everybody else only their own.
func spaceEditing() *editing[model.Space] {
	return &editing[model.Space]{
		find: func(c *call) (model.Space, error) {
			sp, err := find(c,
				func(id model.ID) (model.Space, error) { return c.hub.Spaces.Get(c.ctx, id) },
				func(name string) (model.Space, error) { return c.hub.Spaces.Find(c.ctx, name) })
			if model.CodeOf(err) == model.ENotFound || err == nil && !c.manages() && sp.ID != c.hub.Space.ID {
				return model.Space{}, &statusError{http.StatusNotFound, "there is no such space", ""}
			}
			return sp, err
		},
		show:     func(_ *call, sp model.Space) (any, error) { return spaces.ViewOf(sp), nil },
		revision: func(sp model.Space) uint64 { return sp.Revision },
		input:    spaceInput,
		save: func(c *call, sp model.Space, w wanted) (model.Space, error) {
			b := struct {
				Name      string
				Protected bool
			}{}
			if err := w.members.into(&b); err != nil {
				return sp, err
			}
			return c.hub.Spaces.Update(c.ctx, sp.ID, spaces.Edit{Name: &b.Name, Protected: &b.Protected, Revision: w.revision}, c.confirm())
		},
	}
}

func (a *API) spaceRoutes() []Route {
	e := spaceEditing()
	everything := Param{"everything", "also when the space is not empty", &Schema{Type: []string{"boolean"}, Default: false}}
	return []Route{
		rest(http.MethodGet, areaSpaces, "", "List spaces", listSpaces).
			with(nil, listOf(spaceShape), paramLimit, paramAfter, paramQ),
		rest(http.MethodPost, areaSpaces, "", "Create a space", func(c *call) error { return createSpace(c, e) }).
			with(spaceInput, spaceShape).tagged(),
		rest(http.MethodGet, areaSpaces, "/{id}", "Show a space", e.one).with(nil, spaceShape).tagged(),
		rest(http.MethodPut, areaSpaces, "/{id}", "Replace a space", e.handle).with(spaceInput, spaceShape, paramName).tagged(),
		rest(http.MethodPatch, areaSpaces, "/{id}", "Rename or protect a space", e.handle).with(spacePatch, spaceShape, paramName).tagged(),
		rest(http.MethodDelete, areaSpaces, "/{id}", "Delete a space", e.remove(deleteSpace)).with(nil, nil, paramSure, everything),
	}
}

func listSpaces(c *call) error {
	q, err := c.search()
	if err != nil {
		return err
	}
	list, err := c.visibleSpaces()
	if err != nil {
		return err
	}
	all := []spaces.View{}
	for _, sp := range list {
		if holds(sp.Name, q) {
			all = append(all, spaces.ViewOf(sp))
		}
	}
	return page(c, all, func(v *spaces.View) string { return named(v.Name, v.ID) })
}

// visibleSpaces are the spaces that the caller may see.
func (c *call) visibleSpaces() ([]model.Space, error) {
	if !c.manages() {
		return []model.Space{c.hub.Space}, nil
	}
	return c.hub.Spaces.List(c.ctx)
}

func createSpace(c *call, e *editing[model.Space]) error {
	if err := c.onlyDefault(); err != nil {
		return err
	}
	body, err := e.newRecord(c)
	if err != nil {
		return err
	}
	protected, _ := body["protected"].(bool)
	sp, err := c.hub.Spaces.Create(c.ctx, body["name"].(string), protected)
	if err != nil {
		return err
	}
	return c.created(areaSpaces, sp.ID, sp.Revision, spaces.ViewOf(sp))
}

func deleteSpace(c *call, sp model.Space, revision uint64) error {
	if err := c.onlyDefault(); err != nil {
		return err
	}
	d := spaces.Deletion{Revision: revision}
	switch v := c.query("everything"); v {
	case "", "false":
	case "true":
		d.Everything = true
	default:
		return faulty("everything", "must be true or false")
	}
	err := c.hub.Spaces.Delete(c.ctx, sp.ID, d, c.confirm())
	if e := model.AsError(err); e != nil && e.Code == model.EConflict && strings.Contains(e.Message, "not empty") {
		// The revision was right: this is about what the space holds, not about If-Match.
		return &statusError{http.StatusConflict, e.Message + "; everything=true deletes that too", "everything"}
	}
	return err
}
