package resource

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/model"
)

// pair makes a certificate and its key in PEM form, as JSON strings.
func pair(t *testing.T) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "hub"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, der []byte) string {
		b, err := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return text("CERTIFICATE", der), text("PRIVATE KEY", private)
}

// secretKey is what must never be answered of a key.
func secretKey(key string) string { return key[len(key)/2 : len(key)/2+40] }

func (k *kit) stored(name string) model.Client {
	k.t.Helper()
	c, err := k.hub.Clients.ByName(k.ctx(), k.hub.Space, name)
	if err != nil {
		k.t.Fatal(err)
	}
	return c
}

func TestAClientWithKeysPlaceAndTransportComesBackAsItWasRead(t *testing.T) {
	k := adminKit(t)
	cert, key := pair(t)
	k.do("admin", "POST", "/restApi/clients", `{"name":"erp","base_url":"https://erp.example.com","auth":"oauth2","client_id":"hub",
		"token_url":"https://erp.example.com/t","send":"key","key":`+key+`,"key_id":"k1","key_alg":"ES256","key_audience":"token_url",
		"resources":["https://a.example.com","urn:b"],"place":{"header":"X-Token","prefix":"Key"},"keep_bodies":true,
		"token_headers":[{"name":"X-Tenant","value":"7"},{"name":"X-API-Key","value":"`+canary+`h"}],
		"tls":{"certificate":`+cert+`,"key":`+key+`,"min_version":"1.3"},
		"transport":{"proxy":"socks5h://127.0.0.1:1080","proxy_user":"u","proxy_password":"`+canary+`p","connect_timeout":"2s",
		"first_byte_timeout":"3s","user_agent":"hub/1","rate_limit":2.5}}`).want(t, http.StatusCreated)
	got := k.get("admin", "/restApi/clients/erp").want(t, http.StatusOK)
	for _, part := range []string{
		`"key":{"set":true},"key_id":"k1","key_alg":"ES256","key_audience":"token_url"`, `"resources":["https://a.example.com","urn:b"]`,
		`"place":{"header":"X-Token","prefix":"Key"}`, `{"name":"X-API-Key","value":{"set":true},"secret":true}`,
		`"tls":{"ca":false,"min_version":"1.3","certificate":true,"key":{"set":true},"insecure":false}`,
		`"proxy_password":{"set":true},"connect_timeout":"2s","first_byte_timeout":"3s","user_agent":"hub/1","rate_limit":2.5`,
	} {
		if !strings.Contains(string(got.body), part) {
			t.Errorf("no %s in %s", part, got.body)
		}
	}
	was := k.stored("erp")
	k.do("admin", "PUT", "/restApi/clients/erp", string(got.body)).want(t, http.StatusOK)
	k.do("admin", "PATCH", "/restApi/clients/erp", string(got.body)).want(t, http.StatusOK)
	if is := k.stored("erp"); is.Revision != was.Revision || len(is.Secrets()) != 4 {
		t.Errorf("sending back what was read made revision %d with %d secrets", is.Revision, len(is.Secrets()))
	}
	// A patch inside keeps what it does not name; what a secret belongs to takes it away.
	k.do("admin", "PATCH", "/restApi/clients/erp", `{"transport":{"rate_limit":null,"proxy_password":null},"tls":{"key":null,"min_version":null}}`).
		want(t, http.StatusOK)
	if is := k.stored("erp"); is.Transport.RateLimit != 0 || is.TLS.MinVersion != "" || len(is.Secrets()) != 4 || is.Transport.Connect != 2*time.Second {
		t.Errorf("patched inside: %+v", is)
	}
	k.do("admin", "PATCH", "/restApi/clients/erp", `{"transport":{"proxy":null,"proxy_user":null},"tls":{"certificate":null}}`).want(t, http.StatusOK)
	if is := k.stored("erp"); is.Transport.ProxyPassword.IsSet() || is.TLS.KeyPEM.IsSet() || is.TLS.CertPEM != "" {
		t.Errorf("a secret outlived what it belongs to: %+v", is)
	}
	if seen := string(k.seen); strings.Contains(seen, canary) || strings.Contains(seen, secretKey(key)) {
		t.Error("a secret was answered")
	}
}

