package syncing

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ferry/model"
)

// Sync: what changed is sent, and nothing else.
func TestSync(t *testing.T) {
	k := newKit(t)
	k.fill(25)
	k.mustRun(25, 0, 0, 0, 0, 0)
	k.equal()
	if k.progress.Records != 25 || k.progress.Pages == 0 {
		t.Errorf("%+v", k.progress)
	}
	k.target.sent = nil
	k.mustRun(0, 0, 25, 0, 0, 0)
	k.feed.set("p003", product(3, 1))
	k.feed.set("p100", product(100, 0))
	k.feed.set("p004", strings.Replace(product(4, 0), `"tags":["a","b"], "none":null`, `"none" : null,"tags":["\u0061","b"]`, 1))
	k.feed.drop("p024")
	k.mustRun(1, 1, 23, 1, 0, 0)
	k.equal()
	if slices.Sort(k.target.sent); !slices.Equal(k.target.sent, []string{"DELETE p024", "PUT p003", "PUT p100"}) {
		t.Errorf("sent %v", k.target.sent)
	}
}

// Sync: a target that has it all already is asked, and nothing is sent.
func TestSyncOfWhatIsThere(t *testing.T) {
	k := newKit(t)
	k.fill(12)
	for i := range 12 {
		k.target.records[fmt.Sprintf("p%03d", i)] = product(i, i/10)
	}
	k.mustRun(0, 2, 10, 0, 0, 0)
	k.equal()
}

func TestSyncShapes(t *testing.T) {
	k := newKit(t)
	k.fill(3)
	k.transfer.Shape = `select(.id != "p001") | {code: .id, cents: (.price.amount*100), more: {x: 1}}`
	k.transfer.Sync.Key, k.transfer.Target.Path = "code", "/items/{code}"
	k.mustRun(2, 0, 0, 0, 0, 0)
	if got := k.target.records["p002"]; canonical(got) != canonical(`{"code":"p002","cents":50,"more":{"x":1}}`) || len(k.target.records) != 2 {
		t.Errorf("%v", k.target.records)
	}
	k.transfer.Shape = `.id as $i | {code: ($i + "a"), v: 1}, {code: ($i + "b"), v: 2}`
	k.transfer.Sync.MaxDeletes = 100
	k.mustRun(6, 0, 0, 2, 0, 0)
	k.transfer.Shape = `.price | .amount / 0`
	k.mustRun(0, 0, 0, 0, 3, 0)
	if len(k.target.records) != 6 || !strings.Contains(k.faults[0].Reason, "jq") {
		t.Errorf("%v %v", k.target.records, k.faults)
	}
}

// Sync: a key that is missing, or there twice, is a fault; the first record counts, and
// nothing is deleted while records cannot be told apart.
func TestSyncKeys(t *testing.T) {
	k := newKit(t)
	k.fill(12)
	k.mustRun(12, 0, 0, 0, 0, 0)
	k.feed.drop("p000")
	k.feed.order = []string{product(3, 9), `{"name":"x"}`, `{"id":null}`, `{"id":{"a":1}}`, `{"id":""}`, `7`, `{"id":"` + strings.Repeat("k", 1025) + `"}`, `{"id":".."}`, `{"id":"a/b\u202e"}`}
	k.mustRun(1, 0, 11, 0, 8, 0)
	if canonical(k.target.records["p003"]) != canonical(product(3, 0)) || k.target.records["p000"] == "" || len(k.progress.Notes) != 1 {
		t.Errorf("%v %v", k.target.records["p003"], k.progress.Notes)
	}
	if k.target.records["a/b\u202e"] == "" {
		t.Errorf("%v", k.target.records)
	}
	for _, f := range k.faults {
		if f.Kind != model.FaultRejected || f.Record == 0 || f.Reason == "" || f.At.IsZero() || len(f.Reason) > 400 || len(f.Key) > 400 {
			t.Errorf("%+v", f)
		}
	}
	k.feed.order = nil
	k.feed.drop("p001")
	k.transfer.Sync.MaxDeletes = 30
	k.mustRun(0, 0, 10, 3, 0, 0)
}

