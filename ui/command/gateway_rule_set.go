package command

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/gateway"
	"ferry/model/hub"
)

// ruleFlags are the flags of rule set. One that was not given leaves its field as it is.
type ruleFlags struct {
	readOnly       bool
	methods, paths []string
	perSecond      float64
	perDay         int64
	maxBody        int64
	revision       uint64
}

func (f *ruleFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.BoolVar(&f.readOnly, "read-only", false, "GET, HEAD and OPTIONS alone, whatever --method says")
	fs.StringArrayVar(&f.methods, "method", nil, "a `METHOD` it may use; again for more; these replace all, '' is any")
	fs.StringArrayVar(&f.paths, "path", nil, "a `PATTERN` below the base URL it may ask for: * is one segment or a part of one, ** any number; again for more; these replace all, '' is any")
	fs.Float64Var(&f.perSecond, "per-second", 0, "at most `N` requests a second; 0 for no limit")
	fs.Int64Var(&f.perDay, "per-day", 0, "at most `N` requests a day (UTC) at each server; 0 for no limit")
	fs.Var(byteSize{&f.maxBody}, "max-body", "at most this `SIZE` of a request's body, as 10MB or 512KiB (default 64 MiB)")
	fs.Uint64Var(&f.revision, "if-revision", 0, "only if the rule still has the revision `N`, else exit 5")
	complete(cmd, "method", gatewayMethods...)
	nothingToComplete(cmd, "path", "per-second", "per-day", "max-body", "if-revision")
}

func (f *ruleFlags) apply(cmd *cobra.Command, d *gateway.RuleDraft) error {
	set := cmd.Flags().Changed
	if set("read-only") {
		d.ReadOnly = f.readOnly
	}
	if set("method") {
		d.Methods = nonEmpty(f.methods)
	}
	if set("path") {
		d.Paths = nonEmpty(f.paths)
	}
	if set("per-second") {
		d.PerSecond = f.perSecond
	}
	if set("per-day") {
		d.PerDay = f.perDay
	}
	if set("max-body") {
		d.MaxBody = f.maxBody
	}
	if set("if-revision") {
		if f.revision == 0 {
			return usagef(cmd, "--if-revision counts from 1").WithField("revision")
		}
		d.Revision = f.revision
	}
	return nil
}

func (a *app) gatewayRuleSet() *cobra.Command {
	var f ruleFlags
	cmd := &cobra.Command{
		Use: "set USER CLIENT", Short: "Narrow what an API user may do with an API client", Args: takes("USER", "CLIENT"),
		Long: "Narrow what an API user may do with an API client through the gateway. Only what is given changes; an\n" +
			"empty value takes a limit away. A rule gives nothing by itself: the user needs the permission\n" +
			"call:CLIENT, and without a rule that is for every method and path. A rule that lets more through to a\n" +
			"protected client than the one before asks for the client's name.",
		Example: "  ferry gateway rule set partner erp --read-only --path '/erp/products/**'\n" +
			"  ferry gateway rule set partner erp --per-second 5 --per-day 10000 --max-body 1MB\n" +
			"  ferry gateway rule set partner erp --method GET --method POST --read-only=false",
		ValidArgsFunction: a.userAndClient(),
	}
	f.add(cmd)
	cmd.RunE = a.withHub(func(ctx context.Context, h *hub.Hub, args []string) error {
		if !anyLocal(cmd) {
			return usagef(cmd, "it needs something to set")
		}
		stored, err := storedRule(ctx, h, args[0], args[1])
		if err != nil {
			return err
		}
		d := gateway.RuleDraft{User: args[0], Client: args[1]}
		if stored != nil {
			d = gateway.DraftOf(*stored)
		}
		if err := f.apply(cmd, &d); err != nil {
			return err
		}
		var view gateway.RuleView
		err = a.confirmed(ctx, d.Client, "", func(confirm string) (err error) {
			view, err = h.Gateway.Set(ctx, h.Space, d, confirm)
			return err
		})
		if err != nil {
			return err
		}
		done := "Set"
		if stored != nil && view.Revision == stored.Revision {
			done = "Nothing changed in"
		}
		return a.show(view, say("%s the rule of %s for %s (revision %d): %s", done, view.User, view.Client, view.Revision, ruleText(&view)))
	})
	return cmd
}

// storedRule is the rule for a user and a client, nil where there is none.
func storedRule(ctx context.Context, h *hub.Hub, user, client string) (*gateway.RuleView, error) {
	rules, err := h.Gateway.List(ctx, h.Space, user, client)
	if err != nil || len(rules) == 0 {
		return nil, err
	}
	return &rules[0], nil
}

// ruleText says what a rule lets pass, in one line.
func ruleText(v *gateway.RuleView) string {
	parts := []string{ruleMethods(v), rulePaths(v)}
	if limit := ruleLimits(v); limit != "" {
		parts = append(parts, limit)
	}
	return strings.Join(append(parts, "bodies up to "+ruleBody(v)), ", ")
}

func ruleMethods(v *gateway.RuleView) string {
	switch {
	case v.ReadOnly:
		return "read-only"
	case len(v.Methods) == 0:
		return "any method"
	}
	return strings.Join(v.Methods, " ")
}

func rulePaths(v *gateway.RuleView) string {
	if len(v.Paths) == 0 {
		return "any path"
	}
	return strings.Join(v.Paths, " ")
}

func ruleLimits(v *gateway.RuleView) string {
	var parts []string
	if v.PerSecond > 0 {
		parts = append(parts, humanize.Ftoa(v.PerSecond)+"/s")
	}
	if v.PerDay > 0 {
		parts = append(parts, humanize.Comma(v.PerDay)+"/day")
	}
	return strings.Join(parts, " ")
}

func ruleBody(v *gateway.RuleView) string {
	if v.MaxBody <= 0 {
		return sizeText(model.DefaultGatewayBody)
	}
	return sizeText(v.MaxBody)
}

// sizeText is a number of bytes in the unit that it was probably given in.
func sizeText(n int64) string {
	if n%1024 == 0 {
		return humanize.IBytes(uint64(max(n, 0)))
	}
	return bytesText(n)
}

// byteSize is a flag that takes a number of bytes with or without a unit.
type byteSize struct{ to *int64 }

func (b byteSize) String() string {
	if b.to == nil || *b.to == 0 {
		return ""
	}
	return fmt.Sprint(*b.to)
}

func (byteSize) Type() string { return "size" }

func (b byteSize) Set(v string) error {
	n, err := humanize.ParseBytes(v)
	if err != nil || n > math.MaxInt64 {
		return model.Errorf(model.EUsage, "it is a number of bytes, as 10MB, 512KiB or 0")
	}
	*b.to = int64(n)
	return nil
}
