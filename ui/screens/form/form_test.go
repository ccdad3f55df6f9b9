package form

import (
	"context"
	"strings"
	"testing"

	"ferry/model"
	"ferry/model/clients"
	"ferry/storage/storagetest"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
)

func fixture(t *testing.T) *screentest.Fixture {
	t.Helper()
	store, _ := storagetest.NewWithSpace(t)
	return screentest.New(t, store)
}

// erp saves a client with every kind of secret.
func erp(t *testing.T, fx *screentest.Fixture, change func(*clients.Draft)) model.Client {
	t.Helper()
	d := clients.Draft{
		Name: "erp", BaseURL: "https://erp.example.com/api", Method: model.AuthOAuth2,
		TokenURL: "https://erp.example.com/oauth2/token", ClientID: "hub", ClientSecret: clients.Set("secret-canary"),
		Scopes: []string{"read", "write"}, Params: []model.Param{{Name: "resource", Value: "urn:erp"}},
		Headers: []clients.HeaderDraft{
			{Name: "X-API-Key", Value: clients.Set("key-canary"), Secret: true},
			{Name: "Accept-Language", Value: clients.Set("de")},
		},
	}
	if change != nil {
		change(&d)
	}
	saved, err := fx.Hub.Clients.Create(fx.Env.Ctx, fx.Hub.Space, d, "")
	if err != nil {
		t.Fatal(err)
	}
	return saved.Client
}

func edit(t *testing.T, fx *screentest.Fixture, c model.Client) *screentest.Driver {
	t.Helper()
	return screentest.Drive(t, New(fx.Env, c.ID), 80, 40).See(c.Name)
}

