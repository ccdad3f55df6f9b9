package clients_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ferry/model"
	"ferry/model/clients"
)

// material is keys and certificates, made once.
type material struct {
	ec, ecSEC1, p384, rsa, rsaPKCS1, rsa1024, ed, public string
	encrypted, encryptedOld, withParameters              string
	cert                                                 string // of ec
}

var testKeys = sync.OnceValue(func() material {
	ec := try(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	p384 := try(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	rsaKey := try(rsa.GenerateKey(rand.Reader, 2048))
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	try(0, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "hub\u202e"}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0),
	}
	sec1 := try(x509.MarshalECPrivateKey(ec))
	return material{
		ec: pkcs8(ec), p384: pkcs8(p384), rsa: pkcs8(rsaKey), ed: pkcs8(ed),
		ecSEC1: block("EC PRIVATE KEY", sec1), rsaPKCS1: block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)),
		rsa1024: rsa1024, public: block("PUBLIC KEY", try(x509.MarshalPKIXPublicKey(&ec.PublicKey))),
		encrypted: block("ENCRYPTED PRIVATE KEY", []byte("sealed")),
		encryptedOld: string(pem.EncodeToMemory(&pem.Block{
			Type: "EC PRIVATE KEY", Bytes: sec1, Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00"},
		})),
		withParameters: block("EC PARAMETERS", []byte{6, 8}) + block("EC PRIVATE KEY", sec1),
		cert:           block("CERTIFICATE", try(x509.CreateCertificate(rand.Reader, template, template, &ec.PublicKey, ec))),
	}
})

