package transfers

import (
	"context"
	"errors"
	"time"

	"ferry/model"
	"ferry/model/clients"
)

// mayRun is every rule about whether a transfer may run now.
func (r *runner) mayRun(ctx context.Context, tx model.Tx, sp model.Space, t *model.Transfer, st *model.TransferState, now time.Time) (err error) {
	if r.how.due && !isDue(t, st, now, true) {
		return errNotDue
	}
	if err := mayGoOn(t, st, r.how.fresh != nil, &r.o); err != nil {
		return err
	}
	r.source, r.target, err = mayUse(ctx, tx, sp, t, r.o.Confirm)
	r.origins = originsOf(r.source, r.target)
	return err
}

// mayUse is every rule about the clients of a transfer that is to run. It returns them.
func mayUse(ctx context.Context, tx model.Tx, sp model.Space, t *model.Transfer, confirm string) (source, target *model.Client, err error) {
	if source, err = needed(tx, sp.ID, t.Source.Client, "source"); err != nil {
		return nil, nil, err
	}
	if target, err = needed(tx, sp.ID, t.Target.Client, "target"); err != nil {
		return nil, nil, err
	}
	if err := calling(ctx, t); err != nil {
		return nil, nil, err
	}
	if err := usable(source, target); err != nil {
		return nil, nil, err
	}
	return source, target, confirmed(sp, target, t, confirm)
}

// mayGoOn is the rule that only what has not ended goes on, a stream never, and a paused
// sync not before it is resumed.
func mayGoOn(t *model.Transfer, st *model.TransferState, fresh bool, o *Options) error {
	switch {
	case fresh:
		return nil
	case t.Kind == model.KindSync && t.Sync.Paused:
		return model.Errorf(model.EDisabled, "the sync %s is paused", t.Name).WithNext("ferry sync resume %s", t.Name)
	case t.Kind == model.KindSync:
		return nil
	case st.Phase.Ended():
		return model.Errorf(model.EInvalid, "it is %s: there is nothing to go on with", st.Phase).WithField("id").WithNext("start it again")
	}
	o.Resume = true
	return streams(t, o)
}

// needed returns the client of a side; EDisabled when it was deleted, nil for no side.
func needed(tx model.Tx, space, id model.ID, side string) (*model.Client, error) {
	c, err := clientOf(tx, space, id)
	if err == nil && c == nil && id != "" {
		return nil, gone(side)
	}
	return c, err
}

// confirmed is the rule that data of a protected client, or of one in a protected space, is
// changed only by who gives the client's name, now or when the sync was saved.
func confirmed(sp model.Space, target *model.Client, t *model.Transfer, confirm string) error {
	if target == nil {
		return nil
	}
	protected := sp.Protected || target.Protected
	if protected && t.Kind == model.KindSync && t.Sync.Confirmed && confirm == "" {
		return nil
	}
	err := model.RequireName(protected, target.Name, confirm)
	if err != nil && t.Kind == model.KindSync && t.Revision > 0 {
		return model.AsError(err).WithNext("ferry sync update %s --confirm %s", t.Name, target.Name)
	}
	return err
}

// stillUsable returns why a client of a run may not be used any longer, nil when it may.
func (r *runner) stillUsable(tx model.Tx) error {
	for _, side := range []struct {
		id   model.ID
		name string
	}{{r.t.Source.Client, "source"}, {r.t.Target.Client, "target"}} {
		if side.id == "" {
			continue
		}
		c, err := needed(tx, r.space.ID, side.id, side.name)
		if err != nil {
			return err
		}
		if err := clients.RequireUsable(c); err != nil {
			return err
		}
		if model.Origin(c.BaseURL) != r.origins[side.id] {
			return model.Errorf(model.EDisabled, "%q was pointed elsewhere: to %s", c.Name, model.Origin(c.BaseURL)).
				WithField(side.name).WithNext("look whether that is meant, then go on")
		}
	}
	return nil
}

// calling is the rule that nobody lets the hub call what it may not call itself.
func calling(ctx context.Context, t *model.Transfer) error {
	var needs []model.Permission
	for _, id := range []model.ID{t.Source.Client, t.Target.Client} {
		if id != "" {
			needs = append(needs, model.CallPermission(id))
		}
	}
	return model.RequireAll(ctx, needs, "use these API clients in a transfer")
}

// usable is the rule that both clients of a transfer can be used.
func usable(list ...*model.Client) error {
	for _, c := range list {
		if c == nil {
			continue
		}
		if err := clients.RequireUsable(c); err != nil {
			return err
		}
	}
	return nil
}

var errGone = errors.New("a client of the transfer is gone")

func gone(side string) error {
	return model.Errorf(model.EDisabled, "the API client of the %s was deleted", side).
		WithField(side).WithNext("name another client, or delete the transfer").WithCause(errGone)
}