func stored(t *testing.T, fx *screentest.Fixture, id model.ID) model.Client {
	t.Helper()
	c, err := fx.Hub.Clients.Get(fx.Env.Ctx, fx.Hub.Space, id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func blank(t *testing.T, fx *screentest.Fixture, w, h int) *screentest.Driver {
	t.Helper()
	return screentest.Drive(t, New(fx.Env, ""), w, h).See("API Client").Press("enter").See("CONNECTION")
}

func TestGoldens(t *testing.T) {
	for _, size := range screentest.Sizes {
		t.Run(size.Name, func(t *testing.T) {
			fx := fixture(t)
			c := erp(t, fx, nil)
			blank(t, fx, size.W, size.H).Golden("empty-" + size.Name)
			d := blank(t, fx, size.W, size.H).Type("my client").Press("tab").Type("ftp://x").Press("ctrl+s")
			d.Noticed("not saved").Golden("errors-" + size.Name)
			d = screentest.Drive(t, New(fx.Env, c.ID), size.W, size.H).See("erp")
			d.Press("tab", "ctrl+u").Type("https://evil.example.net/api").See("Client secret, X-API-").Golden("moved-" + size.Name)
			d.Focus("save")
			d.Golden("moved-end-" + size.Name)
		})
	}
}

func TestCreateFromTheKeyboard(t *testing.T) {
	fx := fixture(t)
	d := blank(t, fx, 80, 19)
	d.Type("djust-erp").Press("tab").Type("https://erp.example.com/api").Press("enter")
	d.Press("tab", "tab", "tab", "tab") // protected, timeout, TLS, method
	d.See("Access token URL *").Type("https://erp.example.com/oauth2/token")
	d.Press("down", "down").Type("hub").Press("down").Type("s3cret-canary")
	if v := d.View(); strings.Contains(v, "canary") {
		t.Fatalf("the secret shows:\n%s", v)
	}
	d.Focus("header.add")
	d.Press("enter").Type("X-API-Key").Press("tab").Type("key-canary")
	d.See("[x] secret")
	d.Press("ctrl+s").Noticed("Created djust-erp")
	d.Until("the pop", func() bool { return d.Popped })
	saved, ok := d.Result.(clients.Saved)
	c := saved.Client
	if !ok || c.Name != "djust-erp" || c.Auth.ClientSecret.Reveal() != "s3cret-canary" || c.Auth.ClientID != "hub" ||
		c.Auth.TokenURL != "https://erp.example.com/oauth2/token" || len(c.Headers) != 1 || !c.Headers[0].Secret ||
		c.Headers[0].Value.Reveal() != "key-canary" {
		t.Fatalf("saved %+v", d.Result)
	}
	if strings.Contains(d.View(), "canary") {
		t.Fatal("a secret shows")
	}
}

func TestMessagesWaitUntilAFieldIsLeft(t *testing.T) {
	d := blank(t, fixture(t), 80, 19).Type("my c")
	if strings.Contains(d.View(), "✗") {
		t.Fatalf("a message while the first characters are typed:\n%s", d.View())
	}
	d.Press("tab").See("it cannot hold a space").Press("shift+tab", "backspace", "backspace").Gone("it cannot hold a space")
}

func TestEditKeepsSecretsThatAreNotTypedOver(t *testing.T) {
	fx := fixture(t)
	c := erp(t, fx, nil)
	d := edit(t, fx, c).See("•••••••• (stored)")
	if d.Screen.(*Form).Unsaved() != "" {
		t.Fatal("an edit begins with changes")
	}
	d.Focus("audience")
	d.Type("urn:x").Press("ctrl+s").Noticed("Saved erp")
	got := stored(t, fx, c.ID)
	if got.Auth.Audience != "urn:x" || got.Auth.ClientSecret.Reveal() != "secret-canary" || got.Headers[0].Value.Reveal() != "key-canary" {
		t.Fatalf("stored %+v", got)
	}
	if len(got.Auth.Params) != 1 || len(got.Auth.Scopes) != 2 || got.Headers[1].Value.Reveal() != "de" {
		t.Fatalf("going through the form changed what was not touched: %+v", got)
	}
}

// CASES, Vault: a client's base URL moved to another origin → the stored secret is
// gone, never sent there.
func TestMovingTheOriginSaysAtOnceWhatIsCleared(t *testing.T) {
	fx := fixture(t)
	c := erp(t, fx, nil)
	d := edit(t, fx, c)
	d.Focus("base_url")
	d.Press("ctrl+u").Type("https://evil.example.net").See("Client secret, X-API-Key").See("(cleared: give it again)")
	d.Press("ctrl+s").Noticed("Saved erp: ")
	got := stored(t, fx, c.ID)
	if got.Auth.ClientSecret.IsSet() || got.Headers[0].Value.IsSet() {
		t.Fatal("a stored secret went along to another origin")
	}
	again := edit(t, fx, got)
	again.See("missing: nothing is sent until it is given")
}

func TestClearingAStoredSecretOnPurpose(t *testing.T) {
	fx := fixture(t)
	c := erp(t, fx, func(d *clients.Draft) { d.Username, d.Password = "u", clients.Set("pw-canary") })
	d := edit(t, fx, c)
	d.Focus("password")
	d.See("kept as it is").Press("delete").See("(cleared on saving)").Press("delete").See("kept as it is").Press("delete")
	d.Focus("username")
	d.Press("ctrl+u", "ctrl+s").Noticed("Saved erp")
	if got := stored(t, fx, c.ID); got.Auth.Password.IsSet() || got.Auth.Grant != model.GrantClientCredentials {
		t.Fatalf("stored %+v", got.Auth)
	}
}

func TestTheNameOfAnotherClientIsSaidAtTheField(t *testing.T) {
	fx := fixture(t)
	erp(t, fx, nil)
	d := blank(t, fx, 80, 40).Type("ERP").Press("tab").Type("https://a.example.com")
	d.Focus("auth")
	d.Press("left", "ctrl+s").See(`the name "ERP" is taken`)
	if f := d.Screen.(*Form); f.Focus != "name" || f.in.baseURL.Value() != "https://a.example.com" || d.Popped {
		t.Fatalf("focus on %s, base URL %q", f.Focus, f.in.baseURL.Value())
	}
	d.Type("2").Gone("is taken").Press("ctrl+s").Noticed("Created ERP2")
}

// Nothing typed is lost on a conflict: CASES, Store: two operators edit one record.
func TestConflictKeepsWhatWasTypedAndTakesTheirs(t *testing.T) {
	fx := fixture(t)
	c := erp(t, fx, nil)
	d := edit(t, fx, c)
	d.Focus("client_id")
	d.Press("ctrl+u").Type("mine")
	d.Focus("client_secret")
	d.Type("typed-canary")

	theirs := clients.DraftOf(c)
	theirs.ClientID, theirs.Audience = "theirs", "urn:theirs"
	theirs.Headers = append(theirs.Headers, clients.HeaderDraft{Name: "X-New", Value: clients.Set("1")})
	if _, err := fx.Hub.Clients.Update(fx.As("bob"), fx.Hub.Space, c.ID, theirs, ""); err != nil {
		t.Fatal(err)
	}
	d.Send(screen.Changed{})
	d.See("bob saved this client meanwhile").Press("ctrl+s").See("Changed by somebody else meanwhile")
	if got := stored(t, fx, c.ID); got.Auth.ClientID != "theirs" {
		t.Fatal("a conflict overwrote the other change")
	}
	d.Press("e").See(`"erp" was changed by bob`).See("mine") // keep editing
	d.Press("ctrl+s").See("Changed by somebody else").Press("r").See("yours is kept; theirs: theirs").See("urn:theirs").See("X-New")
	d.Press("ctrl+s").Noticed("Saved erp")
	got := stored(t, fx, c.ID)
	if got.Auth.ClientID != "mine" || got.Auth.ClientSecret.Reveal() != "typed-canary" || got.Auth.Audience != "urn:theirs" ||
		len(got.Headers) != 3 || got.Headers[0].Value.Reveal() != "key-canary" {
		t.Fatalf("stored %+v", got)
	}
}

func TestDeletedMeanwhileCanBecomeANewClient(t *testing.T) {
	fx := fixture(t)
	c := erp(t, fx, nil)
	d := edit(t, fx, c)
	d.Focus("audience")
	d.Type("urn:x")
	if err := fx.Hub.Clients.Delete(fx.Env.Ctx, fx.Hub.Space, c.ID, "erp"); err != nil {
		t.Fatal(err)
	}
	d.Press("ctrl+s").See("was deleted meanwhile").Press("n").See("OAuth 2.0 needs the client secret").See("urn:x")
	f := d.Screen.(*Form)
	if f.Focus != "client_secret" || f.Unsaved() == "" {
		t.Fatalf("focus on %s", f.Focus)
	}
	d.Type("again-canary").Press("ctrl+s").See("the value of X-API-Key is needed").Press("tab").Type("key-canary")
	d.Press("ctrl+s").Noticed("Created erp")
}

// Nothing typed is lost on a failed save.
func TestAFailedSaveKeepsTheForm(t *testing.T) {
	fx := fixture(t)
	ctx, cancel := context.WithCancel(fx.Env.Ctx)
	env := fx.Env
	env.Ctx = ctx
	d := screentest.Drive(t, New(env, ""), 80, 40).Press("enter").Type("a").Press("tab").Type("https://a.example.com")
	d.Focus("auth")
	d.Press("left")
	cancel() // the store refuses what is cancelled
	d.Press("ctrl+s").Noticed("not saved: interrupted").See("✗ interrupted").See("https://a.example.com")
	if d.Popped || d.Screen.(*Form).Unsaved() != "the new client" {
		t.Fatal("a failed save left the form")
	}
}

func TestAProtectedClientAsksForItsName(t *testing.T) {
	fx := fixture(t)
	c := erp(t, fx, func(d *clients.Draft) { d.Protected = true })
	d := edit(t, fx, c)
	d.Focus("audience")
	d.Type("urn:x").Press("ctrl+s").See("erp is protected").Press("esc")
	if got := stored(t, fx, c.ID); got.Auth.Audience != "" {
		t.Fatal("saved without the name")
	}
	d.Press("ctrl+s").See("erp is protected").Type("erp").Press("enter").Noticed("Saved erp")
	if got := stored(t, fx, c.ID); got.Auth.Audience != "urn:x" {
		t.Fatal("not saved with the name")
	}
}

func TestTakingTheSecretMarkOffShowsNothingStored(t *testing.T) {
	fx := fixture(t)
	c := erp(t, fx, nil)
	d := edit(t, fx, c)
	f := d.Screen.(*Form)
	d.Focus(f.in.headers[0].id + ".secret")
	d.Press("space").See("the stored value stays secret")
	if e := f.draft().Headers[0]; e.Secret || e.Value.Keep {
		t.Fatalf("an unmarked header keeps its stored value: %+v", e)
	}
	d.Press("space").See("•••••••• (stored)")
}
