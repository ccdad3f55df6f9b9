package command

import (
	"runtime"

	"github.com/spf13/cobra"
)

type versionView struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: takes(),
		RunE: func(*cobra.Command, []string) error {
			v := versionView{a.env.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH}
			return a.show(v, say("ferry %s (%s, %s/%s)", v.Version, v.Go, v.OS, v.Arch))
		},
	}
}
