package call

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
)

func TestPlacesOfAPathAreRows(t *testing.T) {
	fx, c := fixture(t, nil)
	d := open(t, fx, c).Type("orders/{id}").See("{id} (value)").Press("enter").See("✗ the path has a place {id} without a value")
	d.Type("a/b").Golden("places-80x24").Press("ctrl+r").See("✓ 200 OK")
	if _, r := fx.Caller.Last(); r.Path != "/orders/a%2Fb" {
		t.Fatalf("sent %q", r.Path)
	}
	d.Press("y").See("curl line").Press("f")
	d.Until("the clipboard", func() bool { return len(d.Other) > 0 })
	if line := ferryLine(&c, fx.Hub.Space, d.Screen.(*Call).build(), d.Screen.(*Call).placed()); line != "ferry call erp GET '/orders/{id}' -p id=a/b\n" {
		t.Fatalf("line %q", line)
	}
}

func TestRequestsAreSavedOpenedAndDeleted(t *testing.T) {
	fx, c := fixture(t, nil)
	answers(fx, screentest.JSON(200, products), nil)
	d := open(t, fx, c).Press("ctrl+l").Noticed("no call is saved")
	d.Type("orders/{id}").Press("tab").Type("7").Press("ctrl+r").See("✓ 200 OK")
	d.Press("|").Type(".[0].sku").Press("enter").See("| jq .[0].sku").Press("a").See("Save the request").Type("or ders").Press("enter").See("a name is made of letters")
	d.Press("ctrl+u").Type("orders").Press("enter").Noticed("Saved as orders")
	saved, err := fx.Hub.Calls.SavedByName(fx.Env.Ctx, &c, "orders")
	if err != nil || saved.Request.Path != "/orders/{id}" || saved.Filter != ".[0].sku" || len(saved.PathParams) != 1 {
		t.Fatalf("%+v, %v", saved, err)
	}
	d = open(t, fx, c).Press("ctrl+l").See("GET /orders/{id}").Golden("saved-80x24").Press("enter").See("{id} 7").Press("enter").See("✓ 200 OK")
	d.See("| jq .[0].sku").Press("o").See("Saved calls").Press("D").See("Delete the saved call orders?").Press("esc")
	d.Press("o").See("Saved calls").Press("D").See("Delete the saved call").Press("y").Noticed("Deleted the saved call orders")
	if all, err := fx.Hub.Calls.Saved(fx.Env.Ctx, &c); err != nil || len(all) != 0 {
		t.Fatalf("%v, %v", all, err)
	}
}

func TestTheFilterIsRememberedForTheClient(t *testing.T) {
	fx, c := fixture(t, nil)
	answers(fx, screentest.JSON(200, products), nil)
	open(t, fx, c).Press("enter").See("✓ 200 OK").Press("|").Type(".[1].name").Press("enter").See(`"Nut"`).
		Until("it is kept", func() bool {
			expr, err := fx.Hub.Calls.Filter(fx.Env.Ctx, &c)
			return err == nil && expr == ".[1].name"
		})
	open(t, fx, c).Press("enter").See("✓ 200 OK").Press("|").See("jq .[1].name").Press("enter").See(`"Nut"`)
}

func TestReplayBringsTheBodyBack(t *testing.T) {
	fx, c := fixture(t, func(d *clients.Draft) { d.KeepBodies = true })
	d := open(t, fx, c).Type("x").Press("shift+tab", "right").See("‹ POST ›")
	d.Screen.(*Call).focus = "body"
	d.Type(`{"a":1}`).Press("ctrl+r").See("✓ 200 OK").Press("e", "ctrl+o").See("POST   /x").Press("enter").See(`{"a":1}`)
	d.Press("ctrl+r").Until("the replay", func() bool { return fx.Caller.Count() == 2 })
	if _, r := fx.Caller.Last(); r.Method != "POST" || string(r.Body) != `{"a":1}` {
		t.Fatalf("replayed %+v", r)
	}
}

