package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

const aProduct = `{"name":"Oak Shelf","category":"Shelf","price":19.9,"currency":"EUR","stock":3}`

func TestProductsAreWritten(t *testing.T) {
	b := start(t)
	key := b.auth("erp")
	const path = "/erp/products/new-1"
	b.do("GET", path, "", key...).want(t, 404)
	b.do("DELETE", path, "", key...).want(t, 404)
	b.do("POST", path, aProduct, key...).want(t, 201)
	b.do("POST", path, aProduct, key...).want(t, 409)
	var got product
	b.do("GET", path, "", key...).want(t, 200).decode(t, &got)
	if got.SKU != "new-1" || got.Price != 19.9 || got.UpdatedAt != "2026-03-01T12:00:00Z" {
		t.Errorf("%+v", got)
	}
	b.do("PUT", path, strings.Replace(aProduct, "19.9", "21", 1), key...).want(t, 200).decode(t, &got)
	if got.Price != 21 {
		t.Errorf("%+v", got)
	}
	if a := b.do("GET", "/erp/products?page=10001&size=1", "", key...); !strings.Contains(string(a.body), `"sku":"new-1"`) ||
		a.Header.Get("X-Total-Count") != fmt.Sprint(Records+1) {
		t.Errorf("the new one is not last: %s %s", a.Header.Get("X-Total-Count"), a.body)
	}
	b.do("DELETE", path, "", key...).want(t, 204)
	b.do("GET", path, "", key...).want(t, 404)
	b.do("PUT", path, aProduct, key...).want(t, 201)
	if got := b.do("PATCH", path, aProduct, key...).want(t, 405).Header.Get("Allow"); got != "DELETE, GET, HEAD, POST, PUT" {
		t.Errorf("Allow %q", got)
	}
	b.do("POST", "/erp/products", aProduct, key...).want(t, 405)
	b.do("PUT", path, aProduct).want(t, 401)
}

func TestPricesAreWrittenWithATokenOnly(t *testing.T) {
	b := start(t)
	auth := b.auth("erp-secure")
	const path, body = "/erp/secure/prices/new-1", `{"sku":"new-1","amount":1.5,"currency":"CHF","valid_from":"2026-02-01"}`
	b.do("POST", path, body).want(t, 401)
	b.do("POST", path, body, b.auth("erp")...).want(t, 401)
	b.do("POST", path, body, auth...).want(t, 201)
	b.do("PUT", path, body, auth...).want(t, 200)
	if a := b.do("GET", path, "", auth...).want(t, 200); strings.TrimSpace(string(a.body)) != body {
		t.Errorf("%s", a.body)
	}
	b.do("DELETE", path, "", auth...).want(t, 204)
	b.do("GET", path, "", auth...).want(t, 404)
}

func TestBadRecordsAreRefused(t *testing.T) {
	b := start(t)
	key, auth := b.auth("erp"), b.auth("erp-secure")
	for body, status := range map[string]int{
		"": 400, "[]": 400, "null": 400, "{}": 400, "{": 400, aProduct + aProduct: 400,
		`{"name":"x","currency":"EUR","colour":"red"}`:              400,
		`{"name":"x","currency":"EUR","price":"1"}`:                 400,
		`{"name":"x","currency":"EUR","price":-1}`:                  400,
		`{"name":"x","currency":"XXX"}`:                             400,
		`{"name":"x","currency":"EUR","sku":"other"}`:               400,
		`{"name":"` + strings.Repeat("x", maxRecord) + `"}`:         413,
		`{"name":"x","currency":"EUR","price":1e400}`:               400,
		`{"name":"x","currency":"EUR","stock":9223372036854775808}`: 400,
		`{"amount":1,"currency":"EUR","valid_from":"2026-02-30"}`:   400, // unknown fields of a product
	} {
		a := b.do("PUT", "/erp/products/x", body, key...).want(t, status)
		if !json.Valid(a.body) || !strings.Contains(string(a.body), `"detail"`) {
			t.Errorf("%.60s: %s", body, a.body)
		}
	}
	b.do("PUT", "/erp/secure/prices/x", `{"amount":1,"currency":"EUR","valid_from":"2026-02-30"}`, auth...).want(t, 400)
	b.do("PUT", "/erp/products/"+strings.Repeat("x", 41), aProduct, key...).want(t, 400)
	b.do("PUT", "/erp/products/a%20b", aProduct, key...).want(t, 400)
}

