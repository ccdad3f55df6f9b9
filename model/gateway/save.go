package gateway

import (
	"context"
	"strconv"
	"strings"
	"time"

	"ferry/model"
	"ferry/model/spaces"
)

// Set saves a rule and returns it. A rule that is set again and says the same is left as it is.
// EInvalid with the fields at fault, ENotFound for an unknown user or client, EConflict when the
// draft's revision is not the stored one any more, EProtected when the rule lets more through than
// before and the client or its space is protected, EPermission when the actor lacks what the user
// may do or may not call the client itself.
func (s *Service) Set(ctx context.Context, space model.Space, d RuleDraft, confirm string) (RuleView, error) {
	if err := model.Invalid(Check(d)); err != nil {
		return RuleView{}, err
	}
	now := s.now()
	entryID := s.newID(now)
	var out RuleView
	err := s.store.Update(ctx, func(tx model.Tx) error {
		p, err := s.parties(ctx, tx, space, d.User, d.Client, "make a rule for")
		if err != nil {
			return err
		}
		was, err := stored(tx, p)
		if err != nil {
			return err
		}
		if err := seen(tx, p, was, d.Revision, now); err != nil {
			return err
		}
		if d.Fresh && was != nil {
			return model.Errorf(model.EConflict, "there is a rule for %s already", p.name()).WithNext("look at it, then change it")
		}
		is := model.GatewayRule{Space: p.space.ID, User: p.user.ID, Client: p.client.ID, Created: model.Stamp{At: now, By: model.ActorFrom(ctx).Label()}}
		if was != nil {
			is.Created, is.Revision, is.Updated = was.Created, was.Revision, was.Updated
		} else if is.Revision, err = removed(tx, p); err != nil {
			return err
		}
		d.put(&is)
		diff := changes(was, &is)
		if was != nil && len(diff) == 0 {
			out = viewOf(&is, p.user.Username, p.client.Name)
			return nil
		}
		if was != nil && widens(was, &is) {
			if err := model.RequireName(p.protected(), p.client.Name, confirm); err != nil {
				return err
			}
		}
		is.Revision++
		is.Updated = model.Stamp{At: now, By: model.ActorFrom(ctx).Label()}
		out = viewOf(&is, p.user.Username, p.client.Name)
		if err := tx.Rules().Put(is); err != nil {
			return err
		}
		return tx.Audit().Append(p.entry(ctx, entryID, now, "rule.set", is.Revision, diff))
	})
	if err != nil {
		return RuleView{}, err
	}
	return out, nil
}

// Remove removes a rule: call:CLIENT is then for every method and path again, so that it needs the
// name of a protected client. ENotFound; EPermission as for Set.
func (s *Service) Remove(ctx context.Context, space model.Space, user, client, confirm string) error {
	return s.RemoveIfRevision(ctx, space, user, client, 0, confirm)
}

// RemoveIfRevision is Remove of the revision that was seen: EConflict when another is stored by
// now. Revision 0 means whatever is stored.
func (s *Service) RemoveIfRevision(ctx context.Context, space model.Space, user, client string, revision uint64, confirm string) error {
	now := s.now()
	entryID := s.newID(now)
	return s.store.Update(ctx, func(tx model.Tx) error {
		p, err := s.parties(ctx, tx, space, user, client, "remove a rule for")
		if err != nil {
			return err
		}
		was, err := stored(tx, p)
		if err != nil {
			return err
		}
		if was == nil {
			return noRule(p)
		}
		if err := seen(tx, p, was, revision, now); err != nil {
			return err
		}
		if err := model.RequireName(p.protected(), p.client.Name, confirm); err != nil {
			return err
		}
		if err := tx.Rules().Delete(p.space.ID, p.user.ID, p.client.ID); err != nil {
			return err
		}
		return tx.Audit().Append(p.entry(ctx, entryID, now, "rule.remove", was.Revision, nil))
	})
}

// parties are whom a rule is between, as they are stored.
type parties struct {
	space  model.Space
	user   model.APIUser
	client model.Client
}

// parties reads them, and asks the rule of escalation: nobody makes or removes a rule for a user
// that may do more than itself, nor for a client that it may not call itself. A rule for a weaker
// user could be removed, and would let through to the client what its maker lacks.
func (s *Service) parties(ctx context.Context, tx model.Tx, space model.Space, user, client, what string) (p parties, err error) {
	if p.space, err = spaces.Live(tx, space.ID); err != nil {
		return p, err
	}
	if p.user, err = userNamed(tx, p.space, user); err != nil {
		return p, err
	}
	if p.client, err = clientNamed(tx, p.space, client); err != nil {
		return p, err
	}
	list, err := model.StandingOf(tx, &p.user)
	if err != nil {
		return p, err
	}
	return p, model.RequireAll(ctx, append(list, model.CallPermission(p.client.ID)), what+" the API user "+p.user.Username)
}

