package resource

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/model/transfers"
)

// moverKit has the clients erp and pim, and an API user "mover" that may do everything
// with transfers and call both.
func moverKit(t *testing.T) *kit {
	t.Helper()
	k := newKit(t)
	k.client(k.hub.Space, "erp")
	k.client(k.hub.Space, "pim")
	k.user(k.hub.Space, "mover", "transfers:view", "transfers:create", "transfers:edit", "transfers:delete", "transfers:run", "call:erp", "call:pim")
	return k
}

const goods = `{"name":"goods","source":{"client":"erp","path":"/products","query":["page=1","q=a=b"],"headers":["X-A: v"]},
	"target":{"client":"pim","path":"/items/{sku}"},"jq":"{sku,name}","read":{"paging":"link","first_page":0,"page_size":50},
	"write":{"parallel":8,"method":"PUT"},"sync":{"key":"sku","deletes":true,"max_deletes_percent":5,"schedule":"every 30s","webhook":true}}`

// Issue 5: the hub API of transfers, guarded like the rest.
func TestASyncIsCreatedReadReplacedPatchedAndDeleted(t *testing.T) {
	k := moverKit(t)
	made := k.do("mover", "POST", "/restApi/transfers", goods).want(t, http.StatusCreated)
	var v transfers.View
	made.into(t, &v)
	path := "/restApi/transfers/" + string(v.ID)
	if made.Header.Get("Location") != k.url+path || made.Header.Get("ETag") != `"1"` {
		t.Errorf("Location %s, ETag %s", made.Header.Get("Location"), made.Header.Get("ETag"))
	}
	got := fmt.Sprint(v.Kind, v.Name, *v.Source, *v.Target, v.JQ, v.Read.Paging, *v.Read.FirstPage, v.Read.PageSize, v.Write.Parallel, v.Write.Method, *v.Sync, v.Phase, v.CreatedBy)
	want := fmt.Sprint(model.KindSync, "goods", transfers.SideView{Client: "erp", Path: "/products", Query: []string{"page=1", "q=a=b"}, Headers: []string{"X-A: v"}},
		transfers.SideView{Client: "pim", Path: "/items/{sku}"}, "{sku,name}", model.PagingLink, 0, 50, 8, "PUT",
		transfers.SyncView{Key: "sku", Deletes: true, MaxDeletes: 5, Schedule: "every 30s", Webhook: "/hooks/" + string(v.ID)}, model.PhaseWaiting, "mover")
	if got != want {
		t.Errorf("made  %s\nasked %s", got, want)
	}
	// What was answered can be sent back, and changes nothing.
	for _, by := range []string{string(v.ID), "goods", "GOODS"} {
		shown := k.get("mover", "/restApi/transfers/"+by).want(t, http.StatusOK)
		back := k.do("mover", "PUT", path, string(shown.body), `If-Match: "1"`).want(t, http.StatusOK)
		if back.Header.Get("ETag") != `"1"` {
			t.Errorf("sending back what was answered made revision %s", back.Header.Get("ETag"))
		}
	}
	k.get("mover", path, `If-None-Match: "1"`).want(t, http.StatusOK) // how far it is changes without a new revision

	patched := k.do("mover", "PATCH", path, `{"name":"wares","jq":null,"read":{"page_size":null},"sync":{"webhook":false,"max_deletes_percent":7}}`,
		"Content-Type: application/merge-patch+json", `If-Match: "1"`).want(t, http.StatusOK)
	var p transfers.View
	patched.into(t, &p)
	if p.Name != "wares" || p.JQ != "" || p.Read.PageSize != 0 || p.Read.Paging != "link" || p.Sync.Webhook != "" || p.Sync.MaxDeletes != 7 || p.Sync.Schedule != "every 30s" || p.Revision != 2 {
		t.Errorf("patched: %+v %+v %+v", p, p.Read, p.Sync)
	}
	k.do("mover", "PATCH", path, `{"jq":".x"}`, `If-Match: "1"`).want(t, http.StatusPreconditionFailed)
	k.do("mover", "DELETE", path, "", `If-Match: "1"`).want(t, http.StatusPreconditionFailed)
	k.do("mover", "POST", "/restApi/transfers", strings.Replace(goods, "goods", "WARES", 1)).want(t, http.StatusConflict)
	k.do("mover", "DELETE", path, "", `If-Match: "2"`).want(t, http.StatusNoContent)
	k.get("mover", path).want(t, http.StatusNotFound)
	log, _, err := k.hub.Audit.List(k.ctx(), k.hub.Space, "", 3)
	if err != nil || log[0].Action != "transfer.delete" || log[0].Actor.User != "mover" || log[0].Actor.APIUser == "" {
		t.Errorf("audit %+v, %v", log[0], err)
	}
}

