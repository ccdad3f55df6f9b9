package serve

import (
	"context"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/keys"
)

// The whole way: a key gets a token, the token opens the API.
func TestTokenOpensTheAPI(t *testing.T) {
	k := newKit(t).start(nil)
	token := k.token()
	if got := k.call(token); got != http.StatusOK {
		t.Fatalf("the API answered %d to a fresh token", got)
	}
	if got := k.call("nonsense"); got != http.StatusUnauthorized {
		t.Fatalf("the API answered %d to nonsense", got)
	}
}

// CASES: revoked key, token, user, or disabled → refused within 1 s on this host. Each
// change is made through another store handle, as another process makes it.
func TestRefusedWithinASecond(t *testing.T) {
	k := newKit(t)
	ctx := k.ctx()
	users := map[string]model.APIUser{}
	secrets := map[string]keys.Issued{}
	for _, name := range []string{"key revoked", "user disabled", "user deleted"} {
		users[name] = k.newUser("u-" + strings.ReplaceAll(name, " ", "-"))
		secrets[name] = k.newKey(users[name])
	}
	k.start(nil)
	for name, end := range map[string]func(model.APIUser, model.ID) error{
		"key revoked": func(_ model.APIUser, key model.ID) error {
			_, err := k.desk.Keys.Revoke(ctx, k.desk.Space, key, 0, "")
			return err
		},
		"user disabled": func(u model.APIUser, _ model.ID) error {
			_, err := k.desk.Users.SetState(ctx, k.desk.Space, u.ID, model.Disabled, "")
			return err
		},
		"user deleted": func(u model.APIUser, _ model.ID) error {
			return k.desk.Users.Delete(ctx, k.desk.Space, u.ID, 0, u.Username)
		},
	} {
		u, key := users[name], secrets[name]
		status, token := k.ask(key)
		if got := k.call(token); status != http.StatusOK || got != http.StatusOK {
			t.Fatalf("%s: refused before: %d, %d", name, status, got)
		}
		must(t, end(u, key.Key.ID))
		took := until(t, time.Second, name+": token endpoint and API refuse", func() bool {
			status, _ := k.ask(key)
			return status == http.StatusUnauthorized && k.call(token) == http.StatusUnauthorized
		})
		t.Logf("%s: refused after %v", name, took.Round(time.Millisecond))
	}
}

// CASES: a restart does not revive it. A token that is revoked at the endpoint is refused
// from the answer on, and still is by the next server.
func TestRevokedTokenStaysRevoked(t *testing.T) {
	k := newKit(t).start(nil)
	kept, revoked := k.token(), k.token()
	form := "token=" + revoked + "&client_id=" + k.key.Username + "&client_secret=" + k.key.Text.Reveal()
	if a := k.do(http.MethodPost, "/oauth2/revoke", form, formType); a.StatusCode != http.StatusOK {
		t.Fatalf("revocation answered %d %s", a.StatusCode, a.body)
	}
	if got := k.call(revoked); got != http.StatusUnauthorized {
		t.Fatalf("a revoked token: %d", got)
	}
	listen := k.Server.listen
	must(t, k.Close())
	k.start(func(o *Options) { o.Config.Listen = listen }) // the issuer is where it listens
	if got := k.call(revoked); got != http.StatusUnauthorized {
		t.Fatalf("a restart revived a revoked token: %d", got)
	}
	if got := k.call(kept); got != http.StatusOK {
		t.Fatalf("a restart ended a token: %d", got)
	}
}

// Uses are written in batches, and all of them at Close.
func TestUsesAreWrittenAtClose(t *testing.T) {
	k := newKit(t).start(nil)
	for range 7 {
		k.token()
	}
	must(t, k.Close())
	got, err := k.desk.Keys.Get(k.ctx(), k.desk.Space, k.key.Key.ID)
	must(t, err)
	if got.Use.Count != 7 || got.Use.Addr != "127.0.0.1" || time.Since(got.Use.At) > time.Minute {
		t.Errorf("recorded %+v, want 7 tokens for 127.0.0.1 just now", got.Use)
	}
}