// Sync: more deletions than were allowed stop the run before the first.
func TestSyncGuardsDeletes(t *testing.T) {
	k := newKit(t)
	k.fill(20)
	k.mustRun(20, 0, 0, 0, 0, 0)
	for i := range 5 {
		k.feed.drop(fmt.Sprintf("p%03d", i))
	}
	k.feed.set("p010", product(10, 1))
	err := k.run()
	k.wantCode(err, model.EConflict, "5 of 20 records are gone from the source, more than the 20 per cent")
	if !strings.Contains(model.AsError(err).Next, "--max-deletes 25 ") {
		t.Error(model.AsError(err).Next)
	}
	k.counts(0, 1, 14, 0, 0, 0)
	if len(k.target.records) != 20 {
		t.Error("something was deleted")
	}
	k.transfer.Sync.MaxDeletes = 25
	k.mustRun(0, 0, 15, 5, 0, 0)
	k.equal()
	k.transfer.Sync.Deletes = false
	k.feed.drop("p019")
	k.mustRun(0, 0, 14, 0, 0, 0)
	k.transfer.Sync.Deletes = true
	k.mustRun(0, 0, 14, 1, 0, 0)
	k.equal()
}

// Sync: a source that is empty, gone or broken deletes nothing.
func TestSyncSourceFails(t *testing.T) {
	k := newKit(t)
	k.fill(15)
	k.mustRun(15, 0, 0, 0, 0, 0)
	write := func(status int, contentType, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			fmt.Fprint(w, body)
			return true
		}
	}
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"empty":      write(200, "application/json", "[]"),
		"empty too":  write(200, "application/json", `{"value":[]}`),
		"not found":  write(404, "application/json", `[]`),
		"forbidden":  write(403, "application/json", `{"error":"no"}`),
		"a page":     write(200, "text/html", "<!doctype html><p>log in</p>"),
		"an object":  write(200, "application/json", `{"error":"down for maintenance"}`),
		"no content": write(204, "", ""),
		"cut off":    write(200, "application/json", `[{"id":"p000"},{"id":`),
		"half": func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Get("page") != "2" {
				return false
			}
			return write(400, "text/plain", "no")(w, r)
		},
	} {
		k.feed.answer = answer
		if err := k.run(); err == nil && name != "no content" {
			t.Errorf("%s: no error", name)
		}
		if k.progress.Deleted != 0 || len(k.target.records) != 15 || k.target.methods["DELETE"] != 0 {
			t.Fatalf("%s: %+v", name, k.progress)
		}
	}
	k.feed.answer = nil
	k.feed.set("p001", product(1, 2))
	if err := k.run(); err != nil {
		t.Fatal(err)
	}
	k.equal()
}

// Sync: what somebody changed at the target is a conflict, and is overwritten only when told.
func TestSyncConflicts(t *testing.T) {
	k := newKit(t)
	k.target.etags = true
	k.fill(10)
	k.mustRun(10, 0, 0, 0, 0, 0)
	k.target.edit("p001", `{"id":"p001","name":"theirs"}`)
	k.feed.set("p001", product(1, 1))
	k.feed.set("p002", product(2, 1))
	k.mustRun(0, 1, 8, 0, 0, 1)
	if f := k.faults[0]; f.Kind != model.FaultConflict || f.Key != "p001" || !strings.Contains(f.Reason, "somebody changed it") || k.target.records["p001"] != `{"id":"p001","name":"theirs"}` {
		t.Fatalf("%+v", k.faults)
	}
	k.target.methods = map[string]int{}
	k.mustRun(0, 0, 9, 0, 0, 1)
	if len(k.target.methods) != 0 {
		t.Errorf("asked again: %v", k.target.methods)
	}
	k.feed.set("p001", product(1, 2)) // another change conflicts as well
	k.mustRun(0, 0, 9, 0, 0, 1)
	k.feed.drop("p001") // so does a deletion
	k.mustRun(0, 0, 9, 0, 0, 1)
	k.feed.set("p001", product(1, 3))
	k.transfer.Sync.Overwrite = true
	k.mustRun(0, 1, 9, 0, 0, 0)
	k.equal()
	k.transfer.Sync.Overwrite = false

	k.target.edit("p003", product(3, 5)) // somebody made the same change
	k.feed.set("p003", product(3, 5))
	k.mustRun(0, 0, 10, 0, 0, 0)
	delete(k.target.records, "p004") // and somebody deleted one
	k.feed.set("p004", product(4, 1))
	k.mustRun(0, 0, 9, 0, 0, 1)
	k.feed.drop("p005")
	k.target.edit("p005", "{}")
	k.mustRun(0, 0, 8, 0, 0, 2)
	k.transfer.Sync.Overwrite = true
	k.mustRun(1, 0, 8, 1, 0, 0)
	k.equal()
}

