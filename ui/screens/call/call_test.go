package call

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/storage/storagetest"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
)

func fixture(t *testing.T, change func(*clients.Draft)) (*screentest.Fixture, model.Client) {
	t.Helper()
	store, _ := storagetest.NewAt(t, filepath.Join(storagetest.Dir(t), "ferry.db"), screentest.First)
	fx := screentest.New(t, store)
	d := clients.Draft{
		Name: "erp", BaseURL: "https://erp.example.com/api",
		Headers: []clients.HeaderDraft{{Name: "X-API-Key", Value: clients.Set("key-canary"), Secret: true}},
	}
	if change != nil {
		change(&d)
	}
	saved, err := fx.Hub.Clients.Create(fx.Env.Ctx, fx.Hub.Space, d, "")
	if err != nil {
		t.Fatal(err)
	}
	return fx, saved.Client
}

const products = `[{"sku":"A-1","name":"Bolt","price":12.5,"stock":{"hub":3,"store":null}},{"sku":"A-2","name":"Nut","price":1,"active":true}]`

// sizes are those of a screen's body in terminals of 80×24, 120×40 and 60×16.
var sizes = []struct {
	name string
	w, h int
}{{"80x24", 80, 19}, {"120x40", 120, 35}, {"60x16", 60, 11}}

func open(t *testing.T, fx *screentest.Fixture, c model.Client) *screentest.Driver {
	t.Helper()
	d := screentest.Drive(t, New(fx.Env, screen.Call{ID: c.ID}), 80, 19)
	return d.Until("the client", func() bool { return d.Screen.(*Call).client != nil })
}

func answers(fx *screentest.Fixture, resp model.Response, err error) {
	fx.Caller.Answer = func(context.Context, int, model.Client, model.Request) (model.Response, error) { return resp, err }
}

func TestSendAndReadTheAnswer(t *testing.T) {
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			fx, c := fixture(t, nil)
			answers(fx, screentest.JSON(200, products), nil)
			d := screentest.Drive(t, New(fx.Env, screen.Call{ID: c.ID}), size.w, size.h)
			d.Type("products?page=1").Golden("request-" + size.name)
			d.Press("enter").See("✓ 200 OK").See(`"sku": "A-1"`).Golden("json-" + size.name)
			if _, r := fx.Caller.Last(); r.Path != "/products?page=1" || r.Method != "GET" {
				t.Fatalf("sent %+v", r)
			}
			d.Press("i").See("[Headers]").See("Content-Type: application/json").Press("i").See("[Timing]").See("Connect  █").Press("i").See("[Exchange]").Press("i")
			d.Press("|").Type(".[1].name").Press("enter").See(`"Nut"`).See("| jq .[1].name")
			d.Press("|").Type("[").Press("enter").See("does not parse").Golden("jq-" + size.name)
			d.Press("esc").Gone("does not parse").Press("esc").See(`"sku": "A-1"`)
			d.Press("/").Type("nut").See("Nut").Press("enter", "esc")
			answers(fx, model.Response{Exchange: model.Exchange{
				Method: "GET", URL: "https://erp.example.com/api/products?page=1", Failure: "connecting: connection refused",
				RequestHeaders: []model.Param{{Name: "X-API-Key", Value: model.Mask}},
			}}, model.Errorf(model.EUnreachable, "erp.example.com refused the connection").WithNext("check the port of the base URL"))
			d.Press("r").See("✗ erp.example.com refused the connection – check the port").Golden("error-" + size.name)
			if d.Popped {
				t.Fatal("left")
			}
		})
	}
}

func TestARequestOfEveryPart(t *testing.T) {
	fx, c := fixture(t, nil)
	d := open(t, fx, c)
	d.Type("products").Press("shift+tab", "right", "tab", "tab").See("‹ POST ›").Press("enter").Type("page").Press("tab").Type("2")
	d.Press("tab", "tab", "tab", "enter").Type("Idempotency-Key").Press("tab").Type("17")
	d.Press("down", "down").Type("{").Press("enter").Type("}").Golden("parts-80x24")
	d.Press("ctrl+r").See("✓ 200 OK")
	_, r := fx.Caller.Last()
	if r.Method != "POST" || r.Path != "/products" || len(r.Query) != 1 || r.Query[0] != (model.Param{Name: "page", Value: "2"}) ||
		len(r.Headers) != 1 || r.Headers[0] != (model.Param{Name: "Idempotency-Key", Value: "17"}) || string(r.Body) != "{\n}" {
		t.Fatalf("sent %+v with %q", r, r.Body)
	}
	d.Press("H").See("POST   /products?page=2").Press("enter").See("‹ POST ›").See("Idempotency-Key")
}

