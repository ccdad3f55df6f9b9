package clients_test

import (
	"testing"

	"ferry/model"
	usecases "ferry/model/clients"
	"ferry/storage/storagetest"
	"ferry/ui/screen"
	"ferry/ui/screens/clients"
	"ferry/ui/screens/screentest"
)

// A client whose certificates are not checked says so in the list, at every size.
func TestInsecureIsSaidInTheList(t *testing.T) {
	for _, width := range []int{60, 80, 120} {
		store, _ := storagetest.NewWithSpace(t)
		fx := screentest.New(t, store)
		for name, insecure := range map[string]bool{"erp": true, "pim": false} {
			d := usecases.Draft{Name: name, BaseURL: "https://" + name + ".example.com", TLS: model.TLS{Insecure: insecure}}
			if _, err := fx.Hub.Clients.Create(fx.Env.Ctx, fx.Hub.Space, d, ""); err != nil {
				t.Fatal(err)
			}
		}
		screentest.Drive(t, clients.New(fx.Env, screen.Clients{}), width, 11).See("insecure http").See("pim https://")
	}
}
