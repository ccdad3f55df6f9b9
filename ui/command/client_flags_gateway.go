package command

import (
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/clients"
)

// gatewayFlags are the flags of create and update that say how a client is reached through
// the gateway.
type gatewayFlags struct {
	origins, methods         []string
	upgrades, cookies, realm bool
}

func (f *gatewayFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringArrayVar(&f.origins, "cors-origin", nil, "an `ORIGIN` whose web pages may call it through the gateway, as https://app.example.com; again for more; on update these replace all")
	fs.StringArrayVar(&f.methods, "cors-method", nil, "a `METHOD` that such pages may use (default GET, HEAD and POST); again for more; on update these replace all")
	fs.BoolVar(&f.upgrades, "gateway-upgrades", false, "let WebSocket and other upgrades through the gateway")
	fs.BoolVar(&f.cookies, "gateway-cookies", false, "let cookies that it sets through the gateway, to the caller")
	fs.BoolVar(&f.realm, "gateway-realm", false, "let its WWW-Authenticate and the like through the gateway, to the caller")
	complete(cmd, "cors-method", gatewayMethods...)
	nothingToComplete(cmd, "cors-origin")
}

func (f *gatewayFlags) apply(set func(string) bool, d *clients.Draft) {
	if set("cors-origin") {
		d.Gateway.Origins = nonEmpty(f.origins)
	}
	if set("cors-method") {
		d.Gateway.Methods = nonEmpty(f.methods)
	}
	for _, t := range []struct {
		flag string
		to   *bool
		v    bool
	}{
		{"gateway-upgrades", &d.Gateway.Upgrades, f.upgrades},
		{"gateway-cookies", &d.Gateway.Cookies, f.cookies},
		{"gateway-realm", &d.Gateway.Realm, f.realm},
	} {
		if set(t.flag) {
			*t.to = t.v
		}
	}
}

func describeExposure(row rowFunc, e *model.Exposure) {
	row("Web pages", strings.Join(e.Origins, " "))
	row("Their methods", strings.Join(e.Methods, " "))
	var passes []string
	for _, p := range []struct {
		on   bool
		what string
	}{{e.Upgrades, "upgrades"}, {e.Cookies, "cookies"}, {e.Realm, "WWW-Authenticate"}} {
		if p.on {
			passes = append(passes, p.what)
		}
	}
	row("Gateway lets pass", strings.Join(passes, ", "))
}
