package transferform

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/model/transfers"
	"ferry/storage/storagetest"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
)

func TestMain(m *testing.M) { screentest.Main(m) }

func fixture(t testing.TB) *screentest.Fixture {
	t.Helper()
	store, _ := storagetest.NewWithSpace(t)
	fx := screentest.New(t, store)
	fx.AddClients(t, "erp", "shop")
	fx.Files.Put("stock.csv", "sku\n1\n")
	return fx
}

func protect(t testing.TB, fx *screentest.Fixture, name string) {
	t.Helper()
	c, err := fx.Hub.Clients.ByName(fx.Env.Ctx, fx.Hub.Space, name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fx.Hub.Clients.SetProtected(fx.Env.Ctx, fx.Hub.Space, c.ID, true, ""); err != nil {
		t.Fatal(err)
	}
}

// open opens the form for a draft.
func open(t testing.TB, fx *screentest.Fixture, d transfers.Draft, w, h int) *screentest.Driver {
	t.Helper()
	d2 := screentest.Drive(t, New(fx.Env, d), w, h)
	return d2.Until("the clients", func() bool { return d2.Screen.(*Form).names != nil })
}

func (f *Form) at(name string) { f.Focus = name; f.Reveal() }

// put types text into a field.
func put(d *screentest.Driver, name, text string) {
	d.Screen.(*Form).at(name)
	d.Press("ctrl+u").Type(text)
}

// replaced is the route that the form asked to be replaced by.
func replaced(d *screentest.Driver) (screen.Transfer, bool) {
	for _, m := range d.Other {
		if r, ok := m.(screen.Replace); ok {
			to, ok := r.Route.(screen.Transfer)
			return to, ok
		}
	}
	return screen.Transfer{}, false
}

func TestChoiceGolden(t *testing.T) {
	fx := fixture(t)
	for _, size := range screentest.Sizes {
		open(t, fx, transfers.Draft{}, size.W, size.H).See("What shall it be?").Golden("choice-" + size.Name)
	}
	open(t, fx, transfers.Draft{}, 80, 19).Press("j", "j", "enter").See("Name *").See("Schedule")
	open(t, fx, transfers.Draft{}, 80, 19).Press("j", "k", "enter").See("Start export")
}

func TestFormGoldens(t *testing.T) {
	fx := fixture(t)
	full := map[string]transfers.Draft{
		"export": {
			Kind: model.KindExport, Source: transfers.Side{Client: "erp", Path: "/products", Query: []model.Param{{Name: "active", Value: "true"}}},
			File: model.TransferFile{Path: "products.csv.gz", Columns: []string{"sku", "price.net"}}, Read: model.Reading{Paging: model.PagingCursor, Items: ".data.list"},
		},
		"import": {
			Kind: model.KindImport, Target: transfers.Side{Client: "shop", Path: "/products/{sku}"}, File: model.TransferFile{Path: "stock.csv"},
			Write: model.Writing{Method: "PUT", Parallel: 8, Upsert: true},
		},
		"sync": {
			Kind: model.KindSync, Name: "erp-to-shop", Source: transfers.Side{Client: "erp", Path: "/products"}, Target: transfers.Side{Client: "shop", Path: "/products/{sku}"},
			Sync: model.Syncing{Key: "sku", Schedule: "every 5m", Webhook: true, Deletes: true},
		},
	}
	for name, d := range full {
		for _, size := range screentest.Sizes {
			open(t, fx, transfers.Draft{Kind: d.Kind}, size.W, size.H).See("Client *").Golden(name + "-empty-" + size.Name)
			open(t, fx, d, size.W, size.H).See("Client *").Golden(name + "-filled-" + size.Name)
		}
		open(t, fx, d, 80, 19).Press("shift+tab", "shift+tab").Golden(name + "-end-80x24")
	}
}

// Everything that can be typed comes out as it was given, through the form and back.
func TestEveryFieldComesThrough(t *testing.T) {
	fx := fixture(t)
	first := 0
	for _, want := range []transfers.Draft{
		{
			Kind:   model.KindExport,
			Source: transfers.Side{Client: "erp", Path: "/products", Query: []model.Param{{Name: "q", Value: "a&b=c d"}, {Name: "e", Value: ""}}, Headers: []model.Param{{Name: "Accept", Value: "application/json;odata=verbose"}, {Name: "X-Trace", Value: "1"}}},
			File:   model.TransferFile{Path: "p.csv", Format: model.CSV, Columns: []string{"a", "b.c"}, CSVRaw: true, Comma: ";"},
			Read: model.Reading{
				Paging: model.PagingPage, Items: ".x", PageParam: "p", SizeParam: "s", PageSize: 7, FirstPage: &first, CursorParam: "c", CursorField: "n.c",
				SinceParam: "since", Since: "2026", Limit: 9,
			},
			Shape: "{a}",
		},
		{
			Kind: model.KindImport, Target: transfers.Side{Client: "shop", Path: "/x/{a}"}, File: model.TransferFile{Path: "p.csv", Comma: "|", Map: []model.Param{{Name: "A b", Value: "a.b"}}, Rejects: "r.ndjson"},
			Write: model.Writing{Method: "PATCH", Batch: 5, BatchField: "f", Parallel: 3, Idempotency: "none", MaxRejects: 4, WholeOnly: true}, Shape: ".",
		},
		{
			Kind: model.KindSync, Name: "s", Source: transfers.Side{Client: "erp", Path: "/a"}, Target: transfers.Side{Client: "shop", Path: "/a/{k}"}, Write: model.Writing{Method: "PUT", Parallel: 2},
			Read: model.Reading{SinceParam: "u"}, Sync: model.Syncing{Key: "k", Detect: model.DetectSince, Overwrite: true, Schedule: "every 5m", Webhook: true},
		},
	} {
		got := New(fx.Env, want).(*Form).draft()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", want.Kind, diff)
		}
	}
}

