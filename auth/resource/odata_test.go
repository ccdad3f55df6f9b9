package resource

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ferry/model"
)

func TestODataListsOnlyWhatTheTokenMayView(t *testing.T) {
	k := newKit(t)
	k.user(k.hub.Space, "admin", all()...)
	k.user(k.hub.Space, "reader", "clients:view", "audit:view")
	for _, path := range []string{"/odata/v4", "/odata/v4/"} {
		if got := k.get("reader", path).want(t, http.StatusOK).names(t, "name"); got != "Clients Audit" {
			t.Errorf("%s: %s", path, got)
		}
	}
	if got := k.get("admin", "/odata/v4/").names(t, "name"); got != "Clients ApiUsers Keys Spaces Transfers Audit" {
		t.Errorf("%s", got)
	}
	meta := string(k.get("reader", "/odata/v4/$metadata").want(t, http.StatusOK).body)
	if !strings.Contains(meta, `EntitySet Name="Clients"`) || strings.Contains(meta, "ApiUser") {
		t.Errorf("%s", meta)
	}
	k.get("reader", "/odata/v4/$metadata", "Accept: application/json").want(t, http.StatusNotAcceptable)
	if got := k.get("reader", "/odata/v4/ApiUsers"); got.StatusCode != http.StatusForbidden {
		t.Errorf("%d", got.StatusCode)
	}
	k.get("reader", "/odata/v4/Nothing").want(t, http.StatusNotFound)
	k.get("reader", "/odata/v4/Clients(1)").want(t, http.StatusNotImplemented)
	if got := k.do("admin", "POST", "/odata/v4/Clients", "{}"); got.StatusCode != http.StatusMethodNotAllowed || got.Header.Get("Allow") == "" {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
}

func TestODataQueries(t *testing.T) {
	k := newKit(t)
	k.user(k.hub.Space, "admin", all()...)
	for i := range 5 {
		u := k.user(k.hub.Space, fmt.Sprintf("robot-%d", i), "clients:view")
		k.key(k.hub.Space, u, fmt.Sprintf("label-%d", i))
	}
	k.client(k.hub.Space, "erp")
	for path, want := range map[string]string{
		"/odata/v4/ApiUsers?$filter=startswith(username,'robot')&$orderby=username%20desc&$top=2":       "robot-4 robot-3",
		"/odata/v4/ApiUsers?$filter=keys%20eq%201&$orderby=username&$skip=3":                            "robot-3 robot-4",
		"/odata/v4/ApiUsers?$filter=contains(permissions,'audit:view')%20and%20state%20eq%20'active'":   "admin",
		"/odata/v4/ApiUsers?$filter=key_expires_at%20eq%20null%20and%20oauth2&$orderby=username&$top=1": "admin",
	} {
		if got := k.get("admin", path).want(t, http.StatusOK).names(t, "username"); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	var all []string
	for next := "/odata/v4/Keys?$select=label&$count=true"; next != ""; {
		got := k.get("admin", next, "Prefer: odata.maxpagesize=2").want(t, http.StatusOK)
		if got.member(t, "@odata.count") != 5.0 {
			t.Errorf("%s", got.body)
		}
		all = append(all, got.names(t, "label"))
		if next, _ = got.member(t, "@odata.nextLink").(string); next != "" && !strings.HasPrefix(next, k.url+"/odata/v4/Keys?") {
			t.Fatalf("next link %s", next)
		}
	}
	if got := strings.Join(all, "|"); got != "label-0 label-1|label-2 label-3|label-4" {
		t.Errorf("pages %s", got)
	}
	if got := k.get("admin", "/odata/v4/Clients").want(t, http.StatusOK); strings.Contains(string(got.body), canary) || got.names(t, "name") != "erp" {
		t.Errorf("%s", got.body)
	}
}

// The audit log is read as far as a page needs, and its pages hold while it grows.
func TestODataAuditIsNewestFirstAndHoldsWhileItGrows(t *testing.T) {
	k := newKit(t)
	k.user(k.hub.Space, "admin", all()...)
	for i := range 6 {
		k.user(k.hub.Space, fmt.Sprintf("robot-%d", i))
	}
	var got []string
	for next := "/odata/v4/Audit?$filter=action%20eq%20'user.create'%20and%20startswith(target,'robot')"; next != ""; {
		page := k.get("admin", next, "Prefer: odata.maxpagesize=2").want(t, http.StatusOK)
		got = append(got, page.names(t, "target"))
		next, _ = page.member(t, "@odata.nextLink").(string)
		k.user(k.hub.Space, "robot-new-"+fmt.Sprint(len(got)))
	}
	if want := "robot-5 robot-4|robot-3 robot-2|robot-1 robot-0"; strings.Join(got, "|") != want {
		t.Errorf("pages %v", got)
	}
}

func BenchmarkODataAudit(b *testing.B) {
	k := newKit(b)
	k.user(k.hub.Space, "admin", all()...)
	for n := 0; n < 20_000; n += 50 {
		if err := k.store.Update(k.ctx(), func(tx model.Tx) error {
			for range 50 {
				e := model.AuditEntry{ID: model.NewID(k.hub.Now()), At: k.hub.Now(), Action: "client.update", Space: "default", In: k.hub.Space.ID, Name: "erp"}
				if err := tx.Audit().Append(e); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	for _, path := range []string{"/odata/v4/Audit?$top=10", "/odata/v4/Audit?$top=10&$orderby=target,id&$count=true", "/restApi/audit?limit=10", "/restApi/audit?q=nobody"} {
		b.Run(path, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				k.get("admin", path).want(b, http.StatusOK)
			}
		})
	}
}
