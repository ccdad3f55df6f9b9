package command

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/serving"
)

func (a *app) serveConfig() *cobra.Command {
	return group("config", "The settings of the server, sealed in the store", a.serveConfigList(), a.serveConfigSet())
}

func (a *app) serveConfigList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the settings", Args: takes(),
		RunE: a.withStore(func(ctx context.Context, h *hub.Hub, _ []string) error {
			rows, err := h.Serving.Settings(ctx)
			if err != nil {
				return err
			}
			return a.show(listOf(rows, ""), func(w io.Writer) { listSettings(w, rows) })
		}),
	}
}

func listSettings(w io.Writer, rows []serving.Setting) {
	out := [][]string{{"NAME", "VALUE", "", "WHAT IT IS"}}
	for _, s := range rows {
		set := "set"
		if s.Default {
			set = "default"
		}
		out = append(out, []string{s.Name, dash(s.Value), set, s.Help})
	}
	table(w, out)
}

// hostSettings name files of this host, which nobody chooses under --restricted.
var hostSettings = []string{"tls_cert", "tls_key"}

func (a *app) serveConfigSet() *cobra.Command {
	return &cobra.Command{
		Use: "set NAME VALUE", Short: "Change a setting; VALUE '' takes it back to its default", Args: takes("NAME", "VALUE"),
		Long: "Change a setting. The algorithm, the rotation of signing keys and the default TTL count at once, also\n" +
			"for a server that runs; everything else counts from its next start. A certificate and its key come together:\n" +
			"to take back one takes back both.",
		Example: "  ferry serve config set aliases '/plt/oauth2/token,/realms/{space}/protocol/openid-connect/token'\n" +
			"  ferry serve config set algorithm EdDSA",
		ValidArgsFunction: a.names(listSettingNames),
		RunE: a.withStore(func(ctx context.Context, h *hub.Hub, args []string) error {
			name := strings.ReplaceAll(args[0], "-", "_")
			if a.g.restricted {
				for _, s := range hostSettings {
					if name == s {
						return refused("serve config set " + s)
					}
				}
			}
			was, err := h.Serving.Config(ctx)
			if err != nil {
				return err
			}
			is, err := h.Serving.Set(ctx, name, args[1])
			if err != nil {
				return err
			}
			s, err := settingOf(ctx, h, name)
			if err != nil {
				return err
			}
			if err := a.show(s, say("Set %s to %s", s.Name, noneIfEmpty(s.Value))); err != nil {
				return err
			}
			a.tellSettings(name, &was, &is)
			return nil
		}),
	}
}

// tellSettings says what else a setting has changed, and why a server would not start now.
func (a *app) tellSettings(name string, was, is *model.ServeConfig) {
	for _, other := range []struct{ name, was, is string }{
		{"tls_cert", was.TLSCert, is.TLSCert}, {"tls_key", was.TLSKey, is.TLSKey},
	} {
		if other.name != name && other.was != "" && other.is == "" {
			a.note(other.name, other.name+" was cleared with it: a certificate and its key come together")
		}
	}
	if err := serving.Check(*is); err != nil {
		for _, f := range model.AsError(err).Fields {
			a.note(f.Field, "the server does not start with these settings yet: "+f.Field+": "+f.Message)
		}
	}
}

func settingOf(ctx context.Context, h *hub.Hub, name string) (serving.Setting, error) {
	rows, err := h.Serving.Settings(ctx)
	for _, s := range rows {
		if s.Name == name {
			return s, err
		}
	}
	if err == nil {
		err = model.Errorf(model.ENotFound, "no setting %q", model.Printable(name)).WithField("name").
			WithNext("see the names with: ferry serve config list")
	}
	return serving.Setting{}, err
}

func listSettingNames(ctx context.Context, h *hub.Hub) ([]string, error) {
	rows, err := h.Serving.Settings(ctx)
	return column(rows, func(s *serving.Setting) string { return s.Name + "\t" + s.Help }), err
}
