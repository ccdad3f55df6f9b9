package client

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"ferry/model"
	"ferry/model/gateway"
	"ferry/model/hub"
	"ferry/ui/screens/gatewayrule"
)

// caller is an API user that may call the client through the gateway.
type caller struct {
	name     string
	disabled bool
	rule     *gateway.RuleView // nil: none
}

// callersOf reads who may call a client, by name.
func callersOf(ctx context.Context, h *hub.Hub, c *model.Client) ([]caller, error) {
	users, err := h.Users.List(ctx, h.Space, nil)
	if err != nil {
		return nil, err
	}
	call := model.CallPermission(c.ID)
	var out []caller
	for i := range users {
		if u := &users[i].User; slices.Contains(u.Permissions, call) {
			out = append(out, caller{name: u.Username, disabled: u.State == model.Disabled || u.Expired(h.Now())})
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	rules, err := h.Gateway.List(ctx, h.Space, "", c.Name)
	for i := range rules {
		for j := range out {
			if out[j].name == rules[i].User {
				out[j].rule = &rules[i]
			}
		}
	}
	return out, err
}

// maxCallers is how many of those who may call it the page names.
const maxCallers = 20

// gateway shows where others reach the client, what is let through, and to whom.
func (p *page) gateway() {
	st, at, e := p.c.Env.Styles, p.c.Seen.at, &p.c.Seen.client.Gateway
	note := ""
	if !at.Running {
		note = st.Muted.Render("  (no server runs here)")
	}
	p.Field("URL", model.Printable(at.URL)+"…"+note)
	if len(e.Origins) > 0 {
		methods := "GET, HEAD, POST"
		if len(e.Methods) > 0 {
			methods = strings.Join(e.Methods, ", ")
		}
		p.Text("Web pages of", strings.Join(e.Origins, ", ")+" may "+methods)
	}
	var through []string
	for _, t := range []struct {
		on   bool
		what string
	}{{e.Upgrades, "upgrades (WebSocket)"}, {e.Cookies, "Set-Cookie"}, {e.Realm, "WWW-Authenticate"}} {
		if t.on {
			through = append(through, t.what)
		}
	}
	p.Text("Lets through", strings.Join(through, ", "))
	label, list := "Callers", p.c.Seen.callers
	if len(list) == 0 {
		p.Field(label, st.Muted.Render("nobody: an API user needs the permission call:"+model.Printable(p.c.Seen.client.Name)))
	}
	for i := range list[:min(len(list), maxCallers)] {
		c := &list[i]
		text := model.Printable(c.name) + ": "
		if c.disabled {
			text += "disabled · "
		}
		p.Field(label, text+gatewayrule.Words(c.rule))
		label = ""
	}
	if n := len(list) - maxCallers; n > 0 {
		p.Field("", st.Muted.Render("… and "+strconv.Itoa(n)+" more"))
	}
}
