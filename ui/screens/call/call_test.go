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

func TestSendAndReadTheAnswer(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x19", 80, 19}, {"120x35", 120, 35}, {"60x11", 60, 11}} {
		t.Run(size.name, func(t *testing.T) {
			fx, c := fixture(t, nil)
			fx.Caller.Answer = func(context.Context, int, model.Client, model.Request) (model.Response, error) {
				return screentest.JSON(200, products), nil
			}
			d := screentest.Drive(t, New(fx.Env, screen.Call{ID: c.ID}), size.w, size.h)
			d.Type("products?page=1")
			d.Golden("request-" + size.name)
			d.Press("enter").See("✓ 200 OK").See(`"sku": "A-1"`).Golden("json-" + size.name)
			if _, r := fx.Caller.Last(); r.Path != "/products?page=1" || r.Method != "GET" {
				t.Fatalf("sent %+v", r)
			}
			d.Press("i").See("[Headers]").See("Content-Type: application/json").Press("i").See("[Exchange]").Press("i")
			d.Press("|").Type(".[1].name").Press("enter").See(`"Nut"`).See("| jq .[1].name")
			d.Press("|").Type("[").Press("enter").See("does not parse").Press("esc").Press("esc").See(`"sku": "A-1"`)
		})
	}
}

var (
	_ = os.Stat
	_ = strings.Contains
	_ = time.Second
	_ tea.Msg
)