// Issue 5: nobody lets the hub call what it may not call itself.
func TestNobodyMakesASyncOfClientsThatItMayNotCall(t *testing.T) {
	k := moverKit(t)
	k.client(k.hub.Space, "payroll")
	k.user(k.hub.Space, "half", "transfers:view", "transfers:create", "transfers:edit", "call:erp")
	before := k.sequence()
	k.do("half", "POST", "/restApi/transfers", goods).want(t, http.StatusForbidden)
	k.do("mover", "POST", "/restApi/transfers", strings.Replace(goods, `"erp"`, `"payroll"`, 1)).want(t, http.StatusForbidden)
	if k.sequence() != before {
		t.Error("something was stored")
	}
	k.do("mover", "POST", "/restApi/transfers", goods).want(t, http.StatusCreated)
	before = k.sequence()
	// Neither by an edit that leads it elsewhere, nor by taking over one of somebody else.
	k.do("mover", "PATCH", "/restApi/transfers/goods", `{"source":{"client":"payroll"}}`).want(t, http.StatusForbidden)
	k.do("half", "PATCH", "/restApi/transfers/goods", `{"target":{"client":"erp"}}`).want(t, http.StatusForbidden)
	k.do("half", "PATCH", "/restApi/transfers/goods", `{"jq":".x"}`).want(t, http.StatusForbidden)
	if k.sequence() != before {
		t.Error("something was changed")
	}
}

func TestAProtectedTargetAsksForItsName(t *testing.T) {
	k := moverKit(t)
	pim, err := k.hub.Clients.ByName(k.ctx(), k.hub.Space, "pim")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.hub.Clients.SetProtected(k.ctx(), k.hub.Space, pim.ID, true, ""); err != nil {
		t.Fatal(err)
	}
	k.do("mover", "POST", "/restApi/transfers", goods).want(t, http.StatusForbidden)
	k.do("mover", "POST", "/restApi/transfers?confirm=erp", goods).want(t, http.StatusForbidden)
	made := k.do("mover", "POST", "/restApi/transfers?confirm=pim", goods).want(t, http.StatusCreated)
	if confirmed := made.member(t, "sync").(map[string]any)["confirmed"]; fmt.Sprint(confirmed) != "true" {
		t.Errorf("confirmed: %v", confirmed)
	}
	k.do("mover", "PATCH", "/restApi/transfers/goods", `{"jq":".x"}`).want(t, http.StatusForbidden)
	k.do("mover", "PATCH", "/restApi/transfers/goods?confirm=pim", `{"jq":".x"}`).want(t, http.StatusOK)
	k.do("mover", "DELETE", "/restApi/transfers/goods", "").want(t, http.StatusForbidden)
	k.do("mover", "DELETE", "/restApi/transfers/goods?confirm=goods", "").want(t, http.StatusNoContent)
}

// What cannot be is said with the member at fault.
func TestBadSyncsAreRefusedWithTheMemberAtFault(t *testing.T) {
	k := moverKit(t)
	change := func(old, now string) string { return strings.Replace(goods, old, now, 1) }
	for body, field := range map[string]string{
		change(`"parallel":8`, `"batch_field":"x"`): "write.batch_field", // the rule names a flag, the answer does not
		`{"name":"x"}`:                                                         "source",
		change(`"name":"goods"`, `"name":"a/b"`):                               "name",
		change(`"erp"`, `"nobody"`):                                            "source.client",
		change(`"pim"`, `"nobody"`):                                            "target.client",
		change(`"/products"`, `"https://evil.example.com/"`):                   "source.path",
		change(`"q=a=b"`, `"access_token=x"`):                                  "source.query",
		change(`"q=a=b"`, `"q"`):                                               "source.query",
		change(`"X-A: v"`, `"Authorization: Bearer x"`):                        "source.headers",
		change(`"X-A: v"`, `"X-A"`):                                            "source.headers",
		change(`"key":"sku"`, `"key":""`):                                      "sync.key",
		change(`"every 30s"`, `"now and then"`):                                "sync.schedule",
		change(`:5,`, `:101,`):                                                 "sync.max_deletes_percent",
		change(`"link"`, `"magic"`):                                            "read.paging",
		change(`"PUT"`, `"DELETE"`):                                            "write.method",
		change(`"jq"`, `"paused":true,"jq"`):                                   "paused",
		change(`"webhook":true`, `"webhook":true,"paused":true`):               "sync.paused",
		change(`"name"`, `"kind":"export","name"`):                             "kind",
		change(`"name"`, `"file":{"path":"/etc/passwd"},"name"`):               "file",
		change(`"name"`, `"phase":"done","progress":null,"revision":9,"name"`): "revision",
	} {
		p := k.do("mover", "POST", "/restApi/transfers", body).want(t, http.StatusBadRequest).problem(t)
		if p.Field != field {
			t.Errorf("%s\nfield %q, want %q: %s", body, p.Field, field, p.Detail)
		}
	}
	if got := k.get("mover", "/restApi/transfers").names(t, "name"); got != "" {
		t.Errorf("made: %s", got)
	}
}

