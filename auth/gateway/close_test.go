package gateway

import (
	"io"
	"net/http"
	"testing"

	"ferry/model"
)

// TestTheLastCallsAreWrittenAtClose: a store that is closed right after the gateway has them all.
func TestTheLastCallsAreWrittenAtClose(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/last" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, "{}")
	})
	clients := []model.Client{k.client("erp", up.URL, nil), k.client("crm", up.URL, nil)}
	for _, c := range clients {
		for _, path := range []string{"/first", "/second", "/last"} {
			k.ask("GET", "/gw/"+c.Name+path, nil)
		}
	}
	k.gw.Close()
	store, _ := k.store.(*gated)
	store.shut()
	for _, c := range clients {
		k.check(store.Store.View(k.ctx(), func(tx model.Tx) error {
			last, err := tx.Runtimes().Get(c.Space, c.ID)
			if last.LastStatus != http.StatusNotFound {
				t.Errorf("of %s is stored: %+v", c.Name, last)
			}
			return err
		}))
	}
}
