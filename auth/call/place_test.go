package call

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ferry/auth/wire"
	"ferry/auth/wire/wiretest"
	"ferry/model"
)

// places are where real APIs want the token.
var places = map[string]model.Place{
	"Authorization":          {},
	"Authorization, a word":  {Prefix: "Token"},
	"a header":               {Header: "x-auth"},
	"a header with a prefix": {Header: "X-Auth", Prefix: "Bearer"},
	"the query":              {Query: "access token"},
}

func placedClient(url, name string) model.Client {
	c := clientFor(url)
	c.Auth.Place = places[name]
	return c
}

func TestPlaceOfTheToken(t *testing.T) {
	want := map[string]struct{ header, value, query string }{
		"Authorization":          {"Authorization", "Bearer " + canaryToken, "a=b"},
		"Authorization, a word":  {"Authorization", "Token " + canaryToken, "a=b"},
		"a header":               {"X-Auth", canaryToken, "a=b"},
		"a header with a prefix": {"X-Auth", "Bearer " + canaryToken, "a=b"},
		"the query":              {"", "", "a=b&access+token=" + url.QueryEscape(canaryToken)},
	}
	for name, w := range want {
		t.Run(name, func(t *testing.T) {
			base, got := serve(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.RequestURI, r.Header) })
			resp, err := do(t, newCaller(t, wire.Limits{}), placedClient(base, name), model.Request{Path: "/x?a=b"})
			if err != nil {
				t.Fatal(err)
			}
			r := (*got)[0]
			_, query, _ := strings.Cut(r.uri, "?")
			if query != w.query || w.header != "" && r.header.Get(w.header) != w.value {
				t.Errorf("%s %v", r.uri, r.header)
			}
			if w.header != "Authorization" && r.header.Get("Authorization") != "" {
				t.Error("the token stands in Authorization too")
			}
			// The echo in the body is masked as well as URL and headers.
			wiretest.Leaks(t, "exchange", resp.Exchange, canaryToken)
			if !strings.Contains(resp.Exchange.URL+wiretest.Dump(resp.Exchange.RequestHeaders), model.Mask) {
				t.Error("the exchange does not show that a token was sent")
			}
		})
	}
}

func TestAParameterOfTheRequestsOwnStays(t *testing.T) {
	base, got := serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, path := range []string{"/x?access%20token=mine", "/x?access+token=mine"} {
		*got = nil
		if _, err := do(t, newCaller(t, wire.Limits{}), placedClient(base, "the query"), model.Request{Path: path}); err != nil || strings.Count((*got)[0].uri, "token") != 1 {
			t.Errorf("%s %v", (*got)[0].uri, err)
		}
	}
}

func TestPlacesThatCannotBe(t *testing.T) {
	base, got := serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, p := range []model.Place{{Header: "X A"}, {Header: "Host"}, {Header: "Content-Length"}, {Prefix: "a\r\nX-Evil: 1"}, {Query: "a\nb"}} {
		c := clientFor(base)
		c.Auth.Place = p
		if _, err := do(t, newCaller(t, wire.Limits{}), c, model.Request{Path: "/"}); model.CodeOf(err) != model.EInvalid {
			t.Errorf("%+v: %v", p, err)
		}
	}
	if len(*got) != 0 {
		t.Errorf("%d requests were sent", len(*got))
	}
}

// CASES: the API answers 302 to another host or port → the token does not follow, in no
// place, even when the server repeats the query that held it.
func TestNoPlaceFollowsARedirectToAnotherOrigin(t *testing.T) {
	for name := range places {
		for _, repeats := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " ", repeats), func(t *testing.T) {
				other := stranger(t, func(c *wiretest.Conn) {
					if c.Request.URL.Query().Get("page") != "2" {
						t.Errorf("the query was lost: %s", c.Request.RequestURI)
					}
					fine(c)
				})
				base, got := serve(t, func(w http.ResponseWriter, r *http.Request) {
					to := other.URL("/take?page=2")
					if repeats {
						to += "&" + r.URL.RawQuery + "&again=" + url.PathEscape(r.URL.Query().Get("access token"))
					}
					w.Header().Set("Location", to)
					w.WriteHeader(http.StatusFound)
				})
				resp, err := get(t, placedClient(base, name), "GET", "")
				if err != nil || resp.Status != 200 || other.Count() != 1 || len(*got) != 1 {
					t.Errorf("status %d, %d there, %d here, %v", resp.Status, other.Count(), len(*got), err)
				}
			})
		}
	}
}

