//go:build e2e

package serve

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/keys"
)

// Rotation of key and of signing key under load: 200 requests/s for 20 s, the API key
// rotated with an overlap of 5 s and the signing key with a lead of 2 s in the middle. No
// request with what is valid is refused, and none with the old key is accepted after
// the overlap.
func TestRotationUnderLoad(t *testing.T) {
	const (
		rate    = 200
		during  = 20 * time.Second
		overlap = 5 * time.Second
		lead    = 2 * time.Second
	)
	k := newKit(t).start(nil)
	k.http.Transport.(*http.Transport).MaxIdleConnsPerHost = rate
	// The old key stops being used by the good clients some way into the overlap; a client
	// that was not told goes on with it, slowly enough not to be limited for its failures.
	var mu sync.Mutex
	good, old := k.key, k.key
	var rotated time.Time
	signers := map[string]int{}
	var tried, refused, afterwards, endedRight int
	var latencies []time.Duration

	current := func() keys.Issued { mu.Lock(); defer mu.Unlock(); return good }
	one := func() {
		at := time.Now()
		a, err := k.try(k.http, http.MethodPost, k.URL()+"/oauth2/token", grant(current()), formType)
		ok := err == nil && a.StatusCode == http.StatusOK
		var kid string
		if ok {
			token := tokenIn(a.body)
			kid = keyIDOf(t, token)
			b, err := k.try(k.http, http.MethodGet, k.URL()+"/restApi/apiUsers/", "", "Authorization: Bearer "+token)
			ok = err == nil && b.StatusCode == http.StatusOK
		}
		mu.Lock()
		defer mu.Unlock()
		tried += 2
		signers[kid]++
		latencies = append(latencies, time.Since(at))
		if !ok {
			refused++
		}
	}
	stale := func() {
		at := time.Now()
		a, err := k.try(k.http, http.MethodPost, k.URL()+"/oauth2/token", grant(old), formType)
		must(t, err)
		mu.Lock()
		defer mu.Unlock()
		tried++
		switch over := !rotated.IsZero() && at.After(rotated.Add(overlap)); {
		case !over && a.StatusCode != http.StatusOK && (rotated.IsZero() || time.Now().Before(rotated.Add(overlap))):
			refused++ // within the overlap both are valid
		case over && a.StatusCode == http.StatusOK:
			afterwards++
		case over:
			endedRight++
		}
	}

	var group sync.WaitGroup
	tick := time.NewTicker(2 * time.Second / rate) // each tick is two requests
	defer tick.Stop()
	began, n := time.Now(), 0
	for now := began; now.Sub(began) < during; now = <-tick.C {
		group.Go(one)
		if n++; n%300 == 0 || rotated.IsZero() && n%20 == 0 {
			group.Go(stale)
		}
		switch n {
		case 300: // 3 s
			fresh, _, err := k.desk.Keys.Rotate(k.ctx(), k.desk.Space, old.Key.ID, keys.Rotation{Overlap: overlap}, "")
			must(t, err)
			mu.Lock()
			rotated = time.Now()
			mu.Unlock()
			group.Go(func() { // the new key is handed out a second later
				time.Sleep(time.Second)
				mu.Lock()
				defer mu.Unlock()
				good = fresh
			})
		case 600: // 6 s
			_, err := k.desk.Serving.Rotate(k.ctx(), lead)
			must(t, err)
		}
	}
	group.Wait()
	took := time.Since(began)
	slices.Sort(latencies)
	t.Logf("%d requests in %v (%.0f/s), false refusals %d, accepted after the overlap %d, refused after it %d, signing keys %d, p50 %v, p99 %v",
		tried, took.Round(time.Millisecond), float64(tried)/took.Seconds(), refused, afterwards, endedRight, len(signers),
		latencies[len(latencies)/2].Round(10*time.Microsecond), latencies[len(latencies)*99/100].Round(10*time.Microsecond))
	if refused != 0 || afterwards != 0 {
		t.Errorf("%d false refusals, %d acceptances after the overlap", refused, afterwards)
	}
	if endedRight == 0 || len(signers) != 2 || signers[""] != 0 {
		t.Errorf("the rotations did not happen: %d refusals of the old key, signing keys %v", endedRight, fmt.Sprint(signers))
	}
	if got, err := k.desk.Keys.Get(k.ctx(), k.desk.Space, old.Key.ID); err != nil || got.State != model.KeyExpired {
		t.Errorf("the old key is %s: %v", got.State, err)
	}
}