func TestBodiesOfClientsThatCannotBe(t *testing.T) {
	k := adminKit(t)
	cert, _ := pair(t)
	_, other := pair(t)
	const head = `{"name":"erp","base_url":"https://erp.example.com","auth":"oauth2","client_id":"hub","client_secret":"s","token_url":"https://erp.example.com/t",`
	for body, field := range map[string]string{
		`"send":"pigeon"}`: "send", `"send":"key"}`: "key", `"send":"tls"}`: "cert", `"send":"none"}`: "send",
		`"key":"no key"}`: "key", `"key_alg":"HS256"}`: "key_alg", `"key_alg":"RS256","key":` + other + `}`: "key_alg",
		`"resources":["a"]}`: "resources", `"token_headers":[{"name":"Authorization","value":"x"}]}`: "token_headers.0",
		`"place":{"query":"t","header":"X"}}`: "place", `"place":{"where":"x"}}`: "place.where",
		`"tls":{"certificate":` + cert + `}}`: "cert_key", `"tls":{"certificate":` + cert + `,"key":` + other + `}}`: "cert_key",
		`"transport":{"proxy":"http://u:p@p:1"}}`: "proxy", `"transport":{"connect_timeout":"soon"}}`: "transport.connect_timeout",
		`"transport":{"rate_limit":5000}}`: "rate_limit", `"transport":{"rate_limit":"5"}}`: "transport.rate_limit",
		`"grant":"password"}`: "grant", `"grant":"` + string(model.GrantDevice) + `"}`: "device_url",
	} {
		p := k.do("admin", "POST", "/restApi/clients", head+body).want(t, http.StatusBadRequest).problem(t)
		if p.Field != field {
			t.Errorf("%s: the field is %q, want %q (%s)", body, p.Field, field, p.Detail)
		}
	}
	if got := k.get("admin", "/restApi/clients").names(t, "name"); got != "" {
		t.Errorf("stored %s", got)
	}
	k.do("admin", "POST", "/restApi/clients", `{"name":"erp","base_url":"https://erp.example.com","device_url":"https://erp.example.com/d"}`).
		want(t, http.StatusBadRequest)
}

// The device grant of a public client, discovered; then no longer.
func TestTheDeviceGrantInABody(t *testing.T) {
	k := adminKit(t)
	got := k.do("admin", "POST", "/restApi/clients", `{"name":"erp","base_url":"https://erp.example.com","auth":"oauth2","client_id":"hub",
		"issuer":"https://erp.example.com","grant":"`+string(model.GrantDevice)+`"}`).want(t, http.StatusCreated)
	if got.member(t, "send") != "none" || got.member(t, "grant") != string(model.GrantDevice) {
		t.Errorf("%s", got.body)
	}
	k.do("admin", "PATCH", "/restApi/clients/erp", `{"grant":"client_credentials"}`).want(t, http.StatusBadRequest)
	got = k.do("admin", "PATCH", "/restApi/clients/erp", `{"grant":"client_credentials","send":"auto","client_secret":"s"}`).want(t, http.StatusOK)
	if got.member(t, "grant") != "client_credentials" {
		t.Errorf("%s", got.body)
	}
}

func TestInsecureIsSaidAndMovesTheClient(t *testing.T) { // CASES, Vault: moved by someone who may edit a client
	k := adminKit(t)
	k.client(k.hub.Space, "erp")
	for _, patch := range []string{
		`{"tls":{"insecure":true}}`, `{"transport":{"proxy":"http://evil.example.com:3128"}}`, `{"device_url":"https://evil.example.com/d"}`,
	} {
		name := "moved" + string(rune('a'+len(patch)%26))
		k.client(k.hub.Space, name)
		got := k.do("admin", "PATCH", "/restApi/clients/"+name, patch).want(t, http.StatusOK)
		if c := k.stored(name); len(c.Secrets()) != 0 {
			t.Errorf("%s: %d secrets are still there", patch, len(c.Secrets()))
		}
		missing, _ := got.member(t, "missing").([]any)
		if !slices.Contains(missing, any("headers.X-API-Key")) {
			t.Errorf("%s: missing %v", patch, missing)
		}
		if strings.Contains(patch, "insecure") && !strings.Contains(string(got.body), "certificates are not checked") {
			t.Errorf("no warning in %s", got.body)
		}
	}
}