func TestIdempotencyKey(t *testing.T) {
	b := start(t)
	key := append(b.auth("erp"), "Idempotency-Key: k1")
	first := b.do("POST", "/erp/products/n1", aProduct, key...).want(t, 201)
	again := b.do("POST", "/erp/products/n1", aProduct, key...).want(t, 201)
	if string(first.body) != string(again.body) || again.Header.Get("Idempotent-Replayed") != "true" || first.Header.Get("Idempotent-Replayed") != "" {
		t.Errorf("replayed %v %s, first %s", again.Header, again.body, first.body)
	}
	if first.Header.Get("Content-Type") != again.Header.Get("Content-Type") {
		t.Error("the replay has another content type")
	}
	b.do("POST", "/erp/products/n1", strings.Replace(aProduct, "3", "4", 1), key...).want(t, 422)
	b.do("POST", "/erp/products/n2", aProduct, key...).want(t, 422)
	b.do("PUT", "/erp/products/n1", aProduct, key...).want(t, 422)

	// a delete is replayed too, and a later one with a key of its own is done
	del := append(b.auth("erp"), "Idempotency-Key: k2")
	b.do("DELETE", "/erp/products/n1", "", del...).want(t, 204)
	b.do("DELETE", "/erp/products/n1", "", del...).want(t, 204)
	b.do("DELETE", "/erp/products/n1", "", append(b.auth("erp"), "Idempotency-Key: k3")...).want(t, 404)

	// a body that was refused leaves the key free for the mended one
	mend := append(b.auth("erp"), "Idempotency-Key: k4")
	b.do("POST", "/erp/products/n4", "{", mend...).want(t, 400)
	b.do("POST", "/erp/products/n4", aProduct, mend...).want(t, 201)

	// keys of one feed say nothing in the other
	price := `{"amount":1,"currency":"EUR","valid_from":"2026-02-01"}`
	b.do("POST", "/erp/secure/prices/n1", price, append(b.auth("erp-secure"), "Idempotency-Key: k1")...).want(t, 201)

	for _, bad := range [][]string{{"Idempotency-Key: "}, {"Idempotency-Key: " + strings.Repeat("k", 256)}, {"Idempotency-Key: a", "Idempotency-Key: b"}} {
		b.do("DELETE", "/erp/products/n4", "", append(b.auth("erp"), bad...)...).want(t, 400)
	}
	b.do("GET", "/erp/products/n4", "", append(b.auth("erp"), "Idempotency-Key: k1")...).want(t, 200)
}

func TestIdempotencyKeyUnderConcurrency(t *testing.T) {
	b := start(t)
	auth := b.auth("erp")
	for round := range 20 {
		headers := append([]string{fmt.Sprintf("Idempotency-Key: r%d", round)}, auth...)
		path := fmt.Sprintf("/erp/products/c%d", round)
		var wg sync.WaitGroup
		answers := make([]answer, 8)
		for i := range answers {
			wg.Go(func() { answers[i] = b.do("POST", path, aProduct, headers...) })
		}
		wg.Wait()
		fresh := 0
		for _, a := range answers {
			a.want(t, 201)
			if a.Header.Get("Idempotent-Replayed") == "" {
				fresh++
			}
			if string(a.body) != string(answers[0].body) {
				t.Errorf("answers differ: %s and %s", a.body, answers[0].body)
			}
		}
		if fresh != 1 {
			t.Errorf("the work was done %d times, want once", fresh)
		}
	}
}

// TestConcurrentWritersLoseNothing is for the race detector as much as for the count.
func TestConcurrentWritersLoseNothing(t *testing.T) {
	b := start(t)
	key := b.auth("erp")
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 10 {
				b.do(http.MethodPost, fmt.Sprintf("/erp/products/w%d-%d", w, i), aProduct, key...).want(t, 201)
				b.do(http.MethodGet, "/erp/products?page=11&size=1000", "", key...).want(t, 200)
			}
		})
	}
	wg.Wait()
	if got := b.do(http.MethodGet, "/erp/products?size=1", "", key...).Header.Get("X-Total-Count"); got != fmt.Sprint(Records+80) {
		t.Errorf("%s products, want %d", got, Records+80)
	}
}

func TestRememberedAnswersAreBounded(t *testing.T) {
	p := newReplays()
	for i := range maxReplays + 10 {
		if _, mine := p.claim(digest(fmt.Sprint(i)), digest("request")); !mine {
			t.Fatalf("key %d was taken", i)
		}
	}
	if len(p.byKey) != maxReplays || len(p.queue) != maxReplays {
		t.Errorf("%d answers are remembered, want %d", len(p.byKey), maxReplays)
	}
	if _, mine := p.claim(digest(fmt.Sprint(maxReplays)), digest("request")); mine {
		t.Error("a young key was forgotten")
	}
}
