package apiusers_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/keys"
	"ferry/model/modeltest"
)

func many(n int, format string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(format, i)
	}
	return out
}

func TestADraftThatCannotBeIsRefusedByField(t *testing.T) {
	b := newBench(t)
	now := b.Clock.Now()
	for name, tc := range map[string]struct {
		field string
		edit  func(*apiusers.Draft)
	}{
		"no username":           {"username", func(d *apiusers.Draft) { d.Username = "" }},
		"long username":         {"username", func(d *apiusers.Draft) { d.Username = strings.Repeat("a", 65) }},
		"space in username":     {"username", func(d *apiusers.Draft) { d.Username = "a b" }},
		"umlaut in username":    {"username", func(d *apiusers.Draft) { d.Username = "ä" }},
		"dash first":            {"username", func(d *apiusers.Draft) { d.Username = "-rf" }},
		"dot":                   {"username", func(d *apiusers.Draft) { d.Username = "." }},
		"two dots":              {"username", func(d *apiusers.Draft) { d.Username = ".." }},
		"colon in username":     {"username", func(d *apiusers.Draft) { d.Username = "a:b" }},
		"newline in username":   {"username", func(d *apiusers.Draft) { d.Username = "a\n" }},
		"long description":      {"description", func(d *apiusers.Draft) { d.Description = strings.Repeat("ä", 257) }},
		"two lines":             {"description", func(d *apiusers.Draft) { d.Description = "a\nb" }},
		"bidi":                  {"description", func(d *apiusers.Draft) { d.Description = "a\u202eb" }},
		"escape":                {"description", func(d *apiusers.Draft) { d.Description = "\x1b[2J" }},
		"TTL too short":         {"ttl_minutes", func(d *apiusers.Draft) { d.TTL = time.Second }},
		"TTL in seconds":        {"ttl_minutes", func(d *apiusers.Draft) { d.TTL = 90 * time.Second }},
		"TTL too long":          {"ttl_minutes", func(d *apiusers.Draft) { d.TTL = model.MaxTTL + time.Minute }},
		"TTL negative":          {"ttl_minutes", func(d *apiusers.Draft) { d.TTL = -time.Minute }},
		"unknown permission":    {"permissions", func(d *apiusers.Draft) { d.Permissions = []string{"clients:view", "clients:rule"} }},
		"permission, odd case":  {"permissions", func(d *apiusers.Draft) { d.Permissions = []string{"apiusers:view"} }},
		"call without name":     {"permissions", func(d *apiusers.Draft) { d.Permissions = []string{"call:"} }},
		"call with odd name":    {"permissions", func(d *apiusers.Draft) { d.Permissions = []string{"call:a b"} }},
		"call of nobody":        {"permissions", func(d *apiusers.Draft) { d.Permissions = []string{"call:nobody"} }},
		"two in one":            {"permissions", func(d *apiusers.Draft) { d.Permissions = []string{"clients:view keys:view"} }},
		"too many permissions":  {"permissions", func(d *apiusers.Draft) { d.Permissions = many(501, "call:c%d") }},
		"empty permission":      {"permissions", func(d *apiusers.Draft) { d.Permissions = []string{""} }},
		"empty network":         {"from", func(d *apiusers.Draft) { d.Networks = []string{" "} }},
		"no network":            {"from", func(d *apiusers.Draft) { d.Networks = []string{"10.0.0.0/8", "example.com"} }},
		"network too narrow":    {"from", func(d *apiusers.Draft) { d.Networks = []string{"10.0.0.0/33"} }},
		"zone":                  {"from", func(d *apiusers.Draft) { d.Networks = []string{"fe80::1%eth0"} }},
		"zone of a network":     {"from", func(d *apiusers.Draft) { d.Networks = []string{"fe80::%eth0/64"} }},
		"more than mapped":      {"from", func(d *apiusers.Draft) { d.Networks = []string{"::ffff:10.0.0.0/95"} }},
		"octal":                 {"from", func(d *apiusers.Draft) { d.Networks = []string{"010.0.0.1"} }},
		"too many networks":     {"from", func(d *apiusers.Draft) { d.Networks = many(51, "10.0.%d.0/24") }},
		"expired":               {"expires_at", func(d *apiusers.Draft) { d.Expires = now }},
		"beyond a century":      {"expires_at", func(d *apiusers.Draft) { d.Expires = now.AddDate(101, 0, 0) }},
		"the end of all clocks": {"expires_at", func(d *apiusers.Draft) { d.Expires = time.Unix(1<<60, 0) }},
	} {
		t.Run(name, func(t *testing.T) {
			d := apiusers.Draft{Username: "robot"}
			tc.edit(&d)
			if r := apiusers.Check(d, b.Clock.Now); tc.field != "permissions" && (len(r.Problems) != 1 || r.Problems[0].Field != tc.field) {
				t.Errorf("the form says %v", r.Problems)
			}
			_, err := b.Users.Create(b.Ctx, b.Space, d, "")
			if msg := wantField(t, err, tc.field); model.Printable(msg) != msg || len(msg) > 200 {
				t.Errorf("it says %q", msg)
			}
		})
	}
	if rows, err := b.Users.List(b.Ctx, b.Space, nil); err != nil || len(rows) != 0 {
		t.Errorf("there are %d users, %v", len(rows), err)
	}
}

