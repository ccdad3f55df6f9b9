package form

import (
	"reflect"
	"testing"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
)

// Issue 6: CORS per client (origins, methods); upgrades off unless the client allows them.
func TestTheGatewaySectionIsOneLineUntilItIsOpened(t *testing.T) {
	fx := fixture(t)
	d := blank(t, fx, 80, 40).Type("erp").Press("tab").Type("https://erp.example.com")
	d.Focus("auth")
	d.Press("left").See("▸ off: no web pages").Gone("Cookies")
	d.Focus("gateway")
	d.Press("enter").See("WebSocket").Gone("Their methods").Press("tab").Paste("https://App.example.com:443\r\nhttps://b.example.com").See("pages of 2 origins")
	d.Press("tab").Type("get, delete").Press("tab", "space", "tab", "space").See("pages of 2 origins, upgrades, cookies").Press("ctrl+s").Noticed("Created erp")
	rows, err := fx.Hub.Clients.List(fx.Env.Ctx, fx.Hub.Space, nil)
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	c := stored(t, fx, rows[0].ID)
	want := model.Exposure{Origins: []string{"https://app.example.com", "https://b.example.com"}, Methods: []string{"DELETE", "GET"}, Upgrades: true, Cookies: true}
	if !reflect.DeepEqual(c.Gateway, want) {
		t.Fatalf("%+v", c.Gateway)
	}
	d = edit(t, fx, c).See("pages of 2 origins, upgrades, cookies")
	d.Focus("gateway")
	d.Press("enter").See("https://app.example.com, https://b")
	for range 40 {
		d.Press("tab")
	}
	if u := d.Screen.(*Form).Unsaved(); u != "" {
		t.Errorf("going through it is a change: %s", u)
	}
}

func TestWhatIsWrongWithAnOriginIsSaidAtIt(t *testing.T) {
	d := blank(t, fixture(t), 80, 40).Type("erp").Press("tab").Type("https://erp.example.com")
	d.Focus("auth")
	d.Press("left")
	d.Focus("gateway")
	d.Press("enter", "tab").Type("https://*.example.com").Press("tab").See("✗ https://*.example.com: no origin stands for others")
	d.Focus("gateway")
	d.Press("enter").Gone("WebSocket").See("✗ https://*.example.com").Press("ctrl+s").Noticed("not saved: one field").See("WebSocket")
	if f := d.Screen.(*Form); f.Focus != "cors_origins" {
		t.Errorf("focus on %s", f.Focus)
	}
}

func TestTheGatewayOfBothSidesIsMerged(t *testing.T) {
	fx := fixture(t)
	c := erp(t, fx, func(d *clients.Draft) { d.Gateway.Origins = []string{"https://a.example.com"} })
	d := edit(t, fx, c)
	d.Focus("gateway")
	d.Press("enter", "tab").Press("ctrl+u").Type("https://mine.example.com")
	theirs := clients.DraftOf(c)
	theirs.Gateway = model.Exposure{Origins: []string{"https://theirs.example.com"}, Upgrades: true}
	if _, err := fx.Hub.Clients.Update(fx.As("bob"), fx.Hub.Space, c.ID, theirs, ""); err != nil {
		t.Fatal(err)
	}
	d.Send(screen.Changed{})
	d.See("bob saved this client").Press("ctrl+s").See("Changed by somebody else").Press("r").See("theirs: https://theirs.example.com").Press("ctrl+s").Noticed("Saved erp")
	if got := stored(t, fx, c.ID).Gateway; !got.Upgrades || len(got.Origins) != 1 || got.Origins[0] != "https://mine.example.com" {
		t.Errorf("%+v", got)
	}
}

func TestGatewayGolden(t *testing.T) {
	for _, size := range screentest.Sizes {
		fx := fixture(t)
		c := erp(t, fx, func(d *clients.Draft) {
			d.Gateway = model.Exposure{Origins: []string{"https://app.example.com"}, Methods: []string{"GET"}, Cookies: true}
		})
		d := edit(t, fx, c)
		d.Screen.SetSize(size.W, size.H)
		d.Focus("gateway")
		d.Press("enter", "tab").Golden("gateway-" + size.Name)
	}
}