func try[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func pkcs8(key crypto.PrivateKey) string {
	return block("PRIVATE KEY", try(x509.MarshalPKCS8PrivateKey(key)))
}

// signing returns an edit that makes a client sign with a key.
func signing(key, algorithm string) func(*clients.Draft) {
	return func(d *clients.Draft) {
		d.Send, d.ClientSecret, d.Key, d.Assertion.Algorithm = model.SendKey, clients.SecretEdit{}, clients.Set(key), algorithm
	}
}

func device(d *clients.Draft) {
	d.Device, d.Issuer, d.ClientSecret = true, "https://jobs.example.com", clients.SecretEdit{}
}

// CASES, bad input: an assertion key of the wrong type → an error naming the field.
func TestCheckOfKeysNamesTheField(t *testing.T) {
	k := testKeys()
	for name, c := range map[string]struct {
		edit  func(*clients.Draft)
		field string
	}{
		"EC, PKCS #8":                {signing(k.ec, ""), ""},
		"EC, SEC 1":                  {signing(k.ecSEC1, "ES256"), ""},
		"EC as openssl writes it":    {signing(k.withParameters, "ES256"), ""},
		"RSA, PKCS #8":               {signing(k.rsa, "RS256"), ""},
		"RSA, PKCS #1":               {signing(k.rsaPKCS1, "PS256"), ""},
		"Ed25519":                    {signing(k.ed, "EdDSA"), ""},
		"EC for RS256":               {signing(k.ec, "RS256"), "key_alg"},
		"RSA for ES256":              {signing(k.rsa, "ES256"), "key_alg"},
		"Ed25519 for PS256":          {signing(k.ed, "PS256"), "key_alg"},
		"HS256":                      {signing(k.ec, "HS256"), "key_alg"},
		"none":                       {signing(k.ec, "none"), "key_alg"},
		"P-384":                      {signing(k.p384, ""), "key"},
		"RSA of 1024 bits":           {signing(k.rsa1024, ""), "key"},
		"encrypted":                  {signing(k.encrypted, ""), "key"},
		"encrypted in the old style": {signing(k.encryptedOld, ""), "key"},
		"a public key":               {signing(k.public, ""), "key"},
		"a certificate":              {signing(k.cert, ""), "key"},
		"no PEM":                     {signing("hello", ""), "key"},
		"garbage in PEM":             {signing(block("PRIVATE KEY", []byte("garbage")), ""), "key"},
		"too large":                  {signing(strings.Repeat("x", 2<<20), ""), "key"},
		"no key":                     {signing("", ""), "key"},
		"unknown audience":           {func(d *clients.Draft) { signing(k.ec, "")(d); d.Assertion.Audience = "all" }, "key_audience"},
		"newline in its id":          {func(d *clients.Draft) { signing(k.ec, "")(d); d.Assertion.KeyID = "a\nb" }, "key_id"},
		"a key that is not used yet": {func(d *clients.Draft) { d.Key = clients.Set(k.ec) }, ""},

		"certificate and key":    {func(d *clients.Draft) { d.TLS.CertPEM, d.TLSKey = k.cert, clients.Set(k.ec) }, ""},
		"a chain":                {func(d *clients.Draft) { d.TLS.CertPEM, d.TLSKey = k.cert+k.cert, clients.Set(k.ecSEC1) }, ""},
		"key of another":         {func(d *clients.Draft) { d.TLS.CertPEM, d.TLSKey = k.cert, clients.Set(k.rsa) }, "cert_key"},
		"certificate alone":      {func(d *clients.Draft) { d.TLS.CertPEM = k.cert }, "cert_key"},
		"key alone":              {func(d *clients.Draft) { d.TLSKey = clients.Set(k.ec) }, "cert"},
		"certificate that is no": {func(d *clients.Draft) { d.TLS.CertPEM, d.TLSKey = k.public, clients.Set(k.ec) }, "cert"},
		"encrypted TLS key":      {func(d *clients.Draft) { d.TLS.CertPEM, d.TLSKey = k.cert, clients.Set(k.encrypted) }, "cert_key"},
		"tls": {func(d *clients.Draft) {
			d.Send, d.ClientSecret = model.SendTLS, clients.SecretEdit{}
			d.TLS.CertPEM, d.TLSKey = k.cert, clients.Set(k.ec)
		}, ""},
		"tls over plain http": {func(d *clients.Draft) {
			d.Send, d.TokenURL, d.TLS.CertPEM, d.TLSKey = model.SendTLS, "http://127.0.0.1:1/t", k.cert, clients.Set(k.ec)
		}, "send"},
		"tls without a certificate": {func(d *clients.Draft) { d.Send = model.SendTLS }, "cert"},
	} {
		t.Run(name, func(t *testing.T) { oneProblem(t, c.edit, c.field) })
	}
}

func oneProblem(t *testing.T, edit func(*clients.Draft), field string) {
	t.Helper()
	d := oauth()
	edit(&d)
	got := clients.Check(d, nil).Problems
	switch {
	case field == "" && len(got) > 0:
		t.Errorf("refused: %v", got)
	case field != "" && (len(got) != 1 || got[0].Field != field):
		t.Errorf("problems %v, want one with %s", got, field)
	}
}

func TestCheckOfGrantsAndPlacesNamesTheField(t *testing.T) {
	place := func(p model.Place) func(*clients.Draft) { return func(d *clients.Draft) { d.Place = p } }
	resources := func(list ...string) func(*clients.Draft) { return func(d *clients.Draft) { d.Resources = list } }
	tokenHeader := func(name, value string) func(*clients.Draft) {
		return func(d *clients.Draft) {
			d.TokenHeaders = []clients.HeaderDraft{{Name: name, Value: clients.Set(value)}}
		}
	}
	for name, c := range map[string]struct {
		edit  func(*clients.Draft)
		field string
	}{
		"device, public":              {device, ""},
		"device, with its URL":        {func(d *clients.Draft) { d.DeviceURL = "https://jobs.example.com/d" }, ""},
		"device URL without TLS":      {func(d *clients.Draft) { d.DeviceURL = "http://jobs.example.com/d" }, "device_url"},
		"device, neither":             {func(d *clients.Draft) { d.Device = true }, "device_url"},
		"device and username":         {func(d *clients.Draft) { device(d); d.Username, d.Password = "u", clients.Set("p") }, "username"},
		"device in the header":        {func(d *clients.Draft) { device(d); d.Send = model.SendHeader }, "client_secret"},
		"device, auto and no secret":  {func(d *clients.Draft) { device(d); d.Send = model.SendAuto }, "client_secret"},
		"none":                        {func(d *clients.Draft) { d.Send = model.SendNone }, "send"},
		"reserved device code":        {func(d *clients.Draft) { d.Params = []model.Param{{Name: "device_code", Value: "x"}} }, "params"},
		"resources":                   {resources("https://a.example.com/x?y=z", "urn:example:a"), ""},
		"relative resource":           {resources("/a"), "resources"},
		"resource with a fragment":    {resources("https://a.example.com/#f"), "resources"},
		"resource with empty one":     {resources("https://a.example.com/#"), "resources"},
		"resource twice":              {resources("urn:a", "urn:a"), "resources"},
		"resource with a line break":  {resources("urn:a\nb"), "resources"},
		"empty resource":              {resources(""), "resources"},
		"21 resources":                {resources(strings.Split(many("urn:a", 21), ",")...), "resources"},
		"token header":                {tokenHeader("X-Tenant", "7"), ""},
		"token header Authorization":  {tokenHeader("authorization", "x"), "token_headers.0"},
		"token header Content-Type":   {tokenHeader("Content-Type", "x"), "token_headers.0"},
		"token header Host":           {tokenHeader("Host", "x"), "token_headers.0"},
		"token header with CR LF":     {tokenHeader("X-A", "x\r\nX-B: y"), "token_headers.0"},
		"place: header":               {place(model.Place{Header: "X-Token"}), ""},
		"place: header and prefix":    {place(model.Place{Header: "X-Token", Prefix: "Key"}), ""},
		"place: prefix":               {place(model.Place{Prefix: "token"}), ""},
		"place: query":                {place(model.Place{Query: "access_token"}), ""},
		"place: both":                 {place(model.Place{Header: "X-Token", Query: "t"}), "place"},
		"place: query and prefix":     {place(model.Place{Prefix: "x", Query: "t"}), "place"},
		"place: Host":                 {place(model.Place{Header: "host"}), "place"},
		"place: Content-Length":       {place(model.Place{Header: "content-length"}), "place"},
		"place: no header name":       {place(model.Place{Header: "a:b"}), "place"},
		"place: prefix with CR LF":    {place(model.Place{Prefix: "x\r\nEvil: 1"}), "place"},
		"place: query with a space":   {place(model.Place{Query: "a b"}), "place"},
		"place: one of its own":       {func(d *clients.Draft) { header("x-token", "a", false)(d); d.Place.Header = "X-Token" }, "place"},
		"place without OAuth is none": {func(d *clients.Draft) { d.Method, d.Place.Header = model.AuthNone, "a:b" }, ""},
	} {
		t.Run(name, func(t *testing.T) { oneProblem(t, c.edit, c.field) })
	}
}

// many returns n different words that begin with prefix.
func many(prefix string, n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = prefix + strings.Repeat("x", i)
	}
	return strings.Join(words, ",")
}

