package serving

import (
	"context"
	"slices"
	"time"

	"ferry/model"
)

// What the settings are while nobody has set them.
const (
	DefaultListen      = "127.0.0.1:8080"
	DefaultRotateEvery = 90 * 24 * time.Hour
)

// never is how "until somebody rotates it" is stored, where 0 is not set.
const never = -1

// withDefaults returns what is in force when c is stored.
func withDefaults(c model.ServeConfig) model.ServeConfig {
	if c.Listen == "" {
		c.Listen = DefaultListen
	}
	if c.Algorithm == "" {
		c.Algorithm = model.ES256
	}
	if c.DefaultTTL == 0 {
		c.DefaultTTL = model.DefaultTTL
	}
	switch {
	case c.RotateEvery == 0:
		c.RotateEvery = DefaultRotateEvery
	case c.RotateEvery < 0:
		c.RotateEvery = 0
	}
	return c
}

// Config returns the settings with defaults filled in.
func (s *Service) Config(ctx context.Context) (model.ServeConfig, error) {
	c, err := s.stored(ctx)
	return withDefaults(c), err
}

func (s *Service) stored(ctx context.Context) (c model.ServeConfig, err error) {
	err = s.store.View(ctx, func(tx model.Tx) (err error) {
		c, err = tx.Serving().Config()
		return err
	})
	return c, err
}

// Setting is one setting for a person to read and set.
type Setting struct {
	Name    string `json:"name"` // listen, public_url, aliases, algorithm, default_ttl, rotate_every, behind_proxy, tls_cert, tls_key, admin_listen
	Value   string `json:"value"`
	Default bool   `json:"default"` // nobody has set it
	Help    string `json:"help"`
}

// Settings returns every setting, in a fixed order.
func (s *Service) Settings(ctx context.Context) ([]Setting, error) {
	stored, err := s.stored(ctx)
	if err != nil {
		return nil, err
	}
	inForce, unset := withDefaults(stored), withDefaults(model.ServeConfig{})
	out := make([]Setting, len(settings))
	for i, d := range settings {
		out[i] = Setting{Name: d.name, Value: d.show(&inForce), Help: d.help, Default: d.show(&inForce) == d.show(&unset)}
	}
	return out, nil
}

// Set changes one setting; value "" takes it back to its default, a certificate together
// with its key. Check says whether a server starts with what it returns: it does not with
// a certificate whose key is still to be set. EInvalid with the setting's name as field; EPermission for an API user. Changing the algorithm makes a
// signing key of the new kind, published before it is used.
func (s *Service) Set(ctx context.Context, name, value string) (model.ServeConfig, error) {
	if err := operator(ctx, "change how the hub is served"); err != nil {
		return model.ServeConfig{}, err
	}
	if _, err := With(model.ServeConfig{}, name, value); err != nil {
		return model.ServeConfig{}, err
	}
	now, actor := s.now(), model.ActorFrom(ctx)
	entry := model.AuditEntry{ID: s.newID(now), At: now, Actor: actor, Action: "serve.config", Name: name}
	var f fresh
	if name == "algorithm" {
		to, _ := With(model.ServeConfig{}, name, value)
		var err error
		if f, err = s.newKey(ctx, withDefaults(to).Algorithm, Lead); err != nil {
			return model.ServeConfig{}, err
		}
	}
	var out model.ServeConfig
	err := s.store.Update(ctx, func(tx model.Tx) error {
		was, err := tx.Serving().Config()
		if err != nil {
			return err
		}
		is, err := changed(was, name, value)
		if err != nil {
			return err
		}
		entry.Changes = difference(was, is)
		if len(entry.Changes) == 0 {
			out = withDefaults(was)
			return nil
		}
		is.Revision, is.Updated = was.Revision+1, model.Stamp{At: now, By: actor.Label()}
		if err := tx.Serving().PutConfig(is); err != nil {
			return err
		}
		out, entry.Revision = withDefaults(is), is.Revision
		if name == "algorithm" {
			if err := f.replace(tx); err != nil {
				return err
			}
		}
		return audited(tx, entry)
	})
	return out, err
}

// changed returns was with one setting changed, unless that is wrong in itself or makes
// wrong what was right before: settings are given one at a time, so one that is wrong
// already does not keep others from being mended.
func changed(was model.ServeConfig, name, value string) (model.ServeConfig, error) {
	is, err := With(was, name, value)
	if err != nil {
		return is, err
	}
	before := problemsOf(withDefaults(was))
	var found []problem
	for _, p := range problemsOf(withDefaults(is)) {
		// A certificate comes without its key first, as there is no way to give both at once.
		if p.half || slices.Contains(before, p) {
			continue
		}
		found = append(found, p)
	}
	if err := invalid(found); err != nil {
		return is, model.AsError(err).WithField(name)
	}
	return is, nil
}

// difference lists the settings in which two stored configurations differ.
func difference(was, is model.ServeConfig) []model.Change {
	was, is = withDefaults(was), withDefaults(is)
	var out []model.Change
	for _, d := range settings {
		if from, to := d.show(&was), d.show(&is); from != to {
			out = append(out, model.Change{Field: d.name, From: from, To: to})
		}
	}
	return out
}