func TestABodyAsAForm(t *testing.T) {
	fx, c := fixture(t, nil)
	d := open(t, fx, c).Type("x")
	s := d.Screen.(*Call)
	s.focus = "form"
	d.Press("enter").Type("user").Press("tab").Type("a b&c").Press("tab", "tab", "tab", "tab", "enter").Type("password").Press("tab").Type("p=1")
	d.Press("up").See("‹ POST ›").See(model.Mask).Golden("form-80x24").Press("ctrl+r").See("✓ 200 OK")
	_, r := fx.Caller.Last()
	if string(r.Body) != "user=a+b%26c&password=p%3D1" || len(r.Headers) != 1 || r.Headers[0].Value != "application/x-www-form-urlencoded" {
		t.Fatalf("sent %+v with %q", r, r.Body)
	}
	s.reading, s.focus = false, "form"
	d.Press("enter").See("user=a+b%26c&password=p%3D1")
	s.focus = "form"
	d.Press("enter").See("a b&c")
}

func TestABodyFromAFileAndFromTheEditor(t *testing.T) {
	fx, c := fixture(t, nil)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	d := open(t, fx, c).Type("x")
	s := d.Screen.(*Call)
	take := func(path string) {
		s.reading, s.focus = false, "file"
		d.Press("enter").See("Take the body from a file").Type(path).Press("enter")
	}
	take(write("text", "one\ntwo"))
	d.See("two")
	take(write("raw.bin", "\x00\xff"))
	d.See("(raw.bin, 2 B; typing replaces it)").Press("ctrl+r").See("✓ 200 OK")
	if _, r := fx.Caller.Last(); string(r.Body) != "\x00\xff" {
		t.Fatalf("sent %q", r.Body)
	}
	take(filepath.Join(dir, "none"))
	d.Noticed("there is no file")
	take(dir)
	d.Noticed("is not a plain file")

	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("VISUAL", "ed -s")
	s.req.body.Set("before")
	reply, ok := s.edit()().(screen.Reply[editing])
	if !ok || reply.Err != nil {
		t.Fatalf("%+v", reply)
	}
	info, err := os.Stat(reply.Value.path)
	if text, _ := os.ReadFile(reply.Value.path); err != nil || info.Mode().Perm() != 0o600 || string(text) != "before" {
		t.Fatalf("%v, %v, %q", info, err, text)
	}
	if got := editorFor("/f").Args; strings.Join(got, "|") != "ed|-s|/f" {
		t.Errorf("runs %q", got)
	}
	if err := os.WriteFile(reply.Value.path, []byte("after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.Send(collect(s.ID(), reply.Value.path, nil))
	if s.req.body.Value() != "after" || s.req.raw != nil {
		t.Errorf("the body is %q", s.req.body.Value())
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "ferry-body-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	d.Send(collect(s.ID(), filepath.Join(dir, "gone", "body"), errors.New("exit status 1")))
	d.Noticed("the editor ended with an error")
}

func TestNoEditorAndNoFileWhereItIsRestricted(t *testing.T) {
	fx, c := fixture(t, nil)
	fx.Env.Restricted = true
	d := open(t, fx, c).See("as form").Gone("editor").Gone("file")
	if s := d.Screen.(*Call); s.focused() == nil {
		t.Fatal("no focus")
	}
}

// long answers a call into its sink, in steps that the test lets go.
func long(fx *screentest.Fixture, steps <-chan string) {
	fx.Caller.Answer = func(ctx context.Context, _ int, _ model.Client, r model.Request) (model.Response, error) {
		resp := screentest.JSON(200, `["beginning"`)
		resp.Truncated, resp.Size = true, 9<<20
		resp.Headers = append(resp.Headers, model.Param{Name: "Content-Length", Value: "12"})
		if r.Sink == nil {
			return resp, nil
		}
		for {
			select {
			case <-ctx.Done():
				return model.Response{}, ctx.Err()
			case text, more := <-steps:
				if !more {
					resp.Body, resp.Truncated = nil, false
					return resp, nil
				}
				if _, err := r.Sink.Write([]byte(text)); err != nil {
					return model.Response{}, err
				}
			}
		}
	}
}

func TestABodyBeyondTheLimitGoesToAFile(t *testing.T) {
	fx, c := fixture(t, nil)
	steps := make(chan string)
	long(fx, steps)
	dir := t.TempDir()
	path := filepath.Join(dir, "whole.json")
	d := open(t, fx, c).Press("enter").See("! there was more").Press("s").See("write all of it to a file").Press("a").See("The call is made again")
	d.Press("ctrl+u").Type(path).Press("enter").See("… 0 B of 12 B")
	steps <- "123456"
	d.See("6 B of 12 B").See("50%").Golden("stream-80x24")
	steps <- "789012"
	close(steps)
	d.Noticed("Saved all 12 bytes")
	text, err := os.ReadFile(path)
	if info, _ := os.Stat(path); err != nil || string(text) != "123456789012" || info.Mode().Perm() != 0o600 {
		t.Fatalf("%q, %v", text, err)
	}
	// Cancelled: nothing is left, and what was there stays.
	long(fx, make(chan string))
	d.Press("s").See("write all of it").Press("a").See("The call is made again").Press("ctrl+u").Type(path).Press("enter").See("Overwrite the file?").Press("y").See("esc cancels").Press("esc").See("✗ cancelled")
	d.Until("the part file to go", func() bool {
		names, err := os.ReadDir(dir)
		return err == nil && len(names) == 1
	})
	if text, err := os.ReadFile(path); err != nil || string(text) != "123456789012" {
		t.Fatalf("%q, %v", text, err)
	}
}

func TestWhatMayChangeDataIsNotMadeAgainUnasked(t *testing.T) {
	fx, c := fixture(t, nil)
	done := make(chan string)
	close(done)
	long(fx, done)
	path := filepath.Join(t.TempDir(), "out")
	d := open(t, fx, c).Press("shift+tab", "right").See("‹ POST ›").Press("ctrl+r").See("! there was more")
	d.Press("s").See("write all of it").Press("a").See("The call is made again").Press("ctrl+u").Type(path).Press("enter").See("Make the POST again?").Press("esc")
	if n := fx.Caller.Count(); n != 1 {
		t.Fatalf("%d calls", n)
	}
	d.Press("s").See("write all of it").Press("a").See("The call is made again").Press("ctrl+u").Type(path).Press("enter").See("Make the POST again?").Press("y").Noticed("Saved all 0 bytes")
}

func TestTheNextPageIsFollowedWithinTheOrigin(t *testing.T) {
	fx, c := fixture(t, nil)
	link := ""
	fx.Caller.Answer = func(_ context.Context, n int, _ model.Client, _ model.Request) (model.Response, error) {
		resp := screentest.JSON(200, products)
		resp.Headers = append(resp.Headers, model.Param{Name: "Link", Value: link})
		return resp, nil
	}
	link = `<https://erp.example.com/api/x?page=1>; rel="first", <https://erp.example.com/api/x?page=2&$skiptoken={a}>; rel="next"`
	d := open(t, fx, c).Type("x").Press("enter").See("✓ 200 OK").Press(">").Until("the next page", func() bool { return fx.Caller.Count() == 2 }).See("✓ 200 OK")
	if _, r := fx.Caller.Last(); r.Path != "/x?page=2&$skiptoken={a}" || r.Method != "GET" {
		t.Fatalf("sent %+v", r)
	}
	d.Press(">").Noticed("leads back to this one")
	for to, says := range map[string]string{
		"https://evil.example.com/api/x": "the credentials", "http://erp.example.com/api/x": "the credentials", "//evil.example.com/": "the credentials",
		"/other/x": "outside the base URL's path", "https://u:p@erp.example.com/api/y": "the credentials", "::": "",
	} {
		sent := model.Request{Path: "/x"}
		r, err := following(&c, sent, to)
		if says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %+v, %v", to, r, err)
		}
	}
}

// CASES, Terminal and HTTP: bodies that are meant to harm are shown, spelled out, at once.
func TestHostileBodies(t *testing.T) {
	for name, tc := range map[string]struct{ mime, body, want string }{
		"escape":   {"text/plain", "a\x1b]52;c;eA==\x07b\x1b[2J", "a<U+001B>]52;c;eA==<U+0007>b<U+001B>[2J"},
		"bidi":     {"text/plain", "a\u202egnp.exe\u200b\u2066", "a<U+202E>gnp.exe<U+200B><U+2066>"},
		"c1":       {"text/plain; charset=iso-8859-1", "a\x9b2Jb", "a<U+009B>2Jb"},
		"nul":      {"application/json", "{\"a\":\x00}", "00000000  7b 22 61 22"},
		"utf-8":    {"application/json", "{\"a\":\"\xff\xfe\"}", `"a": "ÿþ"`},
		"cut":      {"text/plain", "é\xc3", "Ã"},
		"one line": {"text/plain", strings.Repeat("x\x1b"+strings.Repeat("y", 98), 5<<20/100), "x<U+001B>yyy"},
		"deep":     {"application/json", strings.Repeat("[", 100_000), "[[[["},
		"blown up": {"application/json", strings.Repeat("[", 9000) + strings.Repeat("1,", 100_000) + "1" + strings.Repeat("]", 9000), "[[[["},
		"xml":      {"application/xml", strings.Repeat("<a b='", 100_000), "<a b='"},
		"html":     {"text/html", "<!-- \x1b[31m --><b onclick=\"\u202e\">", "<!-- <U+001B>[31m -->"},
	} {
		t.Run(name, func(t *testing.T) {
			fx, c := fixture(t, nil)
			answers(fx, model.Response{Status: 200, Body: []byte(tc.body), Size: int64(len(tc.body)), Headers: []model.Param{{Name: "Content-Type", Value: tc.mime}, {Name: "X-Odd", Value: "\x1b[2J\u202e"}}}, nil)
			d := open(t, fx, c).Press("enter").See(tc.want)
			for _, k := range []string{"G", "g", "w", "l", "#", "ctrl+d", "/", "x", "enter", "n", "N", "esc", "i", "i", "i"} {
				d.Press(k)
				// Bubble Tea's own sequences are SGR only: anything else would be the body's.
				raw := d.Screen.View()
				if strings.ContainsAny(raw, "\x07\u009b\x00\u202e\u200b\u2066") || strings.Contains(raw, "\x1b]") || strings.Contains(raw, "\x1b[2J") {
					t.Fatalf("after %s it shows %q", k, raw)
				}
			}
		})
	}
}

func TestASearchCountsItsMatches(t *testing.T) {
	fx, c := fixture(t, nil)
	answers(fx, screentest.JSON(200, products), nil)
	d := open(t, fx, c).Press("enter").See("✓ 200 OK").Press("/").Type("sku").See("1 of 2 lines").Press("enter", "n").See("2 of 2 lines").Press("n").See("1 of 2 lines")
	d.Press("/").Type("nothing").See("no match").Press("esc").Gone("no match")
}

func TestTheTimingIsDrawn(t *testing.T) {
	for _, size := range sizes {
		fx, c := fixture(t, nil)
		resp := screentest.JSON(200, products)
		resp.Exchange = screentest.Exchange(screentest.Start, "https://erp.example.com/api/products", 200)
		answers(fx, resp, nil)
		d := screentest.Drive(t, New(fx.Env, screen.Call{ID: c.ID}), size.w, size.h)
		d.Until("the client", func() bool { return d.Screen.(*Call).client != nil }).Press("enter").See("✓ 200 OK").Press("i", "i").See("[Timing]").Golden("timing-" + size.name)
	}
	if got := waterfall(&model.Exchange{}); len(got) != 1 {
		t.Errorf("of nothing: %q", got)
	}
}

// What a person typed is asked about before it is lost; what was saved is not.
func TestASavedBodyIsNotUnsaved(t *testing.T) {
	fx, c := fixture(t, nil)
	d := open(t, fx, c)
	s := d.Screen.(*Call)
	s.focus = "body"
	d.Type("text")
	if s.Unsaved() == "" {
		t.Fatal("it can be lost")
	}
	d.Press("ctrl+s").See("Save the request").Type("a").Press("enter").Noticed("Saved as a")
	if s.Unsaved() != "" {
		t.Fatal("it is asked about")
	}
	d.Send(tea.PasteMsg{Content: "x"})
	if s.Unsaved() == "" {
		t.Fatal("what was added can be lost")
	}
}
