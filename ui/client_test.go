package ui_test

import (
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/modeltest"
)

// full adds a client with everything that a page can show.
func (w *world) full() model.Client {
	w.t.Helper()
	d := modeltest.OAuth("analytics", "https://analytics.example.com/v1")
	d.Username, d.Password = "svc-hub", clients.Set("pa55-canary")
	d.Scopes, d.Audience = []string{"orders:read", "orders:write"}, "https://analytics.example.com"
	d.Params = []model.Param{{Name: "tenant", Value: "acme"}}
	d.Headers = []clients.HeaderDraft{
		{Name: "X-API-Key", Value: clients.Set("key-canary"), Secret: true},
		{Name: "Accept-Language", Value: clients.Set("de")},
	}
	c := w.add(d)
	if _, err := w.hub.Calls.Do(w.ctx(), w.hub.Space, &c, model.Request{Method: "GET", Path: "/orders?limit=5"}, ""); err != nil {
		w.t.Fatal(err)
	}
	return c
}

func TestClientPageGolden(t *testing.T) {
	w := newWorld(t)
	w.full()
	w.door.Clock.Pass(5 * time.Minute)
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			w := &world{t, w.door, w.hub}
			w.start(size.width, size.height).See("analytics").Press("enter").See("CONNECTION").Golden("client-" + size.name)
		})
	}
}

func TestRevealShowsOneSecretForTenSecondsAndIsAudited(t *testing.T) {
	w := newWorld(t)
	w.full()
	d := w.start(120, 50).See("analytics").Press("enter").See("••••••••")
	d.Press("v").See("Reveal for 10 seconds").Press("j", "j", "enter").See("key-canary")
	if strings.Contains(d.Screen(), "pa55-canary") {
		t.Error("another secret is shown as well")
	}
	d.Pass(11 * time.Second).Gone("key-canary")
	entries, _, err := w.hub.Audit.List(w.ctx(), w.hub.Space, "", 10)
	if err != nil || entries[0].Action != "secret.reveal" {
		t.Errorf("the audit log begins with %v (%v), want secret.reveal", entries, err)
	}
}

func TestMoreActions(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("pim-old").Press("j").On("dvinci")

	d.Press("m").See("More actions · dvinci").Press("i").See("Disabled dvinci").See("○ dvinci")
	d.Press("m").See("Activate").Press("a").See("Activated dvinci").See("● dvinci")

	d.Press("m").See("Protect").Press("p").See("dvinci is protected").See("dvinci ◆")
	d.Press("m").See("Disable").Press("i").See("Type dvinci").Pass(time.Second)
	d.Type("dvince").Press("enter").See("this is not the name").Press("backspace").Type("i").Press("enter").See("Disabled dvinci")
	d.Press("m").See("Unprotect").Press("p").See("Type dvinci").Pass(time.Second).Type("dvinci").Press("enter").See("not protected any more")

	d.Press("m").See("Duplicate").Press("u").See("Duplicate dvinci").See("dvinci-copy").Press("enter").See("Created dvinci-copy")
	if !w.mustGet("dvinci-copy").Auth.ClientSecret.Equal(w.mustGet("dvinci").Auth.ClientSecret) {
		t.Error("the copy has another secret")
	}
	d.Press("m").See("Copy as curl").Press("c").See("dvinci as curl").See("Authorization: Bearer").Press("esc").Gone("as curl")
	if strings.Contains(d.Sent(), "s3cret-dvinci") {
		t.Error("the curl lines hold the secret")
	}
}

func TestRotateSecret(t *testing.T) {
	w := newWorld(t)
	w.full()
	d := w.start(80, 24).See("analytics").Press("m").See("Rotate").Press("r").See("Rotate secret · analytics")
	d.Press("enter").See("type a new value")
	d.Type("new-canary").Press("tab").Paste("new\npass").Press("enter").See("Rotated the secret")
	a := w.mustGet("analytics")
	if got := a.Auth.ClientSecret.Reveal(); got != "new-canary" {
		t.Errorf("the client secret is %q", got)
	}
	if got := a.Auth.Password.Reveal(); got != "new pass" {
		t.Errorf("the password is %q: a pasted newline is a space, not a key", got)
	}
	if got := a.Headers[0].Value.Reveal(); got != "key-canary" {
		t.Errorf("the header that was left empty is %q", got)
	}
	if strings.Contains(d.Sent(), "canary") {
		t.Error("a secret was shown")
	}
}

func TestDeleteAsksForTheNameAndSaysWhatIsLost(t *testing.T) {
	w := newWorld(t)
	w.full()
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			w := &world{t, w.door, w.hub}
			d := w.start(size.width, size.height).See("analytics").Press("D").See("irreversible")
			d.See("1 call in its history").Golden("delete-" + size.name).Press("esc").Gone("irreversible")
			d.See("analytics")
		})
	}
	d := w.start(80, 24).See("analytics").Press("enter").See("CONNECTION").Press("D").See("irreversible").Pass(time.Second)
	d.Type("analytics").Press("enter").See("Deleted analytics").See("No API clients yet")
	if _, err := w.get("analytics"); model.CodeOf(err) != model.ENotFound {
		t.Errorf("after deleting: %v", err)
	}
}

func TestPromptThatDestroysTakesNoKeysAtFirst(t *testing.T) {
	w := newWorld(t)
	w.full()
	d := w.start(80, 24).See("analytics").Press("D").See("irreversible")
	// These were meant for the list: they must neither be typed nor close the dialog.
	d.Type("analytics").Press("enter").Sync().Pass(time.Second).Type("x").See("Name  x")
	if _, err := w.get("analytics"); err != nil {
		t.Errorf("it is gone: %v", err)
	}
}

func TestClientDeletedByOthersLeavesItsPage(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("dvinci").Press("j", "enter").See("CONNECTION")
	c := w.mustGet("dvinci")
	if err := w.hub.Clients.Delete(w.ctx(), w.hub.Space, c.ID, "dvinci"); err != nil {
		t.Fatal(err)
	}
	d.See("dvinci was deleted").See("djust-erp").Gone("● dvinci")
}
