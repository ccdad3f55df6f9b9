package form

import (
	"strings"

	"ferry/model"
	"ferry/ui/widget/sheet"
)

// gatewaySummary is what the gateway lets through beyond what every client gets.
func (f *Form) gatewaySummary() string {
	in := &f.in
	var parts []string
	switch n := len(in.origins.List()); n {
	case 0:
	case 1:
		parts = append(parts, "pages of "+model.Printable(in.origins.List()[0]))
	default:
		parts = append(parts, "pages of "+counted(n, "origin"))
	}
	for _, p := range []struct {
		on   bool
		what string
	}{{in.upgrades, "upgrades"}, {in.cookies, "cookies"}, {in.realm, "WWW-Authenticate"}} {
		if p.on {
			parts = append(parts, p.what)
		}
	}
	if len(parts) == 0 {
		return "off: no web pages, no upgrades"
	}
	return strings.Join(parts, ", ")
}

func (f *Form) gatewayRows() []sheet.Row {
	in := &f.in
	rows := []sheet.Row{f.section(secGateway, "Lets through", f.gatewaySummary())}
	rows[0].Section = "GATEWAY"
	if !f.open[secGateway] {
		return rows
	}
	rows = append(rows, sheet.Line("cors_origins", "  Web pages of", in.origins))
	rows[1].Items[0].Several = true
	rows[1].Items[0].Hint = "origins whose pages may call it from a browser (CORS), separated by commas"
	if len(in.origins.List()) > 0 || !in.corsMethods.Empty() {
		rows = append(rows, sheet.Line("cors_methods", "  Their methods", in.corsMethods))
		rows[2].Items[0].Several = true
	}
	return append(rows,
		sheet.Box("gateway_upgrades", "  Upgrades", "WebSocket and the like", &in.upgrades),
		sheet.Box("gateway_cookies", "  Cookies", "Set-Cookie reaches the caller", &in.cookies),
		sheet.Box("gateway_realm", "  Realm", "WWW-Authenticate reaches the caller", &in.realm))
}
