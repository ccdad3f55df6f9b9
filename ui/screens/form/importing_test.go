package form

import (
	"strings"
	"testing"

	"ferry/model"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
)

const curlLine = "curl -u hub:pw-canary \\\n  -H 'X-API-Key: key-canary' -H 'Accept: application/json' \\\n  'https://erp.example.com/api/items?top=5'"

func TestACurlCommandFillsTheForm(t *testing.T) {
	fx := fixture(t)
	d := screentest.Drive(t, New(fx.Env, ""), 80, 40).See("From a curl command").Press("down", "enter").See("nothing pasted yet")
	d.Paste(strings.ReplaceAll(curlLine, "\n", "\r")).See("characters in 3 lines")
	if strings.Contains(d.View(), "canary") {
		t.Fatalf("a secret shows:\n%s", d.View())
	}
	d.Press("enter").See("https://erp.example.com").See("X-API-Key")
	if strings.Contains(d.View(), "canary") {
		t.Fatalf("a secret shows:\n%s", d.View())
	}
	f := d.Screen.(*Form)
	if f.Unsaved() != "the new client" {
		t.Fatal("an imported form is lost unasked")
	}
	d.Focus("name")
	d.Press("ctrl+u").Type("erp").Press("ctrl+s").Noticed("Created erp").See("Test call").Press("x")
	d.Until("the call", func() bool { return len(d.Other) > 0 })
	to, ok := d.Other[len(d.Other)-1].(screen.Replace)
	call, isCall := to.Route.(screen.Call)
	if !ok || !isCall || call.ID != f.saved.Client.ID || !strings.Contains(call.Request.Path, "items") || d.Popped {
		t.Fatalf("went to %+v", d.Other)
	}
	found := ""
	for _, s := range f.saved.Client.Secrets() {
		found += s.Reveal() + " "
	}
	if !strings.Contains(found, "key-canary") {
		t.Fatal("the header's secret is not sealed")
	}
}

func TestLeavingTheImportedRequestAlone(t *testing.T) {
	for _, how := range []string{"l", "esc"} {
		fx := fixture(t)
		d := screentest.Drive(t, New(fx.Env, ""), 80, 40).Paste("curl https://erp.example.com/api/items").See("Connection name")
		d.Focus("name")
		d.Press("ctrl+u").Type("erp").Press("ctrl+s").See("Test call").Press(how)
		d.Until("the pop", func() bool { return d.Popped })
	}
}

func TestACurlCommandInTheNameFillsTheForm(t *testing.T) {
	d := blank(t, fixture(t), 80, 40).Paste("$ " + curlLine + "\n").See("https://erp.example.com").See("X-API-Key")
	if f := d.Screen.(*Form); f.Hidden || strings.Contains(f.in.name.Value(), "curl") || strings.Contains(d.View(), "canary") {
		t.Fatalf("name %q", f.in.name.Value())
	}
	d.Press("ctrl+u").Type("x").Paste("curl https://other.example.com").See("xcurl https://")
}

func TestACurlCommandThatCannotBeReadSaysWhyAndShowsNothing(t *testing.T) {
	fx := fixture(t)
	d := screentest.Drive(t, New(fx.Env, ""), 60, 11).Press("down", "enter").See("nothing pasted yet").Press("enter").See("paste a command that begins with curl")
	d.Type("curl -H 'X-API-Key: canary").Press("enter").See("✗")
	if strings.Contains(d.View(), "canary") {
		t.Fatalf("a secret shows:\n%s", d.View())
	}
	d.Press("ctrl+u").See("nothing pasted yet").Press("esc").See("From a curl command")
	d = blank(t, fx, 80, 40).Paste("curl -H 'X-API-Key: canary")
	d.Until("the reason", func() bool { return len(d.Notices) == 1 })
	if f := d.Screen.(*Form); strings.Contains(d.Notices[0].Text+d.View(), "canary") || !f.in.name.Empty() || d.Notices[0].Level != screen.Failure {
		t.Fatalf("said %+v", d.Notices)
	}
}

func TestATokenRequestBecomesOAuth(t *testing.T) {
	fx := fixture(t)
	d := screentest.Drive(t, New(fx.Env, ""), 80, 40)
	d.Paste("curl https://login.example.com/oauth2/token -d grant_type=client_credentials -d client_id=hub -d client_secret=canary -d scope=read")
	d.See("https://login.example.com/oauth2/token").See("hub")
	f := d.Screen.(*Form)
	if !f.in.oauth || f.in.secret.line.Value() != "canary" || f.in.send != model.SendBody || strings.Contains(d.View(), "canary") || f.first.Method != "" {
		t.Fatalf("a token request gave %s:\n%s", f.in.send, d.View())
	}
}

func TestGoldensOfImporting(t *testing.T) {
	for _, size := range screentest.Sizes {
		t.Run(size.Name, func(t *testing.T) {
			fx := fixture(t)
			d := screentest.Drive(t, New(fx.Env, ""), size.W, size.H).See("From a curl command").Golden("choice-" + size.Name)
			d.Press("down", "enter").See("nothing pasted yet")
			d.Overlay.SetSize(size.W, size.H)
			d.Paste(curlLine).See("characters in 3 lines").Golden("curl-" + size.Name)
			d.Press("enter").See("Connection name").Golden("imported-" + size.Name)
		})
	}
}