func TestEveryFieldAtFaultIsNamed(t *testing.T) {
	r := apiusers.Check(apiusers.Draft{
		Username: "a b", Description: "a\nb", TTL: 1, Permissions: []string{"x", "Clients:View"}, Networks: []string{"x"}, Expires: modeltest.Start,
	}, new(modeltest.Clock).Now)
	var fields []string
	for _, p := range r.Problems {
		fields = append(fields, p.Field)
	}
	if want := []string{"username", "description", "ttl_minutes", "permissions", "permissions", "from", "expires_at"}; !slices.Equal(fields, want) {
		t.Errorf("got %v, want %v", fields, want)
	}
	if msg := r.Problems[4].Message; !strings.Contains(msg, "it is written clients:view") {
		t.Errorf("it says %q", msg)
	}
	if r := apiusers.Check(apiusers.Draft{Username: "a", Expires: modeltest.Start}, nil); r.Err() != nil {
		t.Errorf("without a clock: %v", r.Err())
	}
}

func TestTheEdgesOfWhatCanBe(t *testing.T) {
	b := newBench(t)
	for i, d := range []apiusers.Draft{
		{Username: "a"},
		{Username: strings.Repeat("a", 64), Description: strings.Repeat("ä", 256)},
		{Username: "partner@example.com", TTL: model.MinTTL},
		{Username: "_A.b-c@", TTL: model.MaxTTL},
		{Username: "@", Expires: b.Clock.Now().Add(1)},
		{Username: "0", Networks: many(50, "10.0.%d.0/24"), Permissions: []string{" clients:view ", "clients:view"}},
	} {
		u, err := b.Users.Create(b.Ctx, b.Space, d, "")
		if err != nil {
			t.Errorf("%d: %v", i, err)
		}
		if d.Permissions != nil && !slices.Equal(u.Permissions, []model.Permission{"clients:view"}) {
			t.Errorf("the permissions are %q", u.Permissions)
		}
	}
}

func TestNetworksAreWrittenOneWay(t *testing.T) {
	b := newBench(t)
	u := b.create(t, apiusers.Draft{Username: "robot", Networks: []string{
		"10.1.2.3/8", " 10.0.0.0/8", "192.0.2.7", "192.0.2.7/32", "::ffff:192.0.2.7", "::ffff:10.9.0.0/104", "2001:db8::1/32", "2001:db8::5", "::/0", "0.0.0.0/0",
	}})
	want := []string{"10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "2001:db8::5", "::/0", "0.0.0.0/0"}
	view, err := b.Users.View(b.Ctx, b.Space, u)
	if err != nil || !slices.Equal(view.From, want) || !slices.Equal(b.draft(t, u).Networks, want) {
		t.Errorf("got %q, %v", view.From, err)
	}
	for addr, ok := range map[string]bool{"10.200.0.1": true, "::ffff:10.200.0.1": true, "11.0.0.1": false, "192.0.2.7": true, "2001:db9::1": false} {
		some := b.create(t, apiusers.Draft{Username: "some" + strings.Map(alnum, addr), Networks: want[:4]})
		if got := some.From(netip.MustParseAddr(addr)); got != ok {
			t.Errorf("from %s: %v", addr, got)
		}
	}
}

func alnum(r rune) rune {
	if r == ':' || r == '.' {
		return '-'
	}
	return r
}

// Whatever is typed is refused in words, or kept as a network that holds what was typed.
func TestAnyTextIsANetworkOrIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.StringMatching(`[0-9a-f:.]{1,20}(/[0-9]{1,3})?`), rapid.StringMatching(`(::ffff:)?[0-9]{1,3}(\.[0-9]{1,3}){3}(/[0-9]{1,3})?`), rapid.String(),
		).Draw(t, "text")
		r := apiusers.Check(apiusers.Draft{Username: "a", Networks: []string{text}}, nil)
		addr, err := netip.ParseAddr(strings.TrimSpace(text))
		if plain := err == nil && addr.Zone() == ""; plain && r.Err() != nil {
			t.Fatalf("%q is refused: %v", text, r.Err())
		}
		if err := r.Err(); err != nil && (model.Printable(err.Error()) != err.Error() || model.AsError(err).Field != "from") {
			t.Fatalf("it says %q", err)
		}
	})
}