// Exports and imports are seen, and neither made nor changed.
func TestExportsAreReadOnly(t *testing.T) {
	k := moverKit(t)
	k.mover.Play(modeltest.Fails(model.Errorf(model.EUpstream, "page 7 is no JSON"), model.Progress{Records: 600}))
	draft := transfers.Draft{Kind: model.KindExport, Source: transfers.Side{Client: "erp", Path: "/products"}, File: model.TransferFile{Path: "out.ndjson"}}
	s, err := k.hub.Transfers.Start(k.ctx(), k.hub.Space, draft, transfers.Options{})
	if model.CodeOf(err) != model.EUpstream {
		t.Fatal(err)
	}
	path := "/restApi/transfers/" + string(s.Transfer.ID)
	shown := k.get("mover", path).want(t, http.StatusOK)
	var v transfers.View
	shown.into(t, &v)
	if v.Kind != model.KindExport || v.Phase != model.PhaseFailed || v.Error == nil || v.Error.Code != model.EUpstream || v.Progress.Records != 600 || v.File == nil {
		t.Errorf("%s", shown.body)
	}
	k.do("mover", "PUT", path, goods).want(t, http.StatusConflict)
	k.do("mover", "PATCH", path, `{"jq":".x"}`).want(t, http.StatusConflict)
	k.do("mover", "POST", path+"/run", "").want(t, http.StatusNotFound)
	k.do("mover", "POST", "/hooks/"+string(s.Transfer.ID), "").want(t, http.StatusNotFound)
	if got := k.do("mover", "POST", path+"/cancel", "").want(t, http.StatusOK).member(t, "phase"); got != "cancelled" {
		t.Errorf("phase %v", got)
	}
	k.do("mover", "DELETE", path, "").want(t, http.StatusNoContent)
}

func TestTransfersAreListedInPagesAndFiltered(t *testing.T) {
	k := moverKit(t)
	for i := range 5 {
		k.sync(k.hub.Space, fmt.Sprint("s", i), "erp", "pim")
		time.Sleep(time.Millisecond) // ids of one millisecond are in no order
	}
	other := k.space("other")
	k.client(other, "erp")
	k.sync(other, "hidden", "erp", "erp")
	draft := transfers.Draft{Kind: model.KindExport, Source: transfers.Side{Client: "erp", Path: "/prices"}, File: model.TransferFile{Path: "out.ndjson"}}
	if _, err := k.hub.Transfers.Start(k.ctx(), k.hub.Space, draft, transfers.Options{}); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"?kind=sync": "s4 s3 s2 s1 s0", "?phase=waiting&q=S2": "s2", "?kind=import": "", "?q=prices": "", "?phase=done": "", "?kind=sync&phase=running": "",
	} {
		if got := k.get("mover", "/restApi/transfers"+query).want(t, http.StatusOK).names(t, "name"); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	if got := k.get("mover", "/restApi/transfers?phase=done").names(t, "kind"); got != "export" {
		t.Errorf("done: %s", got)
	}
	var all []string
	for path := "/restApi/transfers?kind=sync&limit=2"; path != ""; {
		a := k.get("mover", path).want(t, http.StatusOK)
		all = append(all, a.names(t, "name"))
		path, _ = a.member(t, "next").(string)
	}
	if got := strings.Join(all, "|"); got != "s4 s3|s2 s1|s0" {
		t.Errorf("pages %s", got)
	}
	for _, bad := range []string{"?kind=move", "?phase=asleep", "?colour=red", "?limit=0"} {
		k.get("mover", "/restApi/transfers"+bad).want(t, http.StatusBadRequest)
	}
	odata := "/odata/v4/Transfers?$filter=kind%20eq%20'sync'%20and%20source_client%20eq%20'erp'&$orderby=name&$top=2&$select=name,target_path,records"
	if a := k.get("mover", odata).want(t, http.StatusOK); a.names(t, "name") != "s0 s1" || a.names(t, "target_path") != "/products/{sku} /products/{sku}" {
		t.Errorf("OData: %s", a.body)
	}
}