func TestCheckOfTransportNamesTheField(t *testing.T) {
	transport := func(tr model.Transport, password string) func(*clients.Draft) {
		return func(d *clients.Draft) { d.Transport, d.ProxyPassword = tr, clients.Set(password) }
	}
	proxy := func(u string) func(*clients.Draft) { return transport(model.Transport{Proxy: u}, "") }
	for name, c := range map[string]struct {
		edit  func(*clients.Draft)
		field string
	}{
		"http":                   {proxy("http://p.example.com:3128"), ""},
		"https":                  {proxy("https://p.example.com:3128/"), ""},
		"socks5":                 {proxy("socks5://[::1]:1080"), ""},
		"socks5h":                {proxy("socks5h://127.0.0.1:1080"), ""},
		"direct":                 {proxy("none"), ""},
		"ftp":                    {proxy("ftp://p.example.com:21"), "proxy"},
		"without a port":         {proxy("http://p.example.com"), "proxy"},
		"with an empty port":     {proxy("http://p.example.com:"), "proxy"},
		"port 0":                 {proxy("http://p.example.com:0"), "proxy"},
		"without a host":         {proxy("http://:3128"), "proxy"},
		"with userinfo":          {proxy("http://u:p@p.example.com:3128"), "proxy"},
		"with a path":            {proxy("http://p.example.com:3128/x"), "proxy"},
		"with a query":           {proxy("http://p.example.com:3128?x"), "proxy"},
		"with a line break":      {proxy("http://p.example.com:3128\n"), "proxy"},
		"none in capitals":       {proxy("NONE"), "proxy"},
		"user and password":      {transport(model.Transport{Proxy: "http://p:1", ProxyUser: "u"}, "p"), ""},
		"user alone":             {transport(model.Transport{Proxy: "http://p:1", ProxyUser: "u"}, ""), "proxy_password"},
		"password alone":         {transport(model.Transport{Proxy: "http://p:1"}, "p"), "proxy_user"},
		"user without a proxy":   {transport(model.Transport{ProxyUser: "u"}, "p"), "proxy"},
		"user of none":           {transport(model.Transport{Proxy: "none", ProxyUser: "u"}, "p"), "proxy"},
		"user with a colon":      {transport(model.Transport{Proxy: "http://p:1", ProxyUser: "u:v"}, "p"), "proxy_user"},
		"colon at SOCKS":         {transport(model.Transport{Proxy: "socks5://p:1", ProxyUser: "u:v"}, "p"), ""},
		"long password at SOCKS": {transport(model.Transport{Proxy: "socks5://p:1", ProxyUser: "u"}, strings.Repeat("p", 256)), "proxy_password"},
		"connect":                {transport(model.Transport{Connect: 100 * time.Millisecond}, ""), ""},
		"connect too short":      {transport(model.Transport{Connect: 99 * time.Millisecond}, ""), "connect_timeout"},
		"connect negative":       {transport(model.Transport{Connect: -time.Second}, ""), "connect_timeout"},
		"connect as the timeout": {transport(model.Transport{Connect: 30 * time.Second}, ""), ""},
		"first byte too long":    {transport(model.Transport{FirstByte: 31 * time.Second}, ""), "first_byte_timeout"},
		"agent":                  {transport(model.Transport{UserAgent: "hub/1 (ops)"}, ""), ""},
		"agent of two lines":     {transport(model.Transport{UserAgent: "a\r\nb"}, ""), "user_agent"},
		"agent with an umlaut":   {transport(model.Transport{UserAgent: "käse"}, ""), "user_agent"},
		"agent too long":         {transport(model.Transport{UserAgent: strings.Repeat("a", 257)}, ""), "user_agent"},
		"rate":                   {transport(model.Transport{RateLimit: 0.01}, ""), ""},
		"rate, most":             {transport(model.Transport{RateLimit: 1000}, ""), ""},
		"rate too low":           {transport(model.Transport{RateLimit: 0.009}, ""), "rate_limit"},
		"rate too high":          {transport(model.Transport{RateLimit: 1000.1}, ""), "rate_limit"},
		"rate negative":          {transport(model.Transport{RateLimit: -1}, ""), "rate_limit"},
		"rate that is no number": {transport(model.Transport{RateLimit: math.NaN()}, ""), "rate_limit"},
		"rate without end":       {transport(model.Transport{RateLimit: math.Inf(1)}, ""), "rate_limit"},
	} {
		t.Run(name, func(t *testing.T) { oneProblem(t, c.edit, c.field) })
	}
}

