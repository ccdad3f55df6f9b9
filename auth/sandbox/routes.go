package sandbox

import (
	"net/http"

	"ferry/auth/authority"
	"ferry/model"
)

// system is everything behind the port.
type system struct {
	url    string
	now    model.Clock
	tokens *tokens
	stats  *counters

	trouble  *trouble
	products *feed[product]
	mirror   *feed[product]
	prices   *feed[price]
}

func newSystem(url string, o Options, stats *counters) (*system, error) {
	t, err := newTokens(url, o)
	if err != nil {
		return nil, err
	}
	return &system{
		url: url, now: o.Now, tokens: t, stats: stats, trouble: newTrouble(o.Flaky),
		products: newProducts(), mirror: newMirror(), prices: newPrices(),
	}, nil
}

// routes is the one table of what answers where.
func (s *system) routes() http.Handler {
	mux := http.NewServeMux()
	token := func(route string, h http.Handler) {
		mux.Handle(route, count(counter(s.stats.tokens, route), h))
	}
	call := func(route string, h http.Handler) {
		mux.Handle(pattern(route), count(counter(s.stats.calls, route), h))
	}

	token(hrToken, hrEndpoint(s.tokens))
	token(analyticsToken, analyticsEndpoint(s.tokens))
	token(erpToken, erpEndpoint(s.tokens))

	// What feeds answer can be made to fail; what leads to them cannot.
	feeds := func(route string, h http.Handler) { call(route, s.trouble.wrap(h)) }

	feeds("/restApi/dvinciUsers", s.bearer(hrRealm, get(s.users)))
	feeds("/restApi/dvinciUsers/", s.bearer(hrRealm, get(s.users)))

	// The whole tree goes to the service, which tells what it lacks from what is wrong.
	feed := s.bearer(hrRealm, postings(s.url))
	for _, route := range []string{odataPath + "/JobPostings", odataPath + "/$metadata"} {
		feeds(route, feed)
	}
	mux.Handle(odataPath+"/", count(counter(s.stats.calls, odataPath+"/"), feed))

	feeds("/data-api/v1/orders", s.bearer(ordersRealm, get(orders)))
	call(analyticsRevoke, analyticsRevocation(s.tokens))
	call(analyticsRealm+"/.well-known/openid-configuration", get(metadata(s.url)))
	call("/.well-known/oauth-authorization-server"+analyticsRealm, get(metadata(s.url)))
	call("/jwks", get(func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, authority.JWKS(s.tokens.signer)) }))

	feeds("/erp/products", apiKey(get(list(s, s.products))))
	feeds("/erp/products/{sku}", apiKey(newReplays().guard(item(s, s.products))))
	mirrored := newReplays()
	feeds("/erp/mirror", apiKey(mirrored.guard(collection(s, s.mirror))))
	feeds("/erp/mirror/{sku}", apiKey(mirrored.guard(item(s, s.mirror))))
	feeds("/erp/secure/prices", s.bearer(erpRealm, get(list(s, s.prices))))
	feeds("/erp/secure/prices/{sku}", s.bearer(erpRealm, newReplays().guard(item(s, s.prices))))

	call("/echo", http.HandlerFunc(echo))
	call("/slow", http.HandlerFunc(slow))
	call("/status/{code}", http.HandlerFunc(status))
	call("/redirect", http.HandlerFunc(redirect))
	mux.Handle("/", count(counter(s.stats.calls, "other"), http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusNotFound, "there is nothing here; `ferry sandbox` prints what there is")
		})))
	return mux
}

// pattern makes a route that ends in a slash match itself only.
func pattern(route string) string {
	if route[len(route)-1] == '/' {
		return route + "{$}"
	}
	return route
}

func count(n interface{ Add(int64) int64 }, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}