func TestARunningCallShowsItsTimeAndCanBeCancelled(t *testing.T) {
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			fx, c := fixture(t, nil)
			fx.Caller.Answer = func(ctx context.Context, _ int, _ model.Client, _ model.Request) (model.Response, error) {
				<-ctx.Done()
				return model.Response{}, ctx.Err()
			}
			d := screentest.Drive(t, New(fx.Env, screen.Call{ID: c.ID}), size.w, size.h).Type("slow").Press("enter").See("… GET under way, 0s")
			d.Until("the call", func() bool { return fx.Caller.Count() == 1 })
			fx.Pass(3 * time.Second)
			d.Send(screen.Tick{})
			d.See("3s").Golden("running-" + size.name)
			d.Press("esc").See("✗ cancelled").See("/slow")
			if d.Popped {
				t.Fatal("esc left the screen instead of cancelling")
			}
			d.Until("the call is remembered", func() bool {
				list, err := fx.Hub.Calls.History(context.Background(), &c)
				return err == nil && len(list) == 1
			})
		})
	}
}

func TestChangingDataOfAProtectedClientAsksForItsName(t *testing.T) {
	fx, c := fixture(t, func(d *clients.Draft) { d.Protected = true })
	d := open(t, fx, c).Press("ctrl+r").See("✓ 200 OK") // GET is safe
	d.Press("e", "shift+tab", "right").See("‹ POST ›").Press("ctrl+r").See("erp is protected").Press("esc").Gone("is protected")
	if n := fx.Caller.Count(); n != 1 {
		t.Fatalf("%d calls, want 1", n)
	}
	d.Press("ctrl+r").See("erp is protected").Type("erp").Press("enter").Until("the call", func() bool { return fx.Caller.Count() == 2 })
}

func TestADisabledClientMakesNoCall(t *testing.T) {
	fx, c := fixture(t, nil)
	d := open(t, fx, c)
	if _, err := fx.Hub.Clients.SetState(fx.Env.Ctx, fx.Hub.Space, c.ID, model.Disabled, ""); err != nil {
		t.Fatal(err)
	}
	d.Press("enter").See(`✗ "erp" is disabled`).See("^t opens its token page").Press("ctrl+t")
	d.Until("the token page", func() bool { return len(d.Pushed) == 1 })
	if fx.Caller.Count() != 0 {
		t.Fatal("a disabled client made a call")
	}
}

func TestOddAnswersAreToldApart(t *testing.T) {
	png := append([]byte("\x89PNG\r\n\x1a\n\x00"), make([]byte, 100)...)
	for name, tc := range map[string]struct {
		resp model.Response
		want []string
		hide string
	}{
		"binary":    {model.Response{Status: 200, Body: png, Size: 109, Headers: []model.Param{{Name: "Content-Type", Value: "image/png"}}}, []string{"image/png", "00000000  89 50 4e 47 0d 0a 1a 0a  00 00", ".PNG....", "binary"}, "\x89"},
		"truncated": {model.Response{Status: 200, Body: []byte(`{"a":[1,2`), Size: 9 << 20, Truncated: true, Headers: []model.Param{{Name: "Content-Type", Value: "application/json"}}}, []string{"! there was more: these are the first 8 MiB", `{"a":[1,2`}, ""},
		"retried":   {model.Response{Status: 200, Body: []byte("x"), Retried: true}, []string{"! the first answer was 401: the token was renewed"}, ""},
		"error":     {model.Response{Status: 503, Body: []byte("<html><b>down</b></html>")}, []string{"✗ 503 Service Unavailable", "<b>down</b>", "HTML"}, ""},
		"redirect":  {model.Response{Status: 302, Headers: []model.Param{{Name: "Location", Value: "https://x/\x1b[2J"}}}, []string{"→ 302 Found", "no body"}, "\x1b[2J"},
		"hostile":   {model.Response{Status: 200, Body: []byte("a\x1b[2Jb\u202ec\x07")}, []string{"a<U+001B>[2Jb<U+202E>c<U+0007>"}, "\x1b[2J"},
		"latin-1":   {model.Response{Status: 200, Body: []byte("Stra\xdfe"), Headers: []model.Param{{Name: "Content-Type", Value: "text/plain"}}}, []string{"Straße", "not UTF-8, shown as Latin-1"}, "\xdf"},
	} {
		t.Run(name, func(t *testing.T) {
			fx, c := fixture(t, nil)
			answers(fx, tc.resp, nil)
			d := open(t, fx, c).Press("enter")
			for _, want := range tc.want {
				d.See(want)
			}
			for range views {
				if tc.hide != "" && strings.Contains(d.Screen.View(), tc.hide) {
					t.Fatalf("shows %q:\n%s", tc.hide, d.View())
				}
				d.Press("i")
			}
		})
	}
}

