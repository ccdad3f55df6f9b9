package syncing

import (
	"net/url"
	"testing"
	"time"

	"ferry/model"
)

// Sync: a cursor. The first run reads all, the next ones what changed since the last good one.
func TestSyncSince(t *testing.T) {
	k := newKit(t)
	k.transfer.Sync.Detect, k.transfer.Read.SinceParam, k.transfer.Sync.Deletes = model.DetectSince, "since", false
	k.fill(12)
	for id := range k.feed.records {
		k.feed.changed[id] = k.now.Add(-time.Hour)
	}
	asked := func() string {
		q, _ := url.ParseQuery(k.feed.asked[0])
		return q.Get("since")
	}
	k.mustRun(12, 0, 0, 0, 0, 0)
	if got := asked(); got != "" {
		t.Errorf("first since %q", got)
	}
	began := k.now
	k.now = k.now.Add(10 * time.Minute)
	k.feed.set("p003", product(3, 1))
	k.feed.changed["p003"] = k.now.Add(-time.Minute)
	k.feed.asked = nil
	k.target.refuse = func(string, string, string) int { return 422 }
	k.mustRun(0, 0, 0, 0, 1, 0)
	if got, want := asked(), began.Add(-overlap).Format(time.RFC3339); got != want {
		t.Errorf("since %q, want %q", got, want)
	}
	// A run that left something to do moves nothing.
	k.target.refuse, k.feed.asked = nil, nil
	k.now = k.now.Add(time.Hour)
	k.mustRun(0, 1, 0, 0, 0, 0)
	if got, want := asked(), began.Add(-overlap).Format(time.RFC3339); got != want {
		t.Errorf("since %q, want %q", got, want)
	}
	k.equal()
	k.feed.asked = nil
	k.mustRun(0, 0, 0, 0, 0, 0)
	if got, want := asked(), k.now.Add(-overlap).Format(time.RFC3339); got != want {
		t.Errorf("since %q, want %q", got, want)
	}
	// An edited filter needs all of it.
	k.transfer.Shape, k.feed.asked = `. + {"more":1}`, nil
	k.mustRun(0, 12, 0, 0, 0, 0)
	if got := asked(); got != "" {
		t.Errorf("since %q", got)
	}
}

// Sync: ETag and If-None-Match. 304 is nothing to do, and deletes nothing.
func TestSyncModified(t *testing.T) {
	k := newKit(t)
	k.transfer.Sync.Detect = model.DetectModified
	k.transfer.Source.Query = []model.Param{{Name: "size", Value: "1000"}}
	k.fill(12)
	k.feed.etag = `"v1"`
	k.mustRun(12, 0, 0, 0, 0, 0)
	k.mustRun(0, 0, 0, 0, 0, 0)
	if len(k.target.records) != 12 {
		t.Error("deleted")
	}
	k.mustRun(0, 0, 0, 0, 0, 0)
	k.feed.drop("p001")
	k.feed.set("p002", product(2, 1))
	k.feed.etag = `"v2"`
	k.target.refuse = func(string, string, string) int { return 409 }
	k.mustRun(0, 0, 10, 0, 2, 0)
	k.target.refuse = nil
	k.mustRun(0, 1, 10, 1, 0, 0) // what was left is found again: the ETag was not kept
	k.equal()
	k.mustRun(0, 0, 0, 0, 0, 0)
}

// A run that wrote something and was cut off: the source goes back to what it was, and is
// read all the same.
func TestSyncModifiedAndBack(t *testing.T) {
	k := newKit(t)
	k.transfer.Sync.Detect, k.transfer.Source.Query = model.DetectModified, []model.Param{{Name: "size", Value: "1000"}}
	k.fill(3)
	k.feed.etag = `"v1"`
	k.mustRun(3, 0, 0, 0, 0, 0)
	k.feed.set("p000", product(0, 1))
	k.feed.set("p001", product(1, 1))
	k.feed.etag = `"v2"`
	writes := 0
	k.sink.before = func() error {
		k.mu.Lock()
		defer k.mu.Unlock()
		if writes++; writes > 1 {
			return model.Errorf(model.EDisabled, "disabled")
		}
		return nil
	}
	k.wantCode(k.run(), model.EDisabled, "disabled")
	k.sink.before = nil
	k.fill(3)
	k.feed.etag = `"v1"`
	k.mustRun(0, 1, 2, 0, 0, 0)
	k.equal()
}

// A source of several pages has one ETag for each: that of the first says nothing about the rest.
func TestSyncModifiedInPages(t *testing.T) {
	k := newKit(t)
	k.transfer.Sync.Detect = model.DetectModified
	k.fill(25)
	k.feed.etag = `"v1"`
	k.mustRun(25, 0, 0, 0, 0, 0)
	if len(k.progress.Notes) != 1 {
		t.Errorf("%v", k.progress.Notes)
	}
	k.feed.set("p024", product(24, 1))
	k.mustRun(0, 1, 24, 0, 0, 0)
	k.equal()
}

// Another target begins anew, and is asked for what it has.
func TestSyncAnotherTarget(t *testing.T) {
	k := newKit(t)
	k.fill(5)
	k.mustRun(5, 0, 0, 0, 0, 0)
	k.transfer.Target.Path = "/items/x-{id}"
	k.target.records["x-p001"] = product(1, 0)
	k.feed.drop("p004")
	k.mustRun(3, 0, 1, 0, 0, 0)
	if len(k.target.records) != 9 || len(k.brain.entries) != 4 || len(k.progress.Notes) != 1 {
		t.Errorf("%v %v", k.target.records, k.progress.Notes)
	}
}
