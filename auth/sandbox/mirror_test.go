package sandbox

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ferry/model"
)

func TestTheMirrorIsEmptyAndTakesRecords(t *testing.T) {
	b := start(t)
	key := b.auth("erp")
	if a := b.do("GET", "/erp/mirror", "", key...).want(t, 200); strings.TrimSpace(string(a.body)) != "[]" || a.Header.Get("X-Total-Count") != "0" {
		t.Errorf("it begins with %s", a.body)
	}
	record := strings.Replace(aProduct, "{", `{"sku":"m1",`, 1)
	if a := b.do("POST", "/erp/mirror", record, key...).want(t, 201); a.Header.Get("Location") != b.URL()+"/erp/mirror/m1" {
		t.Errorf("Location %q", a.Header.Get("Location"))
	}
	b.do("POST", "/erp/mirror", record, key...).want(t, 409)
	b.do("POST", "/erp/mirror", aProduct, key...).want(t, 400) // no sku
	b.do("PUT", "/erp/mirror/m2", aProduct, key...).want(t, 201)
	batch := "[" + record + "," + strings.Replace(record, "m1", "m3", 1) + "," + strings.NewReplacer("m1", "m2", "19.9", "5").Replace(record) + "]"
	if a := b.do("POST", "/erp/mirror", batch, key...).want(t, 200); strings.TrimSpace(string(a.body)) != `{"created":1,"unchanged":1,"updated":1}` {
		t.Errorf("a batch: %s", a.body)
	}
	a := b.do("POST", "/erp/mirror", "["+strings.Replace(record, "m1", "m4", 1)+",{}]", key...).want(t, 400)
	if !strings.Contains(string(a.body), "record 2: ") {
		t.Errorf("a wrong batch: %s", a.body)
	}
	b.do("GET", "/erp/mirror/m4", "", key...).want(t, 404)
	b.do("DELETE", "/erp/mirror/m3", "", key...).want(t, 204)
	b.do("GET", "/erp/mirror", "").want(t, 401)

	got := b.Stats().Feeds["/erp/mirror"]
	want := FeedStats{Records: 2, Created: 3, Updated: 1, Unchanged: 1, Deleted: 1, Applied: map[string]int{"m1": 2, "m2": 2, "m3": 1}}
	if fmt.Sprint(got) != fmt.Sprint(want) || got.Writes() != 6 {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}

// What changes nothing leaves a record as it is: its time, its ETag, and that of the list.
func TestETagsAndConditions(t *testing.T) {
	b := start(t)
	key := b.auth("erp")
	with := func(header string) []string { return append(b.auth("erp"), header) }
	const path = "/erp/mirror/m1"
	b.do("PUT", path, aProduct, with("If-Match: *")...).want(t, 412)
	first := b.do("PUT", path, aProduct, with("If-None-Match: *")...).want(t, 201).Header.Get("ETag")
	b.do("PUT", path, aProduct, with("If-None-Match: *")...).want(t, 412)
	list := b.do("GET", "/erp/mirror", "", key...).want(t, 200).Header.Get("ETag")
	b.clock.add(time.Hour)
	if again := b.do("PUT", path, aProduct, key...).want(t, 200).Header.Get("ETag"); again != first || first == "" {
		t.Errorf("a write that changes nothing made %s of %s", again, first)
	}
	b.do("GET", path, "", with("If-None-Match: "+first)...).want(t, 304)
	b.do("GET", "/erp/mirror", "", with("If-None-Match: "+list)...).want(t, 304)

	changed := strings.Replace(aProduct, "19.9", "21", 1)
	second := b.do("PUT", path, changed, with("If-Match: "+first)...).want(t, 200).Header.Get("ETag")
	if second == first {
		t.Error("the ETag is the same after a change")
	}
	b.do("PUT", path, aProduct, with("If-Match: "+first)...).want(t, 412)
	b.do("DELETE", path, "", with("If-Match: "+first)...).want(t, 412)
	b.do("GET", path, "", with("If-None-Match: "+first)...).want(t, 200)
	if a := b.do("GET", "/erp/mirror", "", with("If-None-Match: "+list)...).want(t, 200); a.Header.Get("ETag") == list {
		t.Error("the list's ETag is the same after a change")
	}
	b.do("DELETE", path, "", with(`If-Match: "x", `+second)...).want(t, 204)
}

func TestWhatWasChangedSince(t *testing.T) {
	b := start(t)
	key := b.auth("erp")
	since := func(at time.Time) string { return url.QueryEscape(at.Format(time.RFC3339)) }
	if a := b.do("GET", "/erp/products?size=1&updatedSince="+since(b.clock.now()), "", key...).want(t, 200); a.Header.Get("X-Total-Count") != "0" {
		t.Errorf("%s were changed before anything was", a.Header.Get("X-Total-Count"))
	}
	for i := range 3 {
		b.do("PUT", fmt.Sprintf("/erp/products/P-%05d", 7000+i), aProduct, key...).want(t, 200)
		b.clock.add(time.Minute)
	}
	_, keys := b.walk("/erp/products?size=2&updatedSince="+since(b.clock.now().Add(-2*time.Minute)), "sku", key)
	if len(keys) != 2 || !keys["P-07001"] || !keys["P-07002"] {
		t.Errorf("changed since: %v", keys)
	}
	pages, keys := b.walk("/erp/products?size=1&updatedSince="+since(b.clock.now().Add(-time.Hour)), "sku", key)
	if len(keys) != 3 || pages != 3 {
		t.Errorf("%d pages by next links: %v", pages, keys)
	}
	if a := b.do("GET", "/erp/secure/prices?size=1&updatedSince="+since(epoch.Add(time.Second)), "", b.auth("erp-secure")...).want(t, 200); a.Header.Get("X-Total-Count") != "0" {
		t.Error("prices of before are told of")
	}
	b.do("GET", "/erp/products?updatedSince=yesterday", "", key...).want(t, 400)
}

// Each way to fail does what it says: what is not done is not, what is done is.
func TestFailuresOnDemand(t *testing.T) {
	b := start(t)
	key := b.auth("erp")
	b.http.Transport.(*http.Transport).DisableKeepAlives = true // else Go sends again what was cut off
	for i, tt := range []struct {
		kind   FailureKind
		status int // 0: cut off
		done   bool
	}{{FailUnavailable, 503, false}, {FailThrottled, 429, false}, {FailReset, 0, false}, {FailLate, 503, true}, {FailLost, 0, true}} {
		if err := b.Fail(Flaky{Share: 1, Below: "/erp/mirror", Kinds: []FailureKind{tt.kind}, RetryAfter: 2 * time.Second}); err != nil {
			t.Fatal(err)
		}
		path := fmt.Sprintf("/erp/mirror/f%d", i)
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPut, b.URL()+path, strings.NewReader(aProduct))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-API-Key", erpKey)
		resp, err := b.http.Do(req)
		switch {
		case tt.status == 0 && err == nil:
			t.Errorf("%s: status %d", tt.kind, resp.StatusCode)
			_ = resp.Body.Close()
		case tt.status != 0 && err != nil:
			t.Errorf("%s: %v", tt.kind, err)
		case err == nil:
			_ = resp.Body.Close()
			if resp.StatusCode != tt.status || resp.Header.Get("Retry-After") != "2" {
				t.Errorf("%s: status %d, Retry-After %q", tt.kind, resp.StatusCode, resp.Header.Get("Retry-After"))
			}
		}
		b.do("GET", "/erp/products/P-00001", "", key...).want(t, 200) // not below the path
		if err := b.Fail(Flaky{}); err != nil {
			t.Fatal(err)
		}
		if status := b.do("GET", path, "", key...).StatusCode; (status == 200) != tt.done {
			t.Errorf("%s: the record answers %d", tt.kind, status)
		}
		if b.Stats().Failed[tt.kind] != 1 {
			t.Errorf("%s: counted %v", tt.kind, b.Stats().Failed)
		}
	}
}