func (p *parties) protected() bool { return p.space.Protected || p.client.Protected }

func (p *parties) name() string { return p.user.Username + " at " + p.client.Name }

// target is what the audit log knows the rule by: no id of its own stands for it.
func (p *parties) target() model.ID { return p.user.ID + "." + p.client.ID }

func (p *parties) entry(ctx context.Context, id model.ID, at time.Time, action string, revision uint64, diff []model.Change) model.AuditEntry {
	return model.AuditEntry{
		ID: id, At: at, Actor: model.ActorFrom(ctx), Action: action, Space: p.space.Name, In: p.space.ID,
		Target: p.target(), Name: p.name(), Revision: revision, Changes: diff,
	}
}

// stored reads the rule; nil when there is none.
func stored(tx model.Tx, p parties) (*model.GatewayRule, error) {
	r, err := tx.Rules().Get(p.space.ID, p.user.ID, p.client.ID)
	if model.CodeOf(err) == model.ENotFound {
		return nil, nil // none is what most users have
	}
	return &r, err
}

// removedDepth is how many of the newest audit entries are searched for a rule of before.
const removedDepth = 500

// removed returns the revision of the last rule that was removed lately, 0 when there was none.
// Clients and users that are made again have new ids; a rule lies under those of its user and its
// client, so it goes on counting where the one before ended: who saw that one does not hit this.
func removed(tx model.Tx, p parties) (uint64, error) {
	entries, err := tx.Audit().Page("", removedDepth)
	if err != nil {
		return 0, err
	}
	for _, e := range entries { // the newest first
		if e.Target == p.target() && e.Action == "rule.remove" {
			return e.Revision, nil
		}
	}
	return 0, nil
}

// seen is EConflict when revision, unless 0, is not the stored one any more.
func seen(tx model.Tx, p parties, was *model.GatewayRule, revision uint64, now time.Time) error {
	switch {
	case revision == 0:
		return nil
	case was == nil:
		return model.Errorf(model.EConflict, "the rule for %s was removed meanwhile", p.name()).
			WithNext("look at it again, then repeat your change")
	case was.Revision == revision:
		return nil
	}
	return model.Conflict(tx, model.Edited{ID: p.target(), Name: p.name(), Revision: was.Revision, Updated: was.Updated}, revision, now)
}

func noRule(p parties) error {
	return model.Errorf(model.ENotFound, "there is no rule for %s", p.name()).WithNext("see which there are with: ferry gateway rule list")
}

func userNamed(tx model.Tx, space model.Space, name string) (model.APIUser, error) {
	u, err := tx.Users().ByName(name)
	if model.CodeOf(err) == model.ENotFound || err == nil && u.Space != space.ID {
		return u, model.Errorf(model.ENotFound, "no API user %q in space %s", model.Printable(name), space.Name).
			WithField("user").WithNext("see the names with: ferry user list")
	}
	return u, err
}

func clientNamed(tx model.Tx, space model.Space, name string) (model.Client, error) {
	c, err := tx.Clients().ByName(space.ID, name)
	if model.CodeOf(err) == model.ENotFound {
		return c, model.Errorf(model.ENotFound, "no API client %q in space %s", model.Printable(name), space.Name).
			WithField("client").WithNext("see the names with: ferry client list")
	}
	return c, err
}

// changes lists the fields in which two rules differ, was nil for a new one.
func changes(was, is *model.GatewayRule) []model.Change {
	if was == nil {
		was = &model.GatewayRule{}
	}
	var out []model.Change
	text := func(field, a, b string) {
		if a != b {
			out = append(out, model.Change{Field: field, From: a, To: b})
		}
	}
	number := func(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
	text("read_only", strconv.FormatBool(was.ReadOnly), strconv.FormatBool(is.ReadOnly))
	text("methods", strings.Join(was.Methods, " "), strings.Join(is.Methods, " "))
	text("paths", strings.Join(was.Paths, " "), strings.Join(is.Paths, " "))
	text("per_second", number(was.PerSecond), number(is.PerSecond))
	text("per_day", strconv.FormatInt(was.PerDay, 10), strconv.FormatInt(is.PerDay, 10))
	text("max_body", strconv.FormatInt(was.MaxBody, 10), strconv.FormatInt(is.MaxBody, 10))
	return out
}
