package gateway

import (
	"context"
	"strings"

	"ferry/model"
	"ferry/model/clients"
)

// Try explains, rule by rule, what the gateway would do with a request that carries an access
// token with everything the user may do. Nothing is sent, nothing is counted, and from where the
// request would come is not asked. The path is below the client's base URL and may lack its first
// slash; a query behind it is no part of a decision. A secret that the client lacks is told of,
// too: the gateway would find out when it needs it. ENotFound for an unknown user or client.
func (s *Service) Try(ctx context.Context, space model.Space, user, client, method, path string, length int64) (Decision, error) {
	path, _, _ = strings.Cut(path, "?")
	if path != "" && !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	q := Question{Method: method, Path: path, Length: length, Now: s.now(), anywhere: true}
	err := s.store.View(ctx, func(tx model.Tx) error {
		p := parties{space: space}
		var err error
		if p.user, err = userNamed(tx, space, user); err != nil {
			return err
		}
		if p.client, err = clientNamed(tx, space, client); err != nil {
			return err
		}
		q.User, q.Client = &p.user, &p.client
		q.Permits = model.NewPermits(p.user.Permissions...)
		q.Rule, err = stored(tx, p)
		return err
	})
	if err != nil {
		return Decision{}, err
	}
	d := Decide(q, true)
	if missing := clients.Missing(q.Client); len(missing) > 0 {
		d.Steps = append(d.Steps, Step{Rule: "the client has all its secrets", Detail: "missing: " + model.Printable(strings.Join(missing, ", "))})
		if d.Refusal == "" {
			d.Refusal, d.Status, d.Detail = Incomplete, Incomplete.Status(), Incomplete.Detail()
		}
	}
	return d, nil
}
