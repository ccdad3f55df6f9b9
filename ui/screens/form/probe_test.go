package form

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/storage/storagetest"
	"ferry/ui/screens/screentest"
)

func pasteMsg(s string) tea.Msg { return tea.PasteMsg{Content: s} }

func TestConnectionTestShowsTokenAndAnswer(t *testing.T) {
	fx := fixture(t)
	c := erp(t, fx, nil)
	d := edit(t, fx, c).Press("ctrl+t").See("✓ token •••••••• valid for 10m").See("✓ base URL answered 200 OK in 24 ms")
	if strings.Contains(d.View(), "canary") {
		t.Fatal("a secret shows")
	}
	d.Type("2").Gone("✓ token") // the outcome was of something else
}

func TestConnectionTestSaysWhatFailed(t *testing.T) {
	fx := fixture(t)
	c := erp(t, fx, nil)
	fx.Source.Answer = func(context.Context, int, model.TokenRequest) (model.Token, model.Exchange, error) {
		return model.Token{}, model.Exchange{}, model.Errorf(model.EUpstream, "the token endpoint answered invalid_client").WithNext("check client id and secret")
	}
	edit(t, fx, c).Press("ctrl+t").See("✗ token: the token endpoint answered invalid_client").See("next: check client id and secret")
	fx.Source.Answer = nil
	fx.Caller.Answer = func(context.Context, int, model.Client, model.Request) (model.Response, error) {
		return model.Response{}, model.Errorf(model.EUnreachable, "connection refused")
	}
	edit(t, fx, c).Press("ctrl+t").See("✓ token").See("✗ base URL: connection refused")
}

func TestConnectionTestCanBeCancelledAndTheFormUsedMeanwhile(t *testing.T) {
	fx := fixture(t)
	c := erp(t, fx, nil)
	fx.Caller.Answer = func(ctx context.Context, _ int, _ model.Client, _ model.Request) (model.Response, error) {
		<-ctx.Done()
		return model.Response{}, ctx.Err()
	}
	d := edit(t, fx, c).Press("ctrl+t").See("… testing the connection")
	d.Until("the call", func() bool { return fx.Caller.Count() == 1 })
	d.Type("-2").See("erp-2").See("… testing").Press("esc").See("test cancelled")
	if d.Popped {
		t.Fatal("esc left the form instead of cancelling")
	}
	d.Press("esc").Until("the pop", func() bool { return d.Popped })
}

func TestConnectionTestOfAnUnsavedMoveSendsNoStoredSecret(t *testing.T) {
	fx := fixture(t)
	c := erp(t, fx, nil)
	d := edit(t, fx, c)
	d.Focus("base_url")
	d.Press("ctrl+u").Type("https://evil.example.net").Press("ctrl+t").See("✗ token:")
	if fx.Source.Count()+fx.Caller.Count() != 0 {
		t.Fatal("something was sent")
	}
}

func TestCertificatesComeFromAFile(t *testing.T) {
	fx := fixture(t)
	path := filepath.Join(storagetest.Dir(t), "ca.pem")
	if err := os.WriteFile(path, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := blank(t, fx, 80, 40)
	d.Focus("tls")
	d.Press("enter", "tab", "right", "tab").Type(path).Press("tab").See("holds no certificate in PEM form")
	d.Focus("ca")
	d.Press("ctrl+u").Type(path + ".none").Press("tab").See("cannot be read: no such file")
}

func TestRestrictedOffersNoFile(t *testing.T) {
	fx := fixture(t)
	fx.Env.Restricted = true
	d := blank(t, fx, 80, 40)
	d.Focus("tls")
	d.Press("enter").See("( ) system"[4:])
	if strings.Contains(d.View(), "a file") {
		t.Fatalf("a file is offered:\n%s", d.View())
	}
}

// The outcome of a test takes lines at the bottom; the focused field stays in sight.
func TestTheFocusedRowStaysInSight(t *testing.T) {
	fx := fixture(t)
	c := erp(t, fx, nil)
	d := screentest.Drive(t, New(fx.Env, c.ID), 60, 11).See("erp")
	for range 9 {
		d.Press("down")
	}
	d.Press("ctrl+t").See("✓ base URL")
	if cur := d.Screen.(*Form).Cursor(); cur == nil || !strings.Contains(d.View(), "▌") {
		t.Fatalf("the focus is out of sight:\n%s", d.View())
	}
}

func TestViewFitsEverySize(t *testing.T) {
	fx := fixture(t)
	c := erp(t, fx, nil)
	d := edit(t, fx, c)
	f := d.Screen.(*Form)
	for _, w := range []int{0, 1, 2, 20, 59, 60, 76, 80, 109, 110, 500} {
		for _, h := range []int{0, 1, 2, 5, 11, 200} {
			f.SetSize(w, h)
			d.Press("tab", "down", "up")
			for i, l := range strings.Split(d.View(), "\n") {
				if n := len([]rune(l)); n > w {
					t.Fatalf("%d×%d: line %d takes %d cells: %q", w, h, i, n, l)
				}
			}
			if n := strings.Count(d.View(), "\n") + 1; h > 0 && n > h {
				t.Fatalf("%d×%d: %d lines", w, h, n)
			}
			if cur := f.Cursor(); cur != nil && (cur.X >= w || cur.Y >= h) {
				t.Fatalf("%d×%d: the cursor stands at %d,%d", w, h, cur.X, cur.Y)
			}
		}
	}
}
