package command

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/gateway"
	"ferry/model/hub"
)

// tryView is what the gateway would do with a request.
type tryView struct {
	Allowed  bool            `json:"allowed"`
	Refusal  gateway.Refusal `json:"refusal"` // as the log names it, or ""
	Status   int             `json:"status"`  // of the refusal, or 0: the upstream's
	Detail   string          `json:"detail"`  // what the caller is told, or ""
	Steps    []gateway.Step  `json:"steps"`
	Upstream *string         `json:"upstream"` // where it would go; null when it is refused
}

func (a *app) gatewayTry() *cobra.Command {
	var as string
	length := int64(-1)
	cmd := &cobra.Command{
		Use: "try CLIENT METHOD PATH --as USER", Short: "Explain, rule by rule, what the gateway would do with a request; send nothing",
		Args: takes("CLIENT", "METHOD", "PATH"),
		Long: "Explain, rule by rule, what the gateway would do with a request of an API user. Nothing is sent, and\n" +
			"nothing is counted: limits over time and the state of the upstream are the running server's.\n" +
			"Exit code 0 when it may pass, 4 when it is refused. PATH is what stands behind /gw/CLIENT.",
		Example: "  ferry gateway try erp GET /erp/products --as partner\n" +
			"  ferry gateway try erp POST /erp/products --as partner --length 2000000 --output json",
		ValidArgsFunction: a.inOrder(argument{list: listClientNames}, argument{fixed: gatewayMethods}, argument{}),
	}
	cmd.Flags().StringVar(&as, "as", "", "the API user, by `NAME`")
	cmd.Flags().Int64Var(&length, "length", -1, "the `BYTES` of its body (default: none, or not known)")
	cmd.Flags().Lookup("length").DefValue = "0" // so that help shows no default
	a.value(cmd, "as", a.settings, nil, listUserNames)
	nothingToComplete(cmd, "length")
	cmd.RunE = a.withHub(func(ctx context.Context, h *hub.Hub, args []string) error {
		switch {
		case as == "":
			return usagef(cmd, "it needs an API user: --as USER").WithField("as")
		case cmd.Flags().Changed("length") && length < 0:
			return usagef(cmd, "--length counts from 0").WithField("length")
		}
		target := "/" + strings.TrimPrefix(args[2], "/")
		return a.try(ctx, h, as, args[0], strings.ToUpper(args[1]), target, length)
	})
	return cmd
}

func (a *app) try(ctx context.Context, h *hub.Hub, user, client, method, target string, length int64) error {
	path, _, _ := strings.Cut(target, "?") // no rule looks at a query
	d, err := h.Gateway.Try(ctx, h.Space, user, client, method, path, length)
	if err != nil {
		return err
	}
	view := tryView{Allowed: d.Refusal == "", Refusal: d.Refusal, Status: d.Status, Detail: d.Detail, Steps: d.Steps}
	if view.Steps == nil {
		view.Steps = []gateway.Step{}
	}
	if view.Allowed {
		c, err := h.Clients.ByName(ctx, h.Space, client)
		if err != nil {
			return err
		}
		to := strings.TrimRight(c.BaseURL, "/") + target
		view.Upstream = &to
	}
	if err := a.show(view, func(w io.Writer) { describeTry(w, &view) }); err != nil || view.Allowed {
		return err
	}
	return model.Errorf(model.EPermission, "the gateway refuses %s %s with %d %s", method, target, d.Status, d.Refusal).
		WithNext("%s", afterRefusal(d.Refusal, user, client))
}

// afterRefusal says what changes a refusal.
func afterRefusal(r gateway.Refusal, user, client string) string {
	switch r {
	case gateway.PathUnclean:
		return "write the path without empty segments, dots and escaped slashes"
	case gateway.NoPermission:
		return "to let it, run: ferry user update " + user + " --add-permit call:" + client
	case gateway.ClientDisabled:
		return "to let it, run: ferry client enable " + client
	case gateway.MethodRefused, gateway.PathRefused, gateway.BodyTooLarge:
		return "see the rule with: ferry gateway rule list --user " + user + " --client " + client
	}
	return "see how the user stands with: ferry user show " + user
}

// describeTry prints one line a rule, each with a word that says how it came out.
func describeTry(w io.Writer, v *tryView) {
	var rows [][]string
	for _, s := range v.Steps {
		word := "ok"
		if !s.Passed {
			word = "no"
		}
		rows = append(rows, []string{word, s.Rule, s.Detail})
	}
	table(w, rows)
	if v.Allowed {
		fmt.Fprintf(w, "Allowed: it would go to %s\n", model.Printable(*v.Upstream))
		return
	}
	fmt.Fprintf(w, "Refused: %d %s: %s\n", v.Status, v.Refusal, model.Printable(v.Detail))
}