func TestATokenInThePathOfARedirectIsNotFollowed(t *testing.T) {
	other := stranger(t, fine)
	base, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", other.URL("/t/"+url.PathEscape(r.URL.Query().Get("access token"))+"/x"))
		w.WriteHeader(http.StatusFound)
	})
	resp, err := get(t, placedClient(base, "the query"), "GET", "")
	if model.CodeOf(err) != model.EUpstream || !strings.Contains(err.Error(), "with the access token in the URL") || other.Count() != 0 || resp.Status != 302 {
		t.Errorf("%d there, %v", other.Count(), err)
	}
}

func TestEveryPlaceStaysOnTheSameOrigin(t *testing.T) {
	for name := range places {
		base, got := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/start" {
				http.Redirect(w, r, "/there", http.StatusFound)
			}
		})
		if _, err := get(t, placedClient(base, name), "GET", ""); err != nil || len(*got) != 2 {
			t.Fatalf("%d requests, %v", len(*got), err)
		}
		r := (*got)[1]
		if uri, _ := url.QueryUnescape(r.uri); !strings.Contains(uri+wiretest.Dump(r.header), canaryToken) {
			t.Errorf("%s: the token is not there: %s %v", name, r.uri, r.header)
		}
	}
}

// The client certificate and the user agent do not follow either, and a certificate that is
// not checked is checked again where a redirect leads away.
func TestNothingOfTheTransportFollowsARedirect(t *testing.T) {
	ca := wiretest.NewCA(t)
	cert, key := ca.IssueClient(t, nil)
	var came []string
	other := wiretest.NewRaw(t, &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, nil)}, ClientAuth: tls.RequestClientCert}, func(c *wiretest.Conn) {
		n := len(c.Conn.(*tls.Conn).ConnectionState().PeerCertificates)
		came = append(came, fmt.Sprint(n, " ", c.Request.UserAgent()))
		fine(c)
	})
	home := wiretest.NewRaw(t, &tls.Config{Certificates: []tls.Certificate{wiretest.SelfSigned(t)}, ClientAuth: tls.RequestClientCert}, func(c *wiretest.Conn) {
		n := len(c.Conn.(*tls.Conn).ConnectionState().PeerCertificates)
		came = append(came, fmt.Sprint(n, " ", c.Request.UserAgent()))
		c.Say(302, "Location: https://"+other.Host+"/\r\n", "")
	})
	c := clientFor("https://" + home.Host)
	c.TLS = model.TLS{CAPEM: ca.PEM, CertPEM: cert, KeyPEM: model.NewSecret(key), Insecure: true}
	c.Transport.UserAgent = "hub/2"
	// Even an origin of the client's own is another one for a redirect.
	c.Auth.TokenURL = "https://" + other.Host + "/token"
	resp, err := do(t, newCaller(t, wire.Limits{}), c, model.Request{Path: "/"})
	if err != nil || fmt.Sprint(came) != "[1 hub/2 0 ferry/1.2.3]" {
		t.Errorf("%q, %v", came, err)
	}
	if notes := fmt.Sprint(resp.Exchange.Notes); strings.Count(notes, "certificate not checked; the certificate is self-signed") != 1 {
		t.Errorf("what was not checked on the way is not said: %s", notes)
	}
	c.TLS.CAPEM = ""
	if _, err := do(t, newCaller(t, wire.Limits{}), c, model.Request{Path: "/"}); model.CodeOf(err) != model.EUnreachable || !strings.Contains(err.Error(), "not trusted") {
		t.Errorf("the certificate there was not checked: %v", err)
	}
}