// An export that is started belongs to the runner: its page follows, and leaving the form
// does not stop it.
func TestExportStartsAndGoesOnBesideTheScreens(t *testing.T) {
	fx := fixture(t)
	hold := fx.Mover.Hold()
	d := open(t, fx, transfers.Draft{Kind: model.KindExport}, 80, 19).See("erp, shop").Type("er").Press("right", "tab").Type("/products").Press("tab", "tab").Type("products.ndjson")
	d.Press("ctrl+s").Noticed("Started: it goes on beside the screens")
	d.Screen.(*Form).Close()
	if j, ok := hold.Began(); !ok || j.Transfer.Source.Path != "/products" || j.Transfer.File.Path != "/home/alice/products.ndjson" {
		t.Fatalf("%+v %v", j.Transfer, ok)
	}
	if to, ok := replaced(d); !ok || to.ID == "" || d.Screen.(*Form).Unsaved() != "" {
		t.Errorf("its page did not follow: %+v", to)
	}
}

// Checked while one types, by the use-case: what it says of files, filters and clients.
func TestCheckedWhileTyping(t *testing.T) {
	fx := fixture(t)
	d := open(t, fx, transfers.Draft{Kind: model.KindImport}, 80, 19).Type("nothing.csv").Press("tab").See("there is no file /home/alice/nothing.csv")
	put(d, "file", "stock.csv")
	d.Gone("there is no file")
	put(d, "client", "nobody")
	d.See("no API client in this space has this name")
	put(d, "path", "/products")
	put(d, "client", "nobody")
	d.Press("tab").See("no API client \"nobody\"")
	put(d, "client", "shop")
	d.Gone("no API client")
	put(d, "parallel", "many")
	d.Press("tab").See("between 1 and 64")
}

func TestWhatIsWrongGetsTheFocusAndNothingIsLost(t *testing.T) {
	fx := fixture(t)
	d := open(t, fx, transfers.Draft{Kind: model.KindExport}, 80, 19)
	put(d, "file", "products.ndjson")
	d.Press("ctrl+s").Noticed("not started")
	f := d.Screen.(*Form)
	if f.Focus != "client" || f.in.text("file") != "products.ndjson" || len(fx.Mover.Jobs()) > 0 {
		t.Errorf("focus %q, file %q", f.Focus, f.in.text("file"))
	}
	d.See("the name of an API client is needed")
	put(d, "file", "")
	d.Press("tab").See("a file is needed").Gone("standard stream")
	put(d, "file", "products.ndjson")
	if f.Unsaved() != "the new export" {
		t.Errorf("unsaved: %q", f.Unsaved())
	}
}

func TestAFileThatIsThereIsReplacedOnlyWhenAsked(t *testing.T) {
	fx := fixture(t)
	fx.Files.Put("products.ndjson", "old")
	draft := transfers.Draft{Kind: model.KindExport, Source: transfers.Side{Client: "erp", Path: "/products"}, File: model.TransferFile{Path: "products.ndjson"}}
	d := open(t, fx, draft, 80, 19).Press("ctrl+s").See("The file is there already").Press("e").Gone("The file is there already")
	d.Press("ctrl+s").See("Replace it").Press("r").Noticed("Started")
	d.Until("the run", func() bool { return len(fx.Mover.Jobs()) == 1 })
}

