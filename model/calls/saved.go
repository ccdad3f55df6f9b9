package calls

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/spaces"
)

// Save keeps a call under a name, over one that has it already. What is secret by its
// name is left out, and a body that holds such names too; left says which.
//
// EInvalid for a name or a path parameter that cannot be, or a body beyond MaxKeptBody;
// EConflict when the client has MaxSaved of them; ENotFound when the client is gone.
func (s *Service) Save(ctx context.Context, space model.Space, c *model.Client, call model.SavedCall) (left []string, err error) {
	if call.Request.Stream != nil {
		return nil, model.Errorf(model.EInvalid, "a body that can be read once only is not kept with a call").
			WithField("data").WithNext("keep the call without it, and give the body each time it is made")
	}
	call, left, err = fit(c, call)
	if err != nil {
		return nil, err
	}
	now := s.now()
	newID, entryID := s.newID(now), s.newID(now)
	call.Client, call.Updated = c.ID, model.Stamp{At: now, By: model.ActorFrom(ctx).Label()}
	err = s.store.Update(ctx, func(tx model.Tx) error {
		space, err := s.liveClient(tx, space, c)
		if err != nil {
			return err
		}
		all, err := tx.Saved().List(c.ID)
		if err != nil {
			return err
		}
		call.ID = newID
		if i := named(all, call.Name); i >= 0 {
			call.ID = all[i].ID
		} else if len(all) >= model.MaxSaved {
			return model.Errorf(model.EConflict, "%q has %d saved calls already, and no room for more", c.Name, len(all)).
				WithNext("forget one of them, or save over one by giving its name")
		}
		if err := tx.Saved().Put(call); err != nil {
			return err
		}
		return tx.Audit().Append(s.about(ctx, entryID, "call.save", space, c, model.Change{Field: "call", To: call.Name}))
	})
	return left, err
}

// fit returns a call as it may be kept, and what was left out of it.
func fit(c *model.Client, call model.SavedCall) (kept model.SavedCall, left []string, err error) {
	if msg := model.NameProblem(call.Name); msg != "" {
		return call, nil, model.Invalid([]model.FieldError{{Field: "name", Message: msg}})
	}
	r := &call.Request
	if r.Method = strings.ToUpper(r.Method); r.Method == "" {
		r.Method = http.MethodGet
	}
	if _, err := values(r.Path, call.PathParams); err != nil {
		return call, nil, err
	}
	if len(r.Body) > model.MaxKeptBody {
		return call, nil, model.Errorf(model.EInvalid, "the body is larger than %d KiB, the most that is kept with a call", model.MaxKeptBody>>10).
			WithField("body").WithNext("keep it in a file, and give that file each time")
	}
	drop := func(what string, ps []model.Param) []model.Param {
		for _, p := range ps {
			if clients.SecretByName(p.Name) {
				left = append(left, what+" "+p.Name)
			}
		}
		return plain(ps)
	}
	r.Query, r.Headers = drop("parameter", r.Query), drop("header", r.Headers)
	call.PathParams = drop("path parameter", call.PathParams)
	if path := plainPath(r.Path); path != r.Path {
		r.Path, left = path, append(left, "a parameter in the path")
	}
	if holdsSecret(c, r.Body) {
		r.Body, left = nil, append(left, "the body")
	}
	r.Sink = nil
	return call, left, nil
}

// Saved returns the saved calls of a client by name.
func (s *Service) Saved(ctx context.Context, c *model.Client) ([]model.SavedCall, error) {
	var out []model.SavedCall
	err := s.store.View(ctx, func(tx model.Tx) (err error) {
		out, err = tx.Saved().List(c.ID)
		return err
	})
	return out, err
}

// SavedByName returns one saved call, ignoring case. ENotFound.
func (s *Service) SavedByName(ctx context.Context, c *model.Client, name string) (model.SavedCall, error) {
	all, err := s.Saved(ctx, c)
	if err != nil {
		return model.SavedCall{}, err
	}
	if i := named(all, name); i >= 0 {
		return all[i], nil
	}
	return model.SavedCall{}, noSuch(c, name)
}

// Forget deletes a saved call. ENotFound.
func (s *Service) Forget(ctx context.Context, space model.Space, c *model.Client, name string) error {
	entryID := s.newID(s.now())
	return s.store.Update(ctx, func(tx model.Tx) error {
		space, err := s.liveClient(tx, space, c)
		if err != nil {
			return err
		}
		all, err := tx.Saved().List(c.ID)
		if err != nil {
			return err
		}
		i := named(all, name)
		if i < 0 {
			return noSuch(c, name)
		}
		if err := tx.Saved().Delete(c.ID, all[i].ID); err != nil {
			return err
		}
		return tx.Audit().Append(s.about(ctx, entryID, "call.forget", space, c, model.Change{Field: "call", From: all[i].Name}))
	})
}

// SetFilter remembers the jq filter that was last used on an answer of a client; "" forgets it.
func (s *Service) SetFilter(ctx context.Context, c *model.Client, expr string) error {
	return s.store.Update(ctx, func(tx model.Tx) error {
		if _, err := tx.Clients().Get(c.Space, c.ID); err != nil {
			return err
		}
		run, err := tx.Runtimes().Get(c.Space, c.ID)
		if err != nil || run.Filter == expr {
			return err
		}
		run.Client, run.Filter = c.ID, expr
		return tx.Runtimes().Put(c.Space, run)
	})
}

// Filter returns the jq filter that was last used on an answer of a client, or "".
func (s *Service) Filter(ctx context.Context, c *model.Client) (expr string, err error) {
	err = s.store.View(ctx, func(tx model.Tx) error {
		run, err := tx.Runtimes().Get(c.Space, c.ID)
		expr = run.Filter
		return err
	})
	return expr, err
}

// liveClient looks that the client is still there, in a space that is not being deleted.
func (s *Service) liveClient(tx model.Tx, space model.Space, c *model.Client) (model.Space, error) {
	live, err := spaces.Live(tx, space.ID)
	if err != nil {
		return live, err
	}
	_, err = tx.Clients().Get(live.ID, c.ID)
	return live, err
}

func (s *Service) about(ctx context.Context, id model.ID, action string, space model.Space, c *model.Client, change model.Change) model.AuditEntry {
	return model.AuditEntry{
		ID: id, At: s.now(), Actor: model.ActorFrom(ctx), Action: action, Space: space.Name, In: space.ID,
		Target: c.ID, Name: c.Name, Changes: []model.Change{change},
	}
}

func named(all []model.SavedCall, name string) int {
	return slices.IndexFunc(all, func(c model.SavedCall) bool { return strings.EqualFold(c.Name, name) })
}

func noSuch(c *model.Client, name string) error {
	return model.Errorf(model.ENotFound, "%q has no saved call named %s", c.Name, model.Printable(name)).
		WithField("name").WithNext("list them with: ferry call %s --saved", c.Name)
}