// A lost answer is told again for the same Idempotency-Key, and the work is done once.
func TestALostAnswerIsReplayed(t *testing.T) {
	b := start(t)
	headers := append(b.auth("erp"), "Idempotency-Key: k")
	if err := b.Fail(Flaky{Share: 1, Kinds: []FailureKind{FailLate}}); err != nil {
		t.Fatal(err)
	}
	b.do("PUT", "/erp/mirror/m1", aProduct, headers...).want(t, 503)
	if err := b.Fail(Flaky{}); err != nil {
		t.Fatal(err)
	}
	b.do("PUT", "/erp/mirror/m1", aProduct, headers...).want(t, 201)
	if got := b.Stats().Feeds["/erp/mirror"].Applied["m1"]; got != 1 {
		t.Errorf("it was done %d times", got)
	}
}

func TestAShareOfTheRequestsFails(t *testing.T) {
	run := func() (failed int) {
		b := start(t)
		if err := b.Fail(Flaky{Share: 0.2, Seed: 7, Kinds: []FailureKind{FailUnavailable, FailThrottled}}); err != nil {
			t.Fatal(err)
		}
		b.token("hr") // token endpoints never fail
		for range 300 {
			switch a := b.do("GET", "/erp/products/P-00001", "", b.auth("erp")...); {
			case a.StatusCode == 503 || a.StatusCode == 429:
				failed++
			case a.StatusCode != 200 || a.Header.Get("Retry-After") != "":
				t.Fatalf("status %d", a.StatusCode)
			}
		}
		return failed
	}
	first := run()
	if first < 30 || first > 90 || run() != first {
		t.Errorf("%d of 300 failed, and not the same again", first)
	}
	for _, share := range []float64{-0.1, 1.1, math.NaN()} {
		if _, err := Start(context.Background(), Options{Flaky: Flaky{Share: share}}); model.CodeOf(err) != model.EInvalid {
			t.Errorf("a share of %v: %v", share, err)
		}
	}
}