// An ETag that is weak never matches (RFC 9110 §13.1.1): that is no conflict.
func TestSyncWeakETags(t *testing.T) {
	k := newKit(t)
	k.target.etags, k.target.weak = true, true
	k.fill(5)
	k.mustRun(5, 0, 0, 0, 0, 0)
	k.feed.set("p001", product(1, 1))
	k.feed.drop("p002")
	k.mustRun(0, 1, 3, 1, 0, 0)
	k.equal()
	k.feed.set("p001", product(1, 2))
	k.target.edit("p001", product(1, 7))
	k.mustRun(0, 0, 3, 0, 0, 1)
}

func TestSyncMethods(t *testing.T) {
	for _, method := range []string{"POST", "PATCH"} {
		k := newKit(t)
		k.transfer.Write.Method = method
		k.fill(4)
		k.mustRun(4, 0, 0, 0, 0, 0)
		k.feed.set("p001", product(1, 1))
		k.mustRun(0, 1, 3, 0, 0, 0)
		k.equal()
	}
	k := newKit(t)
	k.transfer.Write.Method, k.target.noPut = "PATCH", true
	k.fill(1)
	k.mustRun(0, 0, 0, 0, 1, 0)
	if f := k.faults[0]; f.Status != 405 {
		t.Errorf("%+v", f)
	}
}

// Sync: a record that is refused is kept with its reason, and the rest goes on.
func TestSyncRejected(t *testing.T) {
	k := newKit(t)
	k.fill(10)
	k.target.refuse = func(_, id string, _ string) int {
		if id == "p004" {
			return 422
		}
		return 0
	}
	k.mustRun(9, 0, 0, 0, 1, 0)
	f := k.faults[0]
	if f.Kind != model.FaultRejected || f.Status != 422 || f.Key != "p004" || f.Record != 5 || !strings.Contains(f.Reason, "422 Unprocessable Entity: the price is <U+001B>[31m negative") {
		t.Fatalf("%+v", f)
	}
	k.target.refuse = nil
	k.mustRun(1, 0, 9, 0, 0, 0)
	k.equal()
	k.transfer.Write.MaxRejects = 2
	k.target.refuse = func(string, string, string) int { return 400 }
	for i := range 9 {
		k.feed.set(fmt.Sprintf("p%03d", i), product(i, 1))
	}
	k.wantCode(k.run(), model.EUpstream, "more than 2 records were refused")
}

func TestCheck(t *testing.T) {
	base := newKit(t).transfer
	for _, tc := range []struct {
		field string
		edit  func(t *model.Transfer)
	}{
		{"", func(*model.Transfer) {}},
		{"", func(t *model.Transfer) { t.Sync.Schedule, t.Write.Method = "every 5m", "PATCH" }},
		{"", func(t *model.Transfer) { t.Target.Path, t.Sync.Deletes = "/shops/{shop}/items/{id}", false }},
		{"key", func(t *model.Transfer) { t.Sync.Key = "" }},
		{"jq", func(t *model.Transfer) { t.Shape = "{" }},
		{"schedule", func(t *model.Transfer) { t.Sync.Schedule = "every day" }},
		{"target_path", func(t *model.Transfer) { t.Target.Path = "/items" }},
		{"target_path", func(t *model.Transfer) { t.Target.Path = "" }},
		{"target_path", func(t *model.Transfer) { t.Target.Path = "/items/{sku}" }},
		{"target_path", func(t *model.Transfer) { t.Target.Path = "/shops/{shop}/items/{id}" }},
		{"max_deletes", func(t *model.Transfer) { t.Sync.MaxDeletes = 101 }},
		{"detect", func(t *model.Transfer) { t.Sync.Detect = "magic" }},
		{"since_param", func(t *model.Transfer) { t.Sync.Detect, t.Sync.Deletes = model.DetectSince, false }},
		{"deletes", func(t *model.Transfer) { t.Sync.Detect, t.Read.SinceParam = model.DetectSince, "since" }},
		{"deletes", func(t *model.Transfer) { t.Read.Limit = 5 }},
		{"method", func(t *model.Transfer) { t.Write.Method = "DELETE" }},
		{"parallel", func(t *model.Transfer) { t.Write.Parallel = 65 }},
		{"batch", func(t *model.Transfer) { t.Write.Batch = 10 }},
	} {
		x := base
		tc.edit(&x)
		err := newKit(t).engine.Check(&x)
		if tc.field == "" && err != nil || tc.field != "" && (model.CodeOf(err) != model.EInvalid || model.AsError(err).Fields[0].Field != tc.field) {
			t.Errorf("%s: %v", tc.field, err)
		}
	}
}
