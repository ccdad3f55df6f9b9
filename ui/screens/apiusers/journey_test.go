package apiusers_test

import (
	"context"
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
	time.Local = time.UTC
	os.Exit(m.Run())
}

// The whole console on a terminal: an API user is made, gets a key, which is rotated and
// revoked, and is deleted. A person at each of the three sizes sees what the goldens show.
func TestJourneyOnATerminal(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"120x40", 120, 40}, {"60x16", 60, 16}} {
		t.Run(size.name, func(t *testing.T) {
			store, _ := storagetest.NewWithSpace(t)
			door := modeltest.NewDoor(store)
			h, err := door.Open(context.Background(), model.Key{})
			if err != nil {
				t.Fatal(err)
			}
			ctx := h.Context(context.Background())
			if _, err := h.Clients.Create(ctx, h.Space, modeltest.NoAuth("erp", "https://erp.example.com"), ""); err != nil {
				t.Fatal(err)
			}
			d := uitest.Start(t, door.Clock, ui.Options{Door: door}, size.w, size.h)
			d.See("erp").Press("2").See("No API users yet").Press("n").See("Username *").Type("partner").Press("tab").Type("the shop")
			d.Press("tab", "right", "tab").See("Token TTL").Type("5").Press("down", "down", "down", "down").See("all of clients").Press("space", "down", "right", "space")
			d.See("permission apiUsers:view").Golden("journey-form-" + size.name)
			d.Press("ctrl+s").See("Created partner").See("none yet; a generates").Press("j").Gone("Created partner").Golden("journey-page-" + size.name)
			d.Press("a").See("Generate API token").Type("main").Press("ctrl+s").See("It cannot be recovered.").Press("s", "y").See("KEYS 1 active")
			door.Clock.Pass(time.Hour)
			d.Press("r").See("Rotate key · main").Press("ctrl+s").See("stays valid until").Press("s", "y").See("KEYS 2 active").On("! in 24h")
			d.Press("D").See("Revoke key main").Pass(time.Second).Press("y").See("Revoked key main").See("1 ended")
			d.Press("esc").See("NAME").See("partner").Press("j").Gone("Revoked").Golden("journey-list-" + size.name)
			d.Press("D").See("irreversible").See("1 active API key").Pass(time.Second).Type("partner").Press("enter").See("Deleted partner").See("No API users yet")
			if err := d.Press("q").See("again").Press("q").Ended(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Keys typed ahead, in one packet, meet the screen that they are meant for.
func TestTypedAheadIntoANewUser(t *testing.T) {
	store, _ := storagetest.NewWithSpace(t)
	door := modeltest.NewDoor(store)
	d := uitest.Start(t, door.Clock, ui.Options{Door: door}, 80, 24).See("No API clients yet")
	d.Raw("2").See("No API users yet").Raw("nrobot\x13").See("Created robot").See("none yet; a generates")
	d.Raw("alabel").See("Generate API token").See("OAuth 2.0 is off").See("label")
}

// The ? page, history and places while nothing is held, and a storm of sizes.
func TestHelpHistoryAndSizes(t *testing.T) {
	store, _ := storagetest.NewWithSpace(t)
	door := modeltest.NewDoor(store)
	d := uitest.Start(t, door.Clock, ui.Options{Door: door}, 80, 24).See("No API clients yet")
	d.Press("2").See("No API users yet").Raw("nrobot\x13").See("Created robot").Press("?").See("THIS SCREEN").See("may call").Press("q").See("none yet")
	d.Press("esc").See("NAME").See("robot").Press("[").See("none yet").Press("]").See("NAME").Press("enter").See("none yet")
	for i := range 60 {
		d.Resize(1+(i*37)%220, 1+(i*13)%60)
	}
	d.Resize(80, 24).Sync().See("none yet; a generates an API token")
	if strings.Contains(d.Sent(), "panic") {
		t.Error("a panic was shown")
	}
}
