package command

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/calls"
	"ferry/model/hub"
)

// savedCallView is one call that was kept. Places are the {name} places of its path.
type savedCallView struct {
	Name      string            `json:"name"`
	Method    string            `json:"method"`
	Path      string            `json:"path"`
	Places    []string          `json:"places"`
	Values    map[string]string `json:"values"` // of places, as they were kept
	Query     []string          `json:"query"`
	Headers   []string          `json:"headers"`
	BodySize  int               `json:"body_size"`
	JQ        string            `json:"jq"`
	UpdatedAt string            `json:"updated_at"`
	UpdatedBy string            `json:"updated_by"`
}

func viewOf(call *model.SavedCall) savedCallView {
	r := &call.Request
	v := savedCallView{
		Name: call.Name, Method: r.Method, Path: r.Path, Places: append([]string{}, calls.Places(r.Path)...), Values: map[string]string{},
		Query: []string{}, Headers: []string{}, BodySize: len(r.Body), JQ: call.Filter,
		UpdatedAt: utc(call.Updated.At), UpdatedBy: call.Updated.By,
	}
	for _, p := range call.PathParams {
		v.Values[p.Name] = p.Value
	}
	for _, q := range r.Query {
		v.Query = append(v.Query, q.Name+"="+q.Value)
	}
	for _, p := range r.Headers {
		v.Headers = append(v.Headers, p.Name+": "+p.Value)
	}
	return v
}

// savedCalls lists the saved calls of a client by name.
func (a *app) savedCalls(ctx context.Context, h *hub.Hub, c *model.Client) error {
	all, err := h.Calls.Saved(ctx, c)
	if err != nil {
		return err
	}
	views := make([]savedCallView, len(all))
	rows := [][]string{{"NAME", "METHOD", "PATH", "SAVED", "BY"}}
	for i := range all {
		v := viewOf(&all[i])
		views[i] = v
		path := v.Path
		if len(v.Query) > 0 {
			path += "?" + strings.Join(v.Query, "&")
		}
		rows = append(rows, []string{v.Name, v.Method, path, v.UpdatedAt, v.UpdatedBy})
	}
	return a.show(listOf(views, ""), func(w io.Writer) { table(w, rows) })
}

// forgetCall deletes a saved call.
func (a *app) forgetCall(ctx context.Context, h *hub.Hub, c *model.Client, name string) error {
	if err := h.Calls.Forget(ctx, h.Space, c, name); err != nil {
		return err
	}
	return a.show(map[string]string{"client": c.Name, "forgotten": name}, say("Forgot the call %s of %s.", name, c.Name))
}

// saveCall keeps a call. It is complete when it can be made too: every place has a value.
func (a *app) saveCall(ctx context.Context, h *hub.Hub, c *model.Client, call model.SavedCall) (complete bool, err error) {
	left, err := h.Calls.Save(ctx, h.Space, c, call)
	if err != nil {
		return false, err
	}
	if len(left) > 0 {
		a.note("save", "secrets are not kept with a call; left out: "+strings.Join(left, ", "))
	}
	for _, place := range calls.Places(call.Request.Path) {
		if !slices.ContainsFunc(call.PathParams, func(p model.Param) bool { return p.Name == place && p.Value != "" }) {
			return false, a.show(viewOf(&call), say("Saved %s; it was not made, because {%s} has no value. Make it with: ferry call %s --run %s -p %s=VALUE",
				call.Name, place, c.Name, call.Name, place))
		}
	}
	return true, nil
}

// savedNames completes the name of a saved call of the client that is named before it.
func (a *app) savedNames(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.quietly(cmd.Context(), a.settings(), func(ctx context.Context, h *hub.Hub) ([]string, error) {
		c, err := h.Clients.ByName(ctx, h.Space, args[0])
		if err != nil {
			return nil, err
		}
		all, err := h.Calls.Saved(ctx, &c)
		return column(all, func(call *model.SavedCall) string { return call.Name }), err
	}), cobra.ShellCompDirectiveNoFileComp
}
