package ui

import (
	"context"
	"strconv"
	"time"

	"ferry/model"
	"ferry/ui/screens/gatewayrule"
)

// rules lists what one API user may call.
func (p *plainConsole) rules(ctx context.Context, name string) error {
	if name == "" {
		p.printf("of which API user? users lists them\n")
		return nil
	}
	u, err := p.hub.Users.ByName(ctx, p.hub.Space, name)
	if err != nil {
		return err
	}
	calls, err := gatewayrule.Callees(ctx, p.hub, u)
	if err != nil {
		return err
	}
	var lines [][]string
	for i := range calls {
		c := &calls[i]
		state := "may call"
		switch {
		case !c.Permitted:
			state = "no permission"
		case c.Disabled:
			state = "disabled"
		}
		lines = append(lines, []string{c.Name, state, gatewayrule.Words(c.Rule)})
	}
	return p.table("it may call no API client", len(lines), []string{"CLIENT", "STATE", "RULE"}, lines)
}

// gateway lists the clients that were called through the gateway; nothing when none was.
func (p *plainConsole) gateway(st *model.ServerStatus) error {
	var lines [][]string
	ms := func(d time.Duration) string {
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64)
	}
	for i := range st.Gateway {
		c, rate := &st.Gateway[i], 0
		if n := len(c.PerSecond); n > 0 {
			rate = c.PerSecond[n-1]
		}
		lines = append(lines, []string{
			c.Space, c.Client, strconv.Itoa(rate) + "/s", strconv.FormatUint(c.Requests, 10), strconv.FormatUint(c.Failed, 10),
			strconv.FormatUint(c.Refused, 10), ms(c.P50), ms(c.P99), string(c.Breaker),
		})
	}
	if len(lines) == 0 {
		return nil
	}
	return p.table("", len(lines), []string{"SPACE", "CLIENT", "NOW", "REQUESTS", "FAILED", "REFUSED", "P50 MS", "P99 MS", "BREAKER"}, lines)
}
