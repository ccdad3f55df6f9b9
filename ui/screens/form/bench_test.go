package form

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/hub"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
	"ferry/ui/theme"
)

// What a key costs in a form with fifty headers; a person notices 16 ms.
func BenchmarkKey(b *testing.B) {
	f := New(screen.Env{Ctx: context.Background(), Hub: &hub.Hub{Now: time.Now}, Styles: theme.New(true)}, "").(*Form)
	f.Hidden = false
	for i := range 50 {
		f.addHeader(clients.HeaderDraft{Name: fmt.Sprintf("X-Header-%d", i), Value: clients.Set("value")}, false)
	}
	f.SetSize(120, 35)
	keys := []tea.KeyPressMsg{screentest.Key("a"), screentest.Key("tab"), screentest.Key("b"), screentest.Key("down"), screentest.Key("backspace")}
	for i := 0; b.Loop(); i++ {
		f.Update(keys[i%len(keys)])
		_ = f.View()
		_ = f.Cursor()
	}
}

// The same with an RSA key pasted and everything open: a key is parsed for each check.
func BenchmarkKeyWithEverythingOpen(b *testing.B) {
	k, err := rsa.GenerateKey(rand.Reader, 4096)
	if err != nil {
		b.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)})
	f := New(screen.Env{Ctx: context.Background(), Hub: &hub.Hub{Now: time.Now}, Styles: theme.New(true)}, "").(*Form)
	f.Hidden, f.open = false, map[string]bool{secTLS: true, secTransport: true, secAdvanced: true}
	f.in.send = model.SendKey
	f.in.key.line.Set(string(text))
	f.in.key.typed()
	f.SetSize(120, 35)
	keys := []tea.KeyPressMsg{screentest.Key("a"), screentest.Key("tab"), screentest.Key("b"), screentest.Key("down"), screentest.Key("backspace")}
	for i := 0; b.Loop(); i++ {
		f.Update(keys[i%len(keys)])
		_ = f.View()
		_ = f.Cursor()
	}
}