func TestRunsAndErrorsAreListed(t *testing.T) {
	k := moverKit(t)
	id := k.sync(k.hub.Space, "goods", "erp", "pim").ID
	k.mover.Play(modeltest.Moves(model.Progress{Records: 3, Created: 1, Rejected: 2},
		model.TransferFault{At: time.Now(), Record: 3, Key: "c", Kind: model.FaultRejected, Status: 422, Reason: "no colour"},
		model.TransferFault{At: time.Now().Add(-time.Second), Record: 2, Key: "b", Kind: model.FaultConflict, Status: 412, Reason: "changed"}))
	for range 2 {
		if _, err := k.hub.Transfers.RunSync(k.ctx(), k.hub.Space, id, model.TriggerPerson, transfers.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	runs := k.get("mover", "/restApi/transfers/goods/runs?limit=1").want(t, http.StatusOK)
	if runs.names(t, "trigger") != "manual" || runs.member(t, "next") == nil || !strings.Contains(string(runs.body), `"rejected":2`) {
		t.Errorf("runs: %s", runs.body)
	}
	if next := k.get("mover", runs.member(t, "next").(string)).want(t, http.StatusOK); next.names(t, "trigger") != "manual" || next.member(t, "next") != nil {
		t.Errorf("runs: %s", next.body)
	}
	faults := k.get("mover", "/restApi/transfers/goods/errors?limit=1").want(t, http.StatusOK)
	if faults.names(t, "reason") != "no colour" || faults.member(t, "next") == nil {
		t.Errorf("errors: %s", faults.body)
	}
	if next := k.get("mover", faults.member(t, "next").(string)).want(t, http.StatusOK); next.names(t, "kind") != "conflict" {
		t.Errorf("errors: %s", next.body)
	}
	for _, path := range []string{"/restApi/transfers/nobody/runs", "/restApi/transfers/nobody/errors"} {
		k.get("mover", path).want(t, http.StatusNotFound)
	}
}

// Issue 5: a webhook, POST /hooks/{id}, with an API user's token and transfers:run.
func TestAWebhookAsksForARun(t *testing.T) {
	k := moverKit(t)
	id := k.sync(k.hub.Space, "goods", "erp", "pim").ID
	k.user(k.hub.Space, "hook", "transfers:run")
	k.user(k.hub.Space, "viewer", "transfers:view", "transfers:edit")
	k.user(k.space("other"), "stranger", "transfers:run")
	path := "/hooks/" + string(id)
	wish := func() (st model.TransferState) {
		t.Helper()
		if err := k.store.View(k.ctx(), func(tx model.Tx) (err error) {
			st, err = tx.Transfers().State(k.hub.Space.ID, id)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return st
	}
	k.do("", "POST", path, "").want401(t)
	k.do("viewer", "POST", path, "").want403(t)
	k.do("stranger", "POST", path, "").want(t, http.StatusNotFound)
	k.do("hook", "POST", "/hooks/nothing", "").want(t, http.StatusNotFound)
	k.do("hook", "GET", path, "").want(t, http.StatusMethodNotAllowed)
	if wish().Wish != model.WishNone {
		t.Fatal("somebody who may not has asked for a run")
	}
	a := k.do("hook", "POST", path+"?ref=main", `{"anything": [`, "Content-Type: text/plain").want(t, http.StatusAccepted)
	if a.member(t, "id") != string(id) || a.member(t, "phase") != "waiting" {
		t.Errorf("%s", a.body)
	}
	if st := wish(); st.Wish != model.WishRun || st.WishFor != model.TriggerWebhook || st.WishBy != "hook" {
		t.Errorf("asked for %+v", st)
	}
	k.do("hook", "POST", "/hooks/goods", "").want(t, http.StatusAccepted) // once more is the same run

	k.do("hook", "POST", "/restApi/transfers/goods/pause", "").want(t, http.StatusOK)
	k.do("hook", "POST", path, "").want(t, http.StatusConflict)
	k.do("hook", "POST", "/restApi/transfers/goods/run", "").want(t, http.StatusConflict)
	k.do("hook", "POST", "/restApi/transfers/goods/resume", "").want(t, http.StatusOK)
	k.do("mover", "PATCH", "/restApi/transfers/goods", `{"sync":{"webhook":false}}`).want(t, http.StatusOK)
	k.do("hook", "POST", path, "").want(t, http.StatusForbidden)
	if got := k.do("hook", "POST", "/restApi/transfers/goods/run", "").want(t, http.StatusAccepted).member(t, "name"); got != "goods" {
		t.Errorf("run answers %v", got)
	}
	k.do("hook", "POST", "/restApi/transfers/goods/run", "", `If-Match: "1"`).want(t, http.StatusPreconditionFailed)
}

// want401 and want403 are refusals of the guard, whose body is that of RFC 6750.
func (a answer) want401(t testing.TB) { a.refused(t, http.StatusUnauthorized) }
func (a answer) want403(t testing.TB) { a.refused(t, http.StatusForbidden) }

func (a answer) refused(t testing.TB, status int) {
	t.Helper()
	if a.StatusCode != status || !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer") {
		t.Errorf("%s %s: %d, %s", a.Request.Method, a.Request.URL, a.StatusCode, a.Header.Get("WWW-Authenticate"))
	}
}
