package command

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/calls"
	"ferry/model/hub"
)

// planned is the call that flags and arguments ask for, its places not yet filled: one
// that was saved, with what the flags replace, or a new one.
func (a *app) planned(ctx context.Context, cmd *cobra.Command, h *hub.Hub, c *model.Client, f *callFlags, args []string) (model.SavedCall, error) {
	given, err := a.request(cmd, f, c.Name, args)
	if err != nil {
		return model.SavedCall{}, err
	}
	call := model.SavedCall{Name: f.save, Filter: f.jq, Request: given}
	if f.run != "" {
		if call, err = h.Calls.SavedByName(ctx, c, f.run); err != nil {
			return call, err
		}
		r := &call.Request
		r.Query, r.Headers = replaced(r.Query, given.Query, false), replaced(r.Headers, given.Headers, true)
		if cmd.Flags().Changed("data") || len(f.form) > 0 {
			r.Body, r.Stream = given.Body, given.Stream
		}
		// A filter that was kept is for what is printed, not for a file.
		if !cmd.Flags().Changed("jq") && f.file == "" {
			f.jq = call.Filter
		}
	}
	call.PathParams = replaced(call.PathParams, pairs(f.places), false)
	return call, nil
}

// placesError adds to the error of a path how its places are given here.
func placesError(err error, path string) error {
	e := *model.AsError(err)
	if places := calls.Places(path); len(places) > 0 {
		e.Next = "give each place its value: -p " + strings.Join(places, "=VALUE -p ") + "=VALUE"
	}
	return &e
}

// replaced is ps with every parameter that is given in its place, the others behind.
// A name that is given replaces all of that name.
func replaced(ps, given []model.Param, ignoreCase bool) []model.Param {
	same := func(a, b string) bool { return a == b || ignoreCase && strings.EqualFold(a, b) }
	out := slices.DeleteFunc(slices.Clone(ps), func(p model.Param) bool {
		return slices.ContainsFunc(given, func(g model.Param) bool { return same(g.Name, p.Name) })
	})
	return append(out, given...)
}

// request builds the request from flags and the arguments behind the client's name.
func (a *app) request(cmd *cobra.Command, f *callFlags, client string, args []string) (model.Request, error) {
	r := model.Request{Method: http.MethodGet, Query: pairs(f.query)}
	if len(args) > 0 {
		r.Path = args[len(args)-1]
	}
	if cmd.Flags().Changed("data") || len(f.form) > 0 {
		r.Method = http.MethodPost
		var err error
		if r.Body, r.Stream, err = a.requestBody(f); err != nil {
			return r, err
		}
	}
	if len(args) == 2 {
		r.Method = strings.ToUpper(args[0])
	}
	for _, text := range f.headers {
		p, err := plainHeader(cmd, text, "ferry client update "+client+" --secret-header-file %s=FILE")
		if err != nil {
			return r, err
		}
		r.Headers = append(r.Headers, p)
	}
	if len(f.form) > 0 {
		form := []model.Param{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}}
		r.Headers = replaced(form, r.Headers, true)
	}
	return r, nil
}

// pairs are flags of the form K=V, which were checked before.
func pairs(texts []string) (out []model.Param) {
	for _, text := range texts {
		name, value, _ := strings.Cut(text, "=")
		out = append(out, model.Param{Name: name, Value: value})
	}
	return out
}