// An error about a key or a password never repeats it, and everything said is printable.
func TestProblemsOfSecretsDoNotRepeatThem(t *testing.T) {
	k := testKeys()
	rapid.Check(t, func(t *rapid.T) {
		b := []byte(rapid.SampledFrom([]string{k.ec, k.rsa, k.ed, k.encryptedOld, k.cert, k.withParameters}).Draw(t, "PEM"))
		for range rapid.IntRange(1, 4).Draw(t, "flips") {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] ^= rapid.Byte().Draw(t, "bits")
		}
		text := string(b)
		d := oauth()
		d.Key, d.TLS.CertPEM, d.TLSKey, d.TLS.CAPEM = clients.Set(text), text, clients.Set(text), text
		d.Transport.Proxy = rapid.String().Draw(t, "proxy")
		d.Resources = []string{rapid.String().Draw(t, "resource")}
		d.Place.Header = rapid.String().Draw(t, "place")
		inside := strings.Split(text, "\n")
		for _, p := range clients.Check(d, nil).Problems {
			if p.Message != model.Printable(p.Message) {
				t.Fatalf("the message of %s is not printable: %q", p.Field, p.Message)
			}
			for _, line := range inside {
				if len(line) > 40 && strings.Contains(p.Message, line) {
					t.Fatalf("the message of %s repeats what it is about: %q", p.Field, p.Message)
				}
			}
		}
	})
}

func TestWarningsNeverKeepSilent(t *testing.T) {
	d := oauth()
	d.TLS.Insecure, d.Place.Query, d.Username, d.Password = true, "t", "u", clients.Set("p")
	d.Transport, d.ProxyPassword = model.Transport{Proxy: "http://p.example.com:1", ProxyUser: "u"}, clients.Set("p")
	var fields []string
	for _, w := range clients.Check(d, nil).Warnings {
		fields = append(fields, w.Field)
	}
	if got := strings.Join(fields, " "); got != "insecure place proxy username" {
		t.Errorf("warnings about %s", got)
	}
	if got := clients.CertificateText(testKeys().cert); got != "CN=hub<U+202E>, until 2106-02-07" {
		t.Errorf("the certificate is of %q", got)
	}
}
