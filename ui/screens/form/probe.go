package form

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/calls"
	"ferry/ui/screen"
	"ferry/ui/screens/nextstep"
	"ferry/ui/widget"
	"ferry/ui/widget/exchange"
)

// probe is what a test of the connection came to.
type probe struct {
	done      bool
	cancelled bool
	outcome   calls.Probe
	oauth     bool
	err       *model.Error
}

// tryTest tries what the form says, saved or not. Nothing is stored.
func (f *Form) tryTest() tea.Cmd {
	if !f.Sound() {
		return f.Refuse("not tested")
	}
	hub, space, id, d := f.Env.Hub, f.Env.Hub.Space, f.Target, f.draft()
	paths := f.paths()
	f.probe, f.began = probe{}, hub.Now()
	return screen.Start(f.Env.Ctx, f.ID(), &f.test, func(ctx context.Context) (probe, error) {
		if err := withFiles(&d, paths); err != nil {
			return probe{}, err
		}
		c, err := hub.Clients.Preview(ctx, space, id, d)
		if err != nil {
			return probe{}, err
		}
		out, err := hub.Calls.Test(ctx, &c)
		return probe{outcome: out, oauth: c.UsesOAuth()}, err
	})
}

func (f *Form) testDone(r screen.Reply[probe]) {
	if !screen.Accept(&f.test, r) {
		return
	}
	f.probe = r.Value
	f.probe.done = true
	if r.Err != nil {
		f.probe.err = model.AsError(r.Err)
		f.probe.oauth = f.in.oauth
	}
}

// probeLines tells of the test in at most a few lines.
func (f *Form) probeLines() []string {
	st, p := f.Env.Styles, f.probe
	switch {
	case f.test.Running():
		return []string{st.Info.Render("… testing the connection, "+widget.Ago(f.Env.Hub.Now().Sub(f.began))) + st.Muted.Render("  esc cancels")}
	case f.Saving():
		return []string{st.Info.Render("… saving")}
	case p.cancelled:
		return []string{st.Muted.Render("– test cancelled")}
	case !p.done:
		return nil
	}
	var out []string
	if p.oauth {
		out = append(out, f.tokenLine())
	}
	if r := p.outcome.Response; r.Status != 0 {
		out = append(out, st.OK.Render("✓ base URL ")+fmt.Sprintf("answered %s in %s", statusText(r.Status), exchange.Duration(r.Exchange.Timing.Total)))
	} else if p.err != nil && (!p.oauth || p.outcome.Token.Token.Access.IsSet()) {
		out = append(out, st.Danger.Render("✗ base URL: ")+model.Printable(p.err.Message))
	}
	if next := nextstep.Of(p.err); next != "" {
		out = append(out, st.Muted.Render("  next: "+model.Printable(next)))
	}
	return out
}

// statusText is a status in words. Any answer means that the URL was reached.
func statusText(status int) string {
	if words := http.StatusText(status); words != "" {
		return strconv.Itoa(status) + " " + words
	}
	return strconv.Itoa(status)
}

func (f *Form) tokenLine() string {
	st, p := f.Env.Styles, f.probe
	t := p.outcome.Token.Token
	if !t.Access.IsSet() {
		why := "no token came"
		if p.err != nil {
			why = p.err.Message
		}
		return st.Danger.Render("✗ token: ") + model.Printable(why)
	}
	life := "its lifetime is unknown"
	if d := t.Life(); d > 0 {
		life = "valid for " + widget.Left(d)
	}
	scope := ""
	if t.Scope != "" {
		scope = ", scope " + model.Printable(t.Scope)
	}
	return st.OK.Render("✓ token ") + t.Access.String() + " " + life + scope
}
