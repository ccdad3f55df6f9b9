package command

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ferry/model/feed"
	"ferry/model/hub"
)

// setView is one entity set of an OData service.
type setView struct {
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	Keys       []string       `json:"keys"`
	Properties []propertyView `json:"properties"`
}

type propertyView struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// withODataSets gives ferry call the flag --odata-sets, which lists instead of calling.
func (a *app) withODataSets(cmd *cobra.Command) *cobra.Command {
	on := cmd.Flags().Bool("odata-sets", false, "list the entity sets of the OData service at PATH instead")
	args, call := cmd.Args, cmd.RunE
	cmd.Args = func(cmd *cobra.Command, given []string) error {
		if *on {
			return takes("CLIENT", "[PATH]")(cmd, given)
		}
		return args(cmd, given)
	}
	list := a.withHub(a.callSets)
	cmd.RunE = func(cmd *cobra.Command, given []string) error {
		if !*on {
			return call(cmd, given)
		}
		var other string
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if f.Changed && f.Name != "odata-sets" {
				other = f.Name
			}
		})
		if other != "" {
			return usagef(cmd, "--odata-sets and --%s exclude one another: give one of them", other).WithField(strings.ReplaceAll(other, "-", "_"))
		}
		return list(cmd, given)
	}
	return cmd
}

func (a *app) callSets(ctx context.Context, h *hub.Hub, args []string) error {
	c, err := h.Clients.ByName(ctx, h.Space, args[0])
	if err != nil {
		return err
	}
	path := ""
	if len(args) > 1 {
		path = args[1]
	}
	sets, err := h.Calls.Sets(ctx, h.Space, &c, path)
	if err != nil {
		return err
	}
	rows := [][]string{{"SET", "TYPE", "KEY", "PROPERTIES"}}
	for _, s := range sets {
		rows = append(rows, []string{s.Name, s.Type, strings.Join(s.Keys, ", "), fmt.Sprint(len(s.Properties))})
	}
	return a.show(listOf(setViews(sets), ""), func(w io.Writer) { table(w, rows) })
}

func setViews(sets []feed.Set) []setView {
	out := make([]setView, len(sets))
	for i, s := range sets {
		out[i] = setView{Name: s.Name, Type: s.Type, Keys: append([]string{}, s.Keys...), Properties: make([]propertyView, len(s.Properties))}
		for j, p := range s.Properties {
			out[i].Properties[j] = propertyView(p)
		}
	}
	return out
}
