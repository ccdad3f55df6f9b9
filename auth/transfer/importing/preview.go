package importing

import (
	"context"
	"errors"
	"strings"

	"ferry/auth/call"
	"ferry/model"
	"ferry/model/clients"
)

var errEnough = errors.New("enough")

// Preview implements model.Mover: the requests of the first n units that would be sent.
// EInvalid when there is none because no record can be sent.
func (e Engine) Preview(ctx context.Context, j model.Job, n int) ([]model.PlannedRequest, error) {
	r, err := e.open(&j)
	if err != nil {
		return nil, err
	}
	defer r.source.close()
	c := j.Target.Client()
	var out []model.PlannedRequest
	var first *fault
	err = r.planner.each(ctx, func(u *unit) error {
		if len(u.faults) > 0 && first == nil {
			first = &u.faults[0]
		}
		if len(u.items) == 0 {
			return nil
		}
		requests := []model.Request{r.sender.write(u, r.sender.method, u.path)}
		if r.sender.create != "" {
			requests = []model.Request{r.sender.lookup(u), requests[0]}
		}
		for _, q := range requests {
			if len(out) >= n {
				return errEnough
			}
			planned, err := plan(&c, q, u.items[0].record)
			if err != nil {
				return err
			}
			out = append(out, planned)
		}
		return nil
	})
	switch {
	case err != nil && !errors.Is(err, errEnough):
		return out, err
	case len(out) == 0 && first != nil:
		return nil, model.Errorf(model.EInvalid, "no record can be sent; row %d: %s", first.row, clip(first.reason)).WithField("file").
			WithNext("look at the file and at --format, --jq and the path")
	}
	return out, nil
}

// plan is a request as it would be sent, with what is secret masked.
func plan(c *model.Client, q model.Request, record int64) (model.PlannedRequest, error) {
	u, err := call.BuildURL(c, q)
	if err != nil {
		return model.PlannedRequest{}, err
	}
	p := model.PlannedRequest{Record: record, Method: q.Method, URL: u.String(), Body: q.Body}
	if c.UsesOAuth() {
		p.Header = append(p.Header, model.Param{Name: "Authorization", Value: "Bearer " + model.Mask})
	}
	for _, h := range c.Headers {
		value := model.Mask
		if !h.Secret && !clients.SecretByName(h.Name) {
			value = h.Value.Reveal()
		}
		p.Header = set(p.Header, h.Name, value)
	}
	for _, h := range q.Headers {
		if clients.SecretByName(h.Name) {
			h.Value = model.Mask
		}
		p.Header = set(p.Header, h.Name, h.Value)
	}
	return p, nil
}

// set replaces a header by its name, or adds it.
func set(headers []model.Param, name, value string) []model.Param {
	for i := range headers {
		if strings.EqualFold(headers[i].Name, name) {
			headers[i].Value = value
			return headers
		}
	}
	return append(headers, model.Param{Name: name, Value: value})
}