func TestCallPermissionsFollowTheClient(t *testing.T) {
	b := newBench(t)
	erp, pim := b.client(t, b.Space, "erp"), b.client(t, b.Space, "pim")
	u := b.create(t, apiusers.Draft{Username: "robot", Permissions: []string{"call:ERP", "call:pim", "call:erp", "clients:view"}})
	if len(u.Permissions) != 3 {
		t.Errorf("the permissions are %q", u.Permissions)
	}
	scopes := func() []string {
		t.Helper()
		view, err := b.Users.View(b.Ctx, b.Space, u)
		rows, err2 := b.Users.List(b.Ctx, b.Space, nil)
		if err != nil || err2 != nil || !slices.Equal(rows[0].Scopes, view.Permissions) || !slices.Equal(b.draft(t, u).Permissions, view.Permissions) {
			t.Fatalf("view, list and draft differ: %v, %v, %v, %v", view.Permissions, rows[0].Scopes, err, err2)
		}
		return view.Permissions
	}
	if got := scopes(); !slices.Equal(got, []string{"call:erp", "call:pim", "clients:view"}) {
		t.Errorf("got %q", got)
	}
	c, err := b.Clients.Get(b.Ctx, b.Space, erp.ID)
	if err != nil {
		t.Fatal(err)
	}
	d := modeltest.NoAuth("sap", c.BaseURL)
	if _, err := b.Clients.Update(b.Ctx, b.Space, erp.ID, d, ""); err != nil {
		t.Fatal(err)
	}
	if got := scopes(); !slices.Equal(got, []string{"call:pim", "call:sap", "clients:view"}) {
		t.Errorf("after the client was renamed: %q", got)
	}
	if err := b.Clients.Delete(b.Ctx, b.Space, pim.ID, "pim"); err != nil {
		t.Fatal(err)
	}
	if got := scopes(); !slices.Equal(got, []string{"call:sap", "clients:view"}) {
		t.Errorf("after a client was deleted: %q", got)
	}
	if got := b.get(t, u.ID); len(got.Permissions) != 3 {
		t.Errorf("stored before the next save: %q", got.Permissions)
	}
	u, err = b.Users.SetState(b.Ctx, b.Space, u.ID, model.Disabled, "")
	if err != nil || slices.Contains(b.get(t, u.ID).Permissions, model.CallPermission(pim.ID)) || len(u.Permissions) != 2 {
		t.Errorf("saved with it again: %q, %v", u.Permissions, err)
	}
	if line := b.log(t)[0]; line != "user.disable robot r2 by alice [{state active disabled}]" {
		t.Errorf("the log says %q", line)
	}
}

// vault: a key that is pasted into a field that everybody may read is refused, and the
// refusal does not repeat it.
func TestWhatLooksLikeASecretIsKeptOut(t *testing.T) {
	b := newBench(t)
	u := b.create(t, apiusers.Draft{Username: "robot"})
	text := b.key(t, u.ID, keys.Request{}).Text.Reveal()
	for name, d := range map[string]apiusers.Draft{
		"username":    {Username: text},
		"description": {Username: "x", Description: "it is " + text},
		"permissions": {Username: "x", Permissions: []string{text}},
		"from":        {Username: "x", Networks: []string{text}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.Users.Create(b.Ctx, b.Space, d, "")
			if msg := wantField(t, err, name); strings.Contains(msg, text[:30]) || strings.Contains(msg, text[40:60]) {
				t.Errorf("it says %q", msg)
			}
		})
	}
	_, err := b.Users.ByName(b.Ctx, b.Space, text)
	if msg := wantCode(t, err, model.ENotFound); strings.Contains(msg, text[:30]) {
		t.Errorf("it says %q", msg)
	}
	_, err = b.Users.Update(b.Ctx, b.Space, u.ID, apiusers.Draft{Username: text[:60]}, "")
	wantField(t, err, "username")
}
