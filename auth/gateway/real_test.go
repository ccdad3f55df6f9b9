package gateway

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"ferry/auth/outbound"
	"ferry/auth/sandbox"
	"ferry/model"
	"ferry/model/clients"
	"ferry/model/keys"
)

// TestTheSystemsOfTheSandbox: real token endpoints, a real source of tokens, OAuth 2.0 and API
// key headers, through the whole.
func TestTheSystemsOfTheSandbox(t *testing.T) {
	box, err := sandbox.Start(context.Background(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	k := newKit(t)
	k.source.real = outbound.New(outbound.Options{Version: "test", Pool: k.pool})
	for _, c := range box.Clients() {
		d := clients.Draft{
			Name: c.Name, BaseURL: c.BaseURL, TokenURL: c.TokenURL, ClientID: c.ClientID, Username: c.Username,
			ClientSecret: clients.Set(c.ClientSecret), Password: clients.Set(c.Password), Send: model.ClientAuth(c.Send),
		}
		if c.TokenURL != "" {
			d.Method = model.AuthOAuth2
		}
		if c.Scope != "" {
			d.Scopes = []string{c.Scope}
		}
		k.clientOf(d, func(m *model.Client) {
			for name, value := range c.Headers {
				m.Headers = append(m.Headers, model.Header{Name: name, Value: model.NewSecret(value), Secret: true})
			}
		})
		for _, path := range c.Paths {
			a := k.ask("GET", "/gw/"+c.Name+path, nil)
			if a.StatusCode != http.StatusOK || a.body == "" {
				t.Errorf("%s %s: %d %s", c.Name, path, a.StatusCode, a.body)
			}
		}
	}
}

// TestAnAPIKeyMayStandForAToken: issue 6, "or an API key as Bearer when the user allows it".
func TestAnAPIKeyMayStandForAToken(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, nil)
	k.client("erp", up.URL, nil)
	key, err := k.hub.Keys.Generate(k.ctx(), k.hub.Space, k.user.ID, keys.Request{Label: "bearer"}, "")
	k.check(err)
	k.load()
	k.token = key.Text.Reveal()
	if a := k.ask("GET", "/gw/erp/", nil); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	k.check(k.store.Update(k.ctx(), func(tx model.Tx) error {
		u, err := tx.Users().Get(k.hub.Space.ID, k.user.ID)
		if err != nil {
			return err
		}
		u.BearerKeys = true
		return tx.Users().Put(u)
	}))
	k.load()
	if a := k.ask("GET", "/gw/erp/", nil); a.StatusCode != http.StatusOK {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if got := up.only(t).Header.Get("Authorization"); strings.Contains(got, "ferry_") || !strings.HasPrefix(got, "Bearer upstream-t0ken") {
		t.Error(got)
	}
	k.want(k.ask("GET", "/gw/erp/x?key="+k.token, nil), 400, "path_unclean")
}

// TestOneRenewalForManyRequests: issue 6, "token fetches ≤ one per expiry"; here the upstream
// takes a token back while 32 requests are under way.
func TestOneRenewalForManyRequests(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Millisecond) // as an upstream takes
		if r.Header.Get("Authorization") == "Bearer upstream-t0ken-1" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	k.client("erp", up.URL, nil)
	token := k.token
	answers := make(chan int, 32)
	for range cap(answers) {
		go func() {
			req, _ := http.NewRequest("GET", k.server.URL+"/gw/erp/", nil)
			req.Header.Set("Authorization", "Bearer "+token)
			resp, err := k.http.Do(req)
			if err != nil {
				answers <- 0
				return
			}
			_ = resp.Body.Close()
			answers <- resp.StatusCode
		}()
	}
	for range cap(answers) {
		if status := <-answers; status != http.StatusOK {
			t.Errorf("%d", status)
		}
	}
	if n := k.source.fetched.Load(); n != 2 {
		t.Errorf("%d tokens were fetched", n)
	}
}