// A graceful stop loses no request: each that was begun was answered to its end.
func TestStopUnderLoadLosesNothing(t *testing.T) {
	k := newKit(t).start(func(o *Options) { o.limits = nil })
	k.token() // the connection works
	var whole, broken atomic.Uint64
	var group sync.WaitGroup
	stop := make(chan struct{})
	for range 8 {
		c := k.client()
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				a, err := k.try(c, http.MethodPost, k.URL()+"/oauth2/token", grant(k.key), formType)
				switch {
				case err == nil && a.StatusCode == http.StatusOK:
					whole.Add(1)
				case err == nil:
					t.Errorf("status %d: %s", a.StatusCode, a.body)
				default:
					broken.Add(1) // refused, or cut before it was read
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
	}
	until(t, 5*time.Second, "load", func() bool { return whole.Load() > 200 })
	must(t, k.Close())
	close(stop)
	group.Wait()
	answered := k.stats.tokens.Load() - 1
	if got := whole.Load(); got != answered {
		t.Errorf("%d tokens issued, %d answers arrived whole", answered, got)
	}
	if k.stats.requests.Load() != k.stats.tokens.Load() {
		t.Errorf("%d requests were begun, %d tokens issued", k.stats.requests.Load(), k.stats.tokens.Load())
	}
	t.Logf("%d answered, %d turned away after the stop began", whole.Load(), broken.Load())
}

// One store has one server with its admin socket; one that was killed is in nobody's way.
func TestSecondServer(t *testing.T) {
	k := newKit(t).start(nil)
	if _, err := Start(context.Background(), k.options()); model.CodeOf(err) != model.EBusy {
		t.Fatalf("a second server on the same socket: %v", err)
	}
	o := k.options()
	o.AdminSocket, o.Config.Listen = "", k.listen
	if _, err := Start(context.Background(), o); model.CodeOf(err) != model.EBusy {
		t.Fatalf("a second server on the same address: %v", err)
	}
	must(t, k.Close())
	must(t, k.Close()) // twice
	if _, err := os.Lstat(Socket(k.path)); !os.IsNotExist(err) {
		t.Errorf("the socket is still there: %v", err)
	}
}

// Behind a public URL it still says where it listens, with the port that it found.
func TestListenIsWhereItListens(t *testing.T) {
	k := newKit(t).start(func(o *Options) { o.Config.PublicURL = "https://hub.example.com" })
	if k.URL() != "https://hub.example.com" {
		t.Errorf("the URL is %s", k.URL())
	}
	a, err := k.try(k.http, http.MethodGet, "http://"+k.Listen()+"/oauth2/jwks", "")
	if err != nil || a.StatusCode != http.StatusOK || strings.HasSuffix(k.Listen(), ":0") {
		t.Errorf("it listens on %s: %v", k.Listen(), err)
	}
}

// The context ends the server as Close does.
func TestContextEndsIt(t *testing.T) {
	k := newKit(t)
	ctx, stop := context.WithCancel(context.Background())
	s, err := Start(ctx, k.options())
	must(t, err)
	stop()
	must(t, s.Wait())
	if _, err := os.Lstat(Socket(k.path)); !os.IsNotExist(err) {
		t.Errorf("the socket is still there: %v", err)
	}
}

// A server that cannot start gives back what it took.
func TestFailedStartLeavesNothing(t *testing.T) {
	k := newKit(t)
	o := k.options()
	o.Config.Listen = "192.0.2.1:1" // of nobody
	o.Config.PublicURL, o.Config.BehindProxy = "https://hub.example.com", prefixes("10.0.0.0/8")
	if _, err := Start(context.Background(), o); model.CodeOf(err) != model.EInvalid {
		t.Fatalf("an address of another host: %v", err)
	}
	if _, err := os.Lstat(Socket(k.path)); !os.IsNotExist(err) {
		t.Errorf("the socket is still there: %v", err)
	}
	o.Config.BehindProxy = nil
	if _, err := Start(context.Background(), o); model.CodeOf(err) != model.EInvalid {
		t.Fatalf("beyond loopback in clear: %v", err)
	}
}
