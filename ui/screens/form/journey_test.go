package form_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/storage/storagetest"
	"ferry/ui"
	"ferry/ui/uitest"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC // times are shown in the person's zone
	os.Exit(m.Run())
}

// The whole console on a terminal: a client is made and tested, its token fetched and
// a call made with it. The token panel and the call have goldens of their own.
func TestJourneyOnATerminal(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"120x40", 120, 40}, {"60x16", 60, 16}} {
		t.Run(size.name, func(t *testing.T) {
			store, _ := storagetest.NewWithSpace(t)
			door := modeltest.NewDoor(store)
			door.Caller.Answer = model.Response{
				Status: 200, Body: []byte(`{"items":[{"sku":"A-1","price":12.5}],"next":null}`), Size: 50,
				Headers:  []model.Param{{Name: "Content-Type", Value: "application/json"}},
				Exchange: model.Exchange{Method: "GET", Status: 200, Timing: model.Timing{Wait: 20 * time.Millisecond, Total: 20 * time.Millisecond}},
			}
			d := uitest.Start(t, door.Clock, ui.Options{Door: door}, size.w, size.h)
			d.See("Clients").Press("n").See("What is it a connection to?").Press("enter").See("Connection name")
			d.Type("erp").Press("tab").Type("https://erp.example.com/api").Press("tab", "tab", "tab", "tab", "tab")
			d.Type("https://erp.example.com/oauth2/token").Press("tab", "tab").Type("hub").Press("tab").Type("secret-canary")
			d.Press("ctrl+t").See("answered 200 OK").Golden("journey-form-" + size.name)
			d.Press("ctrl+s").See("Created erp").See("● erp")
			d.Press("t").See("press r to fetch one").Press("r").See("● valid").See("opaque token")
			d.Press("x").See("Request").Type("items").Press("enter").See(`"sku": "A-1"`)
			d.Press("esc").See("● valid").Press("esc").See("LAST CALL")
		})
	}
}

// A key is pasted into the console on a terminal, as a terminal sends a paste; the
// smallest size is enough for it, and the client's page shows a mask.
func TestJourneyOfAPastedKey(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	store, _ := storagetest.NewWithSpace(t)
	door := modeltest.NewDoor(store)
	d := uitest.Start(t, door.Clock, ui.Options{Door: door}, 60, 16)
	d.See("Clients").Press("n").See("What is it a connection to?").Press("enter").See("Connection name")
	d.Type("erp").Press("tab").Type("https://erp.example.com/api").Press("tab", "tab", "tab", "tab", "tab")
	d.Type("https://erp.example.com/oauth2/token").Press("tab", "tab").Type("hub")
	d.Press("down", "down", "down", "down", "down", "down", "down").See("▌ Send credentials in").Press("enter").See("private key (JWT)")
	d.Press("k").See("▌ Private key").Paste(strings.ReplaceAll(text, "\n", "\r")).See("P-256 key set")
	d.Press("ctrl+s").See("Created erp").See("● erp").Press("enter").See("CONNECTION").Press("G", "ctrl+u").See("a signed assertion")
	d.See("Private key         ••••••••")
	if line := strings.Split(text, "\n")[1]; strings.Contains(d.Screen(), line[:20]) {
		t.Fatal("the key shows")
	}
}
