package ui

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/clients"
	"ferry/model/hub"
	"ferry/model/keys"
	"ferry/ui/screens/moving"
	"ferry/ui/widget"
)

// table prints lines in columns, or says that there is nothing of n records.
func (p *plainConsole) table(none string, n int, head []string, lines [][]string) error {
	if n == 0 {
		p.printf("%s\n", none)
		return nil
	}
	w := tabwriter.NewWriter(p.o.Output, 2, 4, 2, ' ', 0)
	for _, cells := range append([][]string{head}, lines...) {
		for i := range cells {
			cells[i] = model.Printable(cells[i])
		}
		_, _ = fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	return w.Flush()
}

func (p *plainConsole) clients(ctx context.Context, filter string) error {
	rows, err := p.hub.Clients.List(ctx, p.hub.Space, nil)
	if err != nil {
		return err
	}
	now := p.hub.Now()
	lines := make([][]string, 0, len(rows))
	for _, i := range clients.Filter(nil, rows, filter) {
		s := &rows[i]
		token := "-"
		switch left := s.Runtime.TokenExpires.Sub(now); {
		case s.Runtime.TokenFailed:
			token = "failed"
		case left > 0:
			token = widget.Left(left) + " left"
		case !s.Runtime.TokenExpires.IsZero():
			token = "expired"
		}
		lines = append(lines, []string{s.Name, s.BaseURL, string(s.State), string(s.Method), token})
	}
	return p.table("no API clients yet; create one with: ferry client create NAME --base-url URL", len(rows),
		[]string{"NAME", "BASE URL", "STATE", "AUTH", "TOKEN"}, lines)
}

func (p *plainConsole) client(ctx context.Context, name string) error {
	c, err := p.hub.Clients.ByName(ctx, p.hub.Space, name)
	if err != nil {
		return err
	}
	v := clients.ViewOf(p.hub.Space, &c)
	for _, l := range [][2]string{
		{"Name", v.Name},
		{"Base URL", v.BaseURL},
		{"State", string(v.State)},
		{"Authentication", string(v.Auth)},
		{"Token URL", v.TokenURL},
		{"Issuer", v.Issuer},
		{"Client ID", v.ClientID},
		{"Scopes", strings.Join(v.Scopes, " ")},
		{"Missing", strings.Join(v.Missing, ", ")},
		{"Changed", v.UpdatedAt.Format(time.RFC3339) + " by " + v.UpdatedBy},
	} {
		if l[1] != "" {
			p.printf("%-15s %s\n", l[0], model.Printable(l[1]))
		}
	}
	for _, h := range c.Headers {
		value := h.Value.Reveal()
		if h.Secret {
			value = "********"
		}
		p.printf("%-15s %s: %s\n", "Header", model.Printable(h.Name), model.Printable(value))
	}
	return nil
}

func (p *plainConsole) audit(ctx context.Context) error {
	entries, _, err := p.hub.Audit.List(ctx, p.hub.Space, "", 20)
	for _, e := range entries {
		p.printf("%s  %s  %s  %s\n", e.At.UTC().Format(time.RFC3339), plainWho(e.Actor), e.Action, model.Printable(e.Name))
	}
	return err
}

func plainWho(a model.Actor) string {
	if a.APIUser != "" {
		return "api:" + model.Printable(a.Label()) + " from " + model.Printable(a.Addr)
	}
	return model.Printable(a.Label())
}

// day is when something is or was, "-" for never.
func day(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.UTC().Format(time.RFC3339)
}

func (p *plainConsole) users(ctx context.Context, filter string) error {
	rows, err := p.hub.Users.List(ctx, p.hub.Space, nil)
	if err != nil {
		return err
	}
	var lines [][]string
	for _, i := range apiusers.Filter(nil, rows, filter) {
		s := &rows[i]
		oauth := "off"
		if s.User.OAuth {
			oauth = "on"
		}
		lines = append(lines, []string{s.User.Username, string(s.User.State), oauth, strconv.Itoa(s.Keys), day(s.LastUsed), strings.Join(s.Scopes, " ")})
	}
	return p.table("no API users yet; create one with: ferry user create NAME", len(rows),
		[]string{"USERNAME", "STATE", "OAUTH 2.0", "KEYS", "LAST USED", "PERMISSIONS"}, lines)
}

func (p *plainConsole) keys(ctx context.Context, filter string) error {
	rows, err := p.hub.Keys.List(ctx, p.hub.Space, "")
	if err != nil {
		return err
	}
	var lines [][]string
	for _, i := range keys.Filter(nil, rows, filter) {
		s := &rows[i]
		label := s.Key.Label
		if label == "" {
			label = "-"
		}
		lines = append(lines, []string{string(s.Key.ID), s.Username, label, string(s.State), day(s.Key.Expires), day(s.Use.At)})
	}
	return p.table("no API keys yet; make one with: ferry key create USER", len(rows),
		[]string{"KEY", "USER", "LABEL", "STATE", "EXPIRES", "LAST USED"}, lines)
}

func (p *plainConsole) transfers(ctx context.Context, filter string) error {
	rows, err := p.hub.Transfers.List(ctx, p.hub.Space, nil)
	if err != nil {
		return err
	}
	now := p.hub.Now()
	var lines [][]string
	for _, i := range moving.Filter(nil, rows, filter) {
		s := &rows[i]
		done := "-"
		if share, known := moving.Share(s); known && s.Phase == model.PhaseRunning {
			done = moving.Percent(share)
		}
		when := moving.When(s, now)
		if when == "–" {
			when = "-"
		}
		n := &s.State.Progress
		lines = append(lines, []string{
			string(s.Transfer.ID), string(s.Transfer.Kind), s.Title(), moving.Word(s.Phase), done,
			strconv.FormatInt(n.Records, 10), strconv.FormatInt(moving.Faults(n), 10), when,
		})
	}
	return p.table("no transfers yet; begin one with: ferry export CLIENT PATH -o FILE", len(rows),
		[]string{"ID", "KIND", "TRANSFER", "STATE", "DONE", "RECORDS", "ERRORS", "WHEN"}, lines)
}

func (p *plainConsole) spaces(ctx context.Context) error {
	all, err := p.hub.Spaces.List(ctx)
	if err != nil {
		return err
	}
	var lines [][]string
	for i := range all {
		var words []string
		if all[i].ID == p.hub.Space.ID {
			words = append(words, "you are here")
		}
		if all[i].Protected {
			words = append(words, "protected")
		}
		if all[i].Deleting {
			words = append(words, "being deleted")
		}
		lines = append(lines, []string{all[i].Name, strings.Join(words, ", ")})
	}
	return p.table("", len(all), []string{"NAME", "STATE"}, lines)
}

// space goes to another space.
func (p *plainConsole) space(ctx context.Context, name string) error {
	if name == "" {
		return p.spaces(ctx)
	}
	sp, err := findSpace(ctx, p.hub, name)
	if err != nil {
		return err
	}
	p.hub = p.hub.In(sp)
	p.printf("working in %s\n", model.Printable(sp.Name))
	return nil
}

func (p *plainConsole) server(ctx context.Context) error {
	st, err := serverStatus(ctx, p.hub)
	if model.CodeOf(err) == model.ENotFound {
		p.printf("no server runs on this store; start one with: ferry serve\n")
		return nil
	}
	if err != nil {
		return err
	}
	ready := "ready"
	if !st.Ready {
		ready = "not ready: " + st.Problem
	}
	for _, l := range [][2]string{
		{"URL", st.URL},
		{"Listens", st.Listen},
		{"State", ready},
		{"Since", day(st.StartedAt)},
		{"Process", strconv.Itoa(st.PID) + ", ferry " + st.Version},
		{"Signing key", string(st.KeyID) + " " + string(st.Algorithm)},
		{"In all", fmt.Sprintf("%d requests, %d tokens, %d refused, %d failed", st.Totals.Requests, st.Totals.Tokens, st.Totals.Refused, st.Totals.Failed)},
	} {
		p.printf("%-15s %s\n", l[0], model.Printable(l[1]))
	}
	if err := p.gateway(&st); err != nil {
		return err
	}
	var lines [][]string
	for i := range st.Refusals[:min(len(st.Refusals), 20)] {
		r := &st.Refusals[i]
		lines = append(lines, []string{r.Reason, strconv.FormatUint(r.Count, 10), day(r.LastAt)})
	}
	if len(lines) == 0 {
		return nil
	}
	return p.table("", len(lines), []string{"REFUSED", "TIMES", "LAST"}, lines)
}

// serverStatus asks the server that runs on the hub's store, for as long as a person waits.
func serverStatus(ctx context.Context, h *hub.Hub) (model.ServerStatus, error) {
	if h.Server == nil {
		return model.ServerStatus{}, model.Errorf(model.ENotFound, "no server runs on this store")
	}
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	return h.Server.Status(ctx)
}
