package gateway

import (
	"net/http"
	"strings"
	"testing"

	"ferry/model"
)

// TestWhoMayNotIsRefusedAndNothingIsSent: the order of the checks, each with its answer.
func TestWhoMayNotIsRefusedAndNothingIsSent(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, nil)
	k.client("erp", up.URL, nil)
	k.clientOf(noAuth("other", up.URL), nil)
	stranger := k.issue(k.newUser("stranger"), k.hub.Space)
	_, err := k.hub.Spaces.Create(k.ctx(), "eu", false)
	k.check(err)
	as := func(token string) func(*http.Request) {
		return func(r *http.Request) { r.Header["Authorization"] = []string{"Bearer " + token} }
	}
	for name, c := range map[string]struct {
		path   string
		edit   func(*http.Request)
		status int
		reason string
	}{
		"no token":               {"/gw/erp/x", func(r *http.Request) { r.Header.Del("Authorization") }, 401, "no_token"},
		"a token of nobody":      {"/gw/erp/x", as("abc"), 401, "invalid_token"},
		"a short credential":     {"/gw/erp/x", func(r *http.Request) { r.Header.Set("Authorization", "Basic x") }, 401, "no_token"},
		"two tokens":             {"/gw/erp/x", func(r *http.Request) { r.Header.Add("Authorization", "Bearer x") }, 400, "invalid_request"},
		"no permission":          {"/gw/erp/x", as(stranger), 403, "no_call_permission"},
		"no such client":         {"/gw/nothing/x", func(*http.Request) {}, 403, "no_call_permission"},
		"no client named":        {"/gw/", func(*http.Request) {}, 403, "no_call_permission"},
		"an escaped slash in it": {"/gw/erp%2Fx", func(*http.Request) {}, 403, "no_call_permission"},
		"another space":          {"/spaces/eu/gw/erp/x", func(*http.Request) {}, 403, "no_call_permission"},
		"no such space":          {"/spaces/nowhere/gw/erp/x", func(*http.Request) {}, 403, "no_call_permission"},
		"dots":                   {"/gw/erp/../x", func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/gw/erp/../x", "" }, 400, "path_unclean"},
		"escaped dots":           {"/gw/erp/%2e%2E/x", func(*http.Request) {}, 400, "path_unclean"},
		"empty segments":         {"/gw/erp//x", func(*http.Request) {}, 400, "path_unclean"},
		"an escaped slash":       {"/gw/erp/a%2fb", func(*http.Request) {}, 400, "path_unclean"},
		"TRACE":                  {"/gw/erp/x", func(r *http.Request) { r.Method = "TRACE" }, 403, "method_refused"},
		"the token in the query": {"/gw/erp/x?q=TOKEN", func(r *http.Request) { r.URL.RawQuery = "q=" + k.token }, 400, "path_unclean"},
		"access_token":           {"/gw/erp/x?access_token=1", func(*http.Request) {}, 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			a := k.ask("GET", c.path, nil, c.edit)
			k.want(a, c.status, c.reason)
			challenged := a.Header.Get("WWW-Authenticate")
			if c.status == 401 && !strings.HasPrefix(challenged, `Bearer realm="ferry"`) || c.status == 403 && c.reason == "no_call_permission" && !strings.Contains(challenged, "insufficient_scope") {
				t.Errorf("the challenge is %q", challenged)
			}
		})
	}
	unknown, forbidden := k.ask("GET", "/gw/nothing/x", nil), k.ask("GET", "/gw/erp/x", nil, as(stranger))
	cut := func(a answered) string { s, _, _ := strings.Cut(a.body, `"request_id"`); return s }
	if cut(unknown) != cut(forbidden) {
		t.Errorf("a name can be probed:\n%s\n%s", unknown.body, forbidden.body)
	}
	if len(up.requests()) != 0 {
		t.Error("something was sent")
	}
}

// TestATokenIsGoodInItsOwnSpace: /spaces/{space}/gw/{client}, space default included.
func TestATokenIsGoodInItsOwnSpace(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, nil)
	k.client("erp", up.URL+"/base", nil)
	if a := k.ask("GET", "/spaces/default/gw/ERP/x", nil); a.StatusCode != http.StatusOK {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if got := up.only(t).RequestURI; got != "/base/x" {
		t.Error(got)
	}
	eu, err := k.hub.Spaces.Create(k.ctx(), "eu", false)
	k.check(err)
	k.hub = k.hub.In(eu)
	k.user = model.APIUser{}
	old := k.token
	k.user = k.newUser("robot-eu")
	k.clientOf(noAuth("erp", up.URL), nil)
	if a := k.ask("GET", "/spaces/eu/gw/erp/", nil); a.StatusCode != http.StatusOK {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	k.want(k.ask("GET", "/gw/erp/", nil), 403, "no_call_permission")
	k.token = old
	k.want(k.ask("GET", "/spaces/eu/gw/erp/", nil), 403, "no_call_permission")
}

// TestADisabledClientOrUserIsRefusedAtOnce: issue 6.
func TestADisabledClientOrUserIsRefusedAtOnce(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, nil)
	c := k.client("erp", up.URL, nil)
	if a := k.ask("GET", "/gw/erp/", nil); a.StatusCode != 200 {
		t.Fatal(a.body)
	}
	k.edit(c.ID, func(c *model.Client) { c.State = model.Disabled })
	k.want(k.ask("GET", "/gw/erp/", nil), 403, "client_disabled")
	k.edit(c.ID, func(c *model.Client) { c.State = model.Active })
	eventually(t, "the client works again", func() bool { return k.ask("GET", "/gw/erp/", nil).StatusCode == 200 })
	k.check(k.store.Update(k.ctx(), func(tx model.Tx) error {
		u, err := tx.Users().Get(k.hub.Space.ID, k.user.ID)
		u.State = model.Disabled
		if err == nil {
			err = tx.Users().Put(u)
		}
		return err
	}))
	k.load()
	if a := k.ask("GET", "/gw/erp/", nil); a.StatusCode != 401 {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	// A client that was disabled since the picture was taken: the courier knows.
	k2 := newKit(t)
	c = k2.client("erp", up.URL, nil)
	was := k2.dir.Load()
	k2.edit(c.ID, func(c *model.Client) { c.State = model.Disabled })
	k2.dir.Store(was)
	k2.want(k2.ask("GET", "/gw/erp/", nil), 403, "client_disabled")
}

// TestAClientThatIsGoneTakesItsLaneAlong: couriers live as long as their client.
func TestAClientThatIsGoneTakesItsLaneAlong(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, nil)
	c := k.client("erp", up.URL, nil)
	k.ask("GET", "/gw/erp/", nil)
	lane := k.gw.lane(&k.hub.Space, &c)
	if got := k.gw.Traffic(); len(got) != 1 || got[0].Client != "erp" || got[0].Space != "default" || got[0].Requests != 1 {
		t.Errorf("%+v", got)
	}
	k.check(k.store.Update(k.ctx(), func(tx model.Tx) error { return tx.Clients().Delete(c.Space, c.ID) }))
	k.load()
	k.want(k.ask("GET", "/gw/erp/", nil), 403, "no_call_permission")
	if lane.ctx.Err() == nil || len(k.gw.Traffic()) != 0 || len(k.gw.lanes) != 0 {
		t.Error("the lane of a client that is gone is kept")
	}
}
