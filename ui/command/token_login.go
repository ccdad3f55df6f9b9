package command

import (
	"context"
	"fmt"
	"strings"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/tokens"
)

// signedIn does what needs a token of c. Where that takes a person (RFC 8628) and one
// sits at the terminal, they sign in and it is done once more; without a terminal the
// error stays what it is: EPermission.
func (a *app) signedIn(ctx context.Context, h *hub.Hub, c *model.Client, do func() error) error {
	err := do()
	if !tokens.NeedsPerson(err) || !a.env.Terminals.Err {
		return err
	}
	if _, err := a.login(ctx, h, c); err != nil {
		return err
	}
	return do()
}

// login shows code and URL on stderr, which leaves stdout to the token, and waits until
// the person has decided.
func (a *app) login(ctx context.Context, h *hub.Hub, c *model.Client) (tokens.Result, error) {
	l, err := h.Tokens.StartLogin(ctx, h.Space, c)
	if err != nil {
		return tokens.Result{}, err
	}
	d := &l.Device
	lines := []string{
		fmt.Sprintf("%q needs a person to sign in. Open", c.Name), "",
		"    " + d.URL, "", "and enter the code", "", "    " + d.UserCode, "",
	}
	if d.URLComplete != "" {
		lines = append(lines, "or open this, which holds the code:", "", "    "+d.URLComplete, "")
	}
	lines = append(lines, "Waiting until "+d.Expires.Local().Format("15:04:05")+"; ctrl-c cancels.")
	for i, line := range lines {
		lines[i] = model.Printable(line)
	}
	fmt.Fprintln(a.errOut, strings.Join(lines, "\n"))
	res, err := h.Tokens.WaitLogin(ctx, h.Space, c, l)
	if err == nil {
		fmt.Fprintf(a.errOut, "Signed in.\n")
	}
	return res, err
}
