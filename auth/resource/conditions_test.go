package resource

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"ferry/model"
)

func TestOfManyPatchesWithTheSameETagOneWins(t *testing.T) {
	k := adminKit(t)
	k.client(k.hub.Space, "erp")
	for path, bodies := range map[string][2]string{
		"/restApi/clients/erp":    {`{"audience":"a%d"}`, `{"state":"disabled"}`},
		"/restApi/apiUsers/admin": {`{"description":"d%d"}`, `{"description":"e%d"}`},
	} {
		tag := k.get("admin", path).want(t, http.StatusOK).Header.Get("ETag")
		statuses := make([]int, 12)
		var wg sync.WaitGroup
		for i := range statuses {
			wg.Go(func() {
				body := bodies[i%2]
				if strings.Contains(body, "%d") {
					body = fmt.Sprintf(body, i)
				}
				statuses[i] = k.do("admin", "PATCH", path, body, "If-Match: "+tag).StatusCode
			})
		}
		wg.Wait()
		won := 0
		for _, s := range statuses {
			if s == http.StatusOK {
				won++
			} else if s != http.StatusPreconditionFailed {
				t.Errorf("%s: status %d", path, s)
			}
		}
		if won != 1 {
			t.Errorf("%s: %d won", path, won)
		}
		// Without If-Match each is applied to what is there.
		for i := range statuses {
			wg.Go(func() {
				statuses[i] = k.do("admin", "PATCH", path, fmt.Sprintf(bodies[0], i)).StatusCode
			})
		}
		wg.Wait()
		for _, s := range statuses {
			if s != http.StatusOK {
				t.Errorf("%s without If-Match: %d", path, s)
			}
		}
	}
}

func TestPreconditions(t *testing.T) {
	k := adminKit(t)
	k.client(k.hub.Space, "erp")
	for header, status := range map[string]int{
		`If-Match: "9"`:      http.StatusPreconditionFailed,
		`If-Match: W/"1"`:    http.StatusBadRequest,
		`If-Match: 1`:        http.StatusBadRequest,
		`If-Match: "1`:       http.StatusBadRequest,
		`If-Match: "9", "8"`: http.StatusPreconditionFailed,
		`If-Match: "9", "1"`: http.StatusOK,
		`If-Match: *`:        http.StatusOK,
		`If-None-Match: *`:   http.StatusPreconditionFailed,
	} {
		k.do("admin", "PATCH", "/restApi/clients/erp", `{"protected":false}`, header).want(t, status)
	}
}

func TestProtectedRecordsAskForTheirName(t *testing.T) {
	k := adminKit(t)
	k.client(k.hub.Space, "erp")
	k.do("admin", "PATCH", "/restApi/clients/erp", `{"protected":true}`).want(t, http.StatusOK)
	before := k.sequence()
	for _, body := range []string{`{"state":"disabled"}`, `{"protected":false}`, `{"name":"x","state":"disabled"}`} {
		for _, confirm := range []string{"", "?confirm=wrong"} {
			p := k.do("admin", "PATCH", "/restApi/clients/erp"+confirm, body).want(t, http.StatusForbidden).problem(t)
			if p.Code != model.EProtected || strings.Contains(p.Next+p.Detail, "--confirm") || p.Next == "" {
				t.Errorf("%+v", p)
			}
		}
	}
	if k.sequence() != before {
		t.Error("something changed")
	}
	got := k.do("admin", "PATCH", "/restApi/clients/erp?confirm=erp", `{"name":"erp2","state":"disabled"}`).want(t, http.StatusOK)
	if got.member(t, "name") != "erp2" || got.member(t, "state") != "disabled" {
		t.Errorf("%s", got.body)
	}
}

func TestAProtectedSpaceAsksForANameWithEveryChange(t *testing.T) {
	k := adminKit(t)
	k.client(k.hub.Space, "erp")
	k.do("admin", "PATCH", "/restApi/spaces/default", `{"protected":true}`).want(t, http.StatusOK)
	before := k.sequence()
	changes := []struct{ method, path, body, name string }{
		{"POST", "/restApi/clients", `{"name":"pim","base_url":"https://pim.example.com","state":"disabled"}`, "default"},
		{"POST", "/restApi/apiUsers", `{"username":"robot","state":"disabled"}`, "default"},
		{"POST", "/restApi/keys", `{"user":"admin"}`, "admin"},
		{"PATCH", "/restApi/clients/erp", `{"timeout":"9s","state":"disabled"}`, "erp"},
		{"PATCH", "/restApi/apiUsers/admin", `{"description":"x"}`, "admin"},
		{"DELETE", "/restApi/clients/erp", "", "erp"},
		{"PATCH", "/restApi/spaces/default", `{"protected":false}`, "default"},
	}
	for _, c := range changes {
		k.do("admin", c.method, c.path, c.body).want(t, http.StatusForbidden)
		k.do("admin", c.method, c.path+"?confirm=wrong", c.body).want(t, http.StatusForbidden)
	}
	if k.sequence() != before {
		t.Error("something changed")
	}
	for _, c := range changes {
		if got := k.do("admin", c.method, c.path+"?confirm="+c.name, c.body); got.StatusCode >= 300 {
			t.Errorf("%s %s: %d %s", c.method, c.path, got.StatusCode, got.body)
		}
	}
}

func TestMethodsAndMediaTypes(t *testing.T) {
	k := adminKit(t)
	k.client(k.hub.Space, "erp")
	allow := k.do("", "OPTIONS", "/restApi/clients/erp", "").want(t, http.StatusNoContent).Header.Get("Allow")
	if allow != "DELETE, GET, HEAD, OPTIONS, PATCH, PUT" {
		t.Errorf("Allow %s", allow)
	}
	if got := k.do("admin", "POST", "/restApi/clients/erp", "{}").want(t, http.StatusMethodNotAllowed); got.Header.Get("Allow") != allow {
		t.Errorf("Allow %s", got.Header.Get("Allow"))
	}
	head := k.do("admin", "HEAD", "/restApi/clients/erp", "").want(t, http.StatusOK)
	if len(head.body) > 0 || head.Header.Get("ETag") != `"1"` || head.Header.Get("Cache-Control") != "no-store" || head.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v", head.Header)
	}
	k.get("admin", "/restApi/clients", "Accept: text/html").want(t, http.StatusNotAcceptable)
	k.get("admin", "/restApi/clients", "Accept: application/json;q=0").want(t, http.StatusNotAcceptable)
	for _, ok := range []string{"*/*", "application/*;q=0.1", "text/html, application/json", ""} {
		k.get("admin", "/restApi/clients", "Accept: "+ok).want(t, http.StatusOK)
	}
	k.get("admin", "/restApi/apiUsers/", "Content-Type: application/json").want(t, http.StatusOK)
	k.get("admin", "/restApi/nothing").want(t, http.StatusNotFound)
	k.get("admin", "/restApi/clients/erp/more").want(t, http.StatusNotFound)
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "application/merge-patch+json", ""} {
		k.do("admin", "POST", "/restApi/clients", "{}", "Content-Type: "+media).want(t, http.StatusUnsupportedMediaType)
	}
	k.do("admin", "POST", "/restApi/clients", "{}", "Content-Encoding: gzip").want(t, http.StatusUnsupportedMediaType)
	k.get("admin", "/restApi/clients/"+url.PathEscape("../x")).want(t, http.StatusNotFound)
}