// CASES, Terminal: paste with newlines, ESC, embedded end-of-paste → literal text,
// never an action.
func TestPasteIsLiteralTextAndSendsNothing(t *testing.T) {
	fx, c := fixture(t, nil)
	d := open(t, fx, c)
	d.Send(tea.PasteMsg{Content: "a\nb\x1b"})
	d.Press("enter", "ctrl+r") // the tail of a text that holds an end-of-paste
	s := d.Screen.(*Call)
	if s.call.Running() || s.req.path.Value() != "/a\nb\x1b" {
		t.Fatalf("path %q", s.req.path.Value())
	}
	d.See("/a<U+000A>b<U+001B>").Until("keys count again", func() bool { return s.settling == 0 })
	s.focus = "body"
	text := "{\n\t\"a\": \"x\x1b[31m\"\n}\n"
	d.Paste(strings.ReplaceAll(text, "\n", "\r"))
	if got := s.req.body.Value(); got != text {
		t.Fatalf("body %q, want %q", got, text)
	}
	if fx.Caller.Count() != 0 {
		t.Fatal("a paste sent a request")
	}
	if s.Unsaved() == "" {
		t.Fatal("a body that was never sent can be lost unasked")
	}
}

func TestPathsAreCompletedFromHistory(t *testing.T) {
	fx, c := fixture(t, nil)
	d := open(t, fx, c).Type("erp/products").Press("enter").See("✓ 200 OK").Press("e", "ctrl+u").Type("/erp").See("/erp/products")
	d.Press("right")
	if got := d.Screen.(*Call).req.path.Value(); got != "/erp/products" {
		t.Fatalf("path %q", got)
	}
}

func TestCopyMasksSecrets(t *testing.T) {
	fx, c := fixture(t, func(d *clients.Draft) {
		d.Method, d.TokenURL, d.ClientID, d.ClientSecret = model.AuthOAuth2, "https://a.example.com/t", "hub", clients.Set("secret-canary")
	})
	r := model.Request{Method: "PUT", Path: "/p", Query: []model.Param{{Name: "q", Value: "a b"}}, Headers: []model.Param{{Name: "X-Token", Value: "hdr-canary"}}, Body: []byte("it's")}
	line := curl(&c, r)
	want := `curl -H "Authorization: Bearer $(ferry token erp)" -H 'X-API-Key: ••••••••' -X PUT -H 'X-Token: ••••••••' --data-binary 'it'\''s' 'https://erp.example.com/api/p?q=a+b'` + "\n"
	if line != want {
		t.Fatalf("got  %s\nwant %s", line, want)
	}
	// The token stands where the client puts it, and the way there is the client's.
	c.Auth.Place, c.TLS.Insecure, c.Transport.Proxy = model.Place{Query: "access"}, true, model.ProxyNone
	line = curl(&c, model.Request{Method: "GET", Path: "/p", Query: r.Query})
	want = `curl --insecure --noproxy '*' -H 'X-API-Key: ••••••••' 'https://erp.example.com/api/p?q=a+b&access='"$(ferry token erp)"` + "\n"
	if line != want {
		t.Fatalf("got  %s\nwant %s", line, want)
	}
	line = ferryLine(&c, fx.Hub.Space, r, nil)
	want = "# the header X-Token is secret and left out\nferry call erp PUT /p -q 'q=a b' -d 'it'\\''s'\n"
	if line != want {
		t.Fatalf("got  %s\nwant %s", line, want)
	}
}

func TestSavingTheBody(t *testing.T) {
	fx, c := fixture(t, nil)
	path := filepath.Join(t.TempDir(), "body.json")
	d := open(t, fx, c).Press("enter").See("✓ 200 OK").Press("s").See("Save the body").Press("ctrl+u").Type(path).Press("enter").Noticed("Saved 11 bytes")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	d.Press("s").See("Save the body").Press("ctrl+u").Type(path).Press("enter").See("Overwrite the file?")
	s := New(fx.Env, screen.Call{ID: c.ID}).(*Call)
	s.env.Restricted = true
	s.answer = prepare(fx.Env.Styles, screentest.JSON(200, "{}"))
	if n, ok := s.askPath()().(screen.Notice); !ok || !strings.Contains(n.Text, "switched off") {
		t.Fatal("saving is offered under --restricted")
	}
}

func TestViewFitsEverySize(t *testing.T) {
	fx, c := fixture(t, nil)
	answers(fx, screentest.JSON(200, products), nil)
	d := open(t, fx, c).Press("enter").See("✓ 200 OK")
	for _, w := range []int{0, 1, 2, 13, 20, 60, 500} {
		for _, h := range []int{0, 1, 2, 3, 11, 28, 200} {
			d.Screen.SetSize(w, h)
			for _, k := range []string{"e", "tab", "tab", "tab", "tab", "i", "|", "esc"} {
				d.Press(k)
				for _, l := range strings.Split(d.View(), "\n") {
					if n := len([]rune(l)); n > w {
						t.Fatalf("%d×%d after %s: %d cells: %q", w, h, k, n, l)
					}
				}
				if n := strings.Count(d.View(), "\n") + 1; h > 0 && n > h {
					t.Fatalf("%d×%d after %s: %d lines", w, h, k, n)
				}
				if cur := d.Screen.(*Call).Cursor(); cur != nil && (cur.X > w || cur.Y >= max(h, 1)) {
					t.Fatalf("%d×%d after %s: the cursor stands at %d,%d", w, h, k, cur.X, cur.Y)
				}
			}
		}
	}
}
