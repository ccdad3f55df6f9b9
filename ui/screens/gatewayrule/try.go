package gatewayrule

import (
	"context"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/gateway"
	"ferry/ui/screens/flow"
	"ferry/ui/widget"
)

// trial is a request that is asked about.
type trial struct{ method, path, size string }

// try asks for a request, and shows what the gateway would do with it.
func (r *Rules) try(c Callee) tea.Cmd {
	if r.flow.Busy() {
		return r.flow.Refuse()
	}
	if r.tried.method == "" {
		r.tried.method = "GET"
	}
	h, user := r.Env.Hub, r.name
	o := widget.FieldsOptions{
		Title: "Try a request of " + user + " to " + c.Name, Body: []string{"The decision is explained rule by rule. Nothing is sent."},
		Fields: []widget.Field{
			{Label: "Method", Value: r.tried.method},
			{Label: "Path", Value: r.tried.path, Placeholder: "/ (or /orders/4711)"},
			{Label: "Body", Value: r.tried.size, Placeholder: "none (or 10MB)"},
		},
		Action: "explain", Check: tryProblem,
	}
	return r.flow.Open(widget.NewFields(r.Env.Styles, o), func(v any) tea.Cmd {
		in := v.([]string)
		r.tried = trial{strings.ToUpper(strings.TrimSpace(in[0])), strings.TrimSpace(in[1]), strings.TrimSpace(in[2])}
		if !strings.HasPrefix(r.tried.path, "/") {
			r.tried.path = "/" + r.tried.path
		}
		q := r.tried
		return r.flow.Start(func(ctx context.Context) (flow.Outcome, error) {
			length, _ := size(q.size)
			d, err := h.Gateway.Try(ctx, h.Space, user, c.Name, q.method, q.path, length)
			if err != nil {
				return flow.Outcome{}, err
			}
			return flow.Outcome{Next: func() tea.Cmd { return r.explain(q, d) }}, nil
		})
	})
}

func tryProblem(in []string) (at int, problem string) {
	if strings.TrimSpace(in[0]) == "" {
		return 0, "a method, as in GET"
	}
	if _, p := size(strings.TrimSpace(in[2])); p != "" {
		return 2, p
	}
	return 0, ""
}

// explain shows a decision; closing it leads back to the list.
func (r *Rules) explain(q trial, d gateway.Decision) tea.Cmd {
	title := model.Printable(q.method+" "+q.path) + " would be "
	if d.Refusal == "" {
		title += "let through"
	} else {
		title += "refused"
	}
	return r.flow.Open(widget.NewShow(r.Env.Styles, title, r.steps(d)), func(any) tea.Cmd { return nil })
}

// steps are the lines of a decision: what is answered first, then what was looked at.
func (r *Rules) steps(d gateway.Decision) []string {
	st := r.Env.Styles
	var lines []string
	if d.Refusal != "" {
		answer := strconv.Itoa(d.Status) + " " + model.Printable(string(d.Refusal))
		lines = append(lines, "Answer: "+st.Warn.Render(answer), model.Printable(d.Detail), "")
	}
	for _, s := range d.Steps {
		line := st.OK.Render("✓") + " " + model.Printable(s.Rule)
		if !s.Passed {
			line = st.Danger.Render("✗") + " " + st.Bold.Render(model.Printable(s.Rule))
		}
		if s.Detail != "" {
			line += st.Muted.Render(": " + model.Printable(s.Detail))
		}
		lines = append(lines, line)
	}
	return lines
}