// What was begun for the same sides and file is gone on with, or given up, as one says.
func TestWhatWasBegunIsAskedAbout(t *testing.T) {
	for key, fresh := range map[string]bool{"g": false, "b": true} {
		fx := fixture(t)
		draft := transfers.Draft{Kind: model.KindExport, Source: transfers.Side{Client: "erp", Path: "/products"}, File: model.TransferFile{Path: "products.ndjson"}}
		fx.Mover.Play(modeltest.Fails(model.Errorf(model.EUnreachable, "refused"), model.Progress{Records: 7}))
		if _, err := fx.Hub.Transfers.Start(fx.Env.Ctx, fx.Hub.Space, draft, transfers.Options{}); err == nil {
			t.Fatal("it did not fail")
		}
		hold := fx.Mover.Hold()
		open(t, fx, draft, 80, 19).Press("ctrl+s").See("This was begun already").Press(key).Noticed("Started")
		if j, ok := hold.Began(); !ok || (j.Checkpoint == nil) != fresh {
			t.Errorf("%s: checkpoint %q %v", key, j.Checkpoint, ok)
		}
	}
}

func TestProtectedTargetAsksForItsName(t *testing.T) {
	fx := fixture(t)
	protect(t, fx, "shop")
	draft := transfers.Draft{Kind: model.KindImport, Target: transfers.Side{Client: "shop", Path: "/products"}, File: model.TransferFile{Path: "stock.csv"}}
	d := open(t, fx, draft, 80, 19).Press("ctrl+s").See("shop is protected").Type("sho").Press("enter").See("this is not the name").Type("p").Press("enter").Noticed("Started")
	d.Until("the run", func() bool { return len(fx.Mover.Jobs()) == 1 })
	sync := transfers.Draft{
		Kind: model.KindSync, Name: "s", Source: transfers.Side{Client: "erp", Path: "/a"}, Target: transfers.Side{Client: "shop", Path: "/a/{sku}"}, Sync: model.Syncing{Key: "sku"},
	}
	d = open(t, fx, sync, 80, 19).Press("ctrl+s").See("shop is protected").Type("shop").Press("enter").Noticed("Created s; r runs it now")
	if _, ok := replaced(d); !ok {
		t.Error("its page did not follow")
	}
}

// The button shows the first requests, and none is sent.
func TestFirstRequests(t *testing.T) {
	fx := fixture(t)
	fx.Mover.Plan(model.PlannedRequest{Record: 1, Method: "PUT", URL: "https://shop.example.com/products/1", Header: []model.Param{{Name: "Content-Type", Value: "application/json"}}, Body: []byte("{\"sku\":\"1\x1b[2J\"}")})
	draft := transfers.Draft{Kind: model.KindImport, Target: transfers.Side{Client: "shop", Path: "/products"}, File: model.TransferFile{Path: "stock.csv"}}
	d := open(t, fx, draft, 80, 19).Press("ctrl+t").See("none was sent").See("PUT https://shop.example.com/products/1").See("<U+001B>").Press("esc")
	put(d, "file", "nothing.csv")
	d.Press("ctrl+t").Noticed("there is no file")
	if fx.Caller.Count() > 0 || len(fx.Mover.Jobs()) > 0 {
		t.Error("something was sent")
	}
}

func TestRestrictedSaysWhereFilesLie(t *testing.T) {
	fx := fixture(t)
	fx.Env.Restricted = true
	d := open(t, fx, transfers.Draft{Kind: model.KindExport}, 80, 19)
	d.Screen.(*Form).at("file")
	d.See("restricted: files lie in the one directory that is allowed")
}

func TestPasteIsTextAndItsTailPressesNothing(t *testing.T) {
	fx := fixture(t)
	d := open(t, fx, transfers.Draft{Kind: model.KindExport}, 80, 19)
	d.Send(screentest.Key("x"))
	d.Paste("erp\x1b[2J\r")
	if v := d.Screen.View(); strings.Contains(v, "\x1b[2J") || len(fx.Mover.Jobs()) > 0 {
		t.Error("a paste did something")
	}
	d.See("<U+001B>")
}

func TestEverySizeFits(t *testing.T) {
	fx := fixture(t)
	for _, k := range []model.TransferKind{"", model.KindExport, model.KindImport, model.KindSync} {
		f := open(t, fx, transfers.Draft{Kind: k}, 80, 19).Screen.(*Form)
		f.more = true
		for w := 0; w <= 200; w += 9 {
			for h := 0; h <= 40; h += 3 {
				f.SetSize(w, h)
				_ = f.View()
				_ = f.Cursor()
			}
		}
	}
}
