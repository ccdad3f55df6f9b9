package curl

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ferry/model"
	"ferry/model/clients"
)

func parsed(t *testing.T, line string) Import {
	t.Helper()
	i, err := Parse(line)
	if err != nil {
		t.Fatalf("%s: %v (%s)", line, err, model.AsError(err).Next)
	}
	return i
}

// text writes an import for a table: what is set, secrets marked.
func text(i Import) string {
	var b strings.Builder
	d := i.Draft
	put := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s=%s ", name, value)
		}
	}
	put("base", d.BaseURL)
	put("name", d.Name)
	put("token", d.TokenURL)
	put("id", d.ClientID)
	put("secret", d.ClientSecret.Value.Reveal())
	put("send", string(d.Send))
	put("user", d.Username)
	put("password", d.Password.Value.Reveal())
	put("scopes", strings.Join(d.Scopes, ","))
	put("audience", d.Audience)
	put("resources", strings.Join(d.Resources, ","))
	for _, p := range d.Params {
		put("param."+p.Name, p.Value)
	}
	headers := func(kind string, list []clients.HeaderDraft) {
		for _, h := range list {
			if h.Secret {
				put(kind+"."+h.Name, "sealed("+h.Value.Value.Reveal()+")")
			} else {
				put(kind+"."+h.Name, h.Value.Value.Reveal())
			}
		}
	}
	headers("header", d.Headers)
	headers("token_header", d.TokenHeaders)
	put("agent", d.Transport.UserAgent)
	put("proxy", d.Transport.Proxy)
	put("proxy_user", d.Transport.ProxyUser)
	put("proxy_password", d.ProxyPassword.Value.Reveal())
	if r := i.Request; r.Method != "" {
		put("ask", r.Method+" "+r.Path)
		for _, q := range r.Query {
			put("query."+q.Name, q.Value)
		}
		for _, h := range r.Headers {
			put("ask."+h.Name, h.Value)
		}
		put("body", string(r.Body))
	}
	return strings.TrimSpace(b.String())
}

const form = "ask.Content-Type=application/x-www-form-urlencoded"

func TestALineBecomesAClientAndItsRequest(t *testing.T) {
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:s3cret"))
	for line, want := range map[string]string{
		`curl https://erp.example.com`:                                 "base=https://erp.example.com name=erp ask=GET /",
		`curl.exe -sSLk --compressed --url https://api.example.com/v1`: "base=https://api.example.com name=example ask=GET /v1",
		`/usr/bin/curl http://127.0.0.1:8080/a%2Fb?x=1`:                "base=http://127.0.0.1:8080 name=127.0.0.1 ask=GET /a%2Fb query.x=1",
		`LANG=C curl -XDELETE https://a.example.com/x/1`:               "base=https://a.example.com name=a ask=DELETE /x/1",
		`curl -X patch -HAccept:text/plain -dk=v https://a.example.com/`: "base=https://a.example.com name=a header.Accept=text/plain ask=PATCH / " +
			form + " body=k=v",
		`curl https://a.example.com/ -d a=1 --data b=2 --data-raw @c --data-urlencode 'd=x y&z' --data-urlencode =e/f --data-ascii g`: "base=https://a.example.com name=a ask=POST / " + form + " body=a=1&b=2&@c&d=x+y%26z&e%2Ff&g",
		`curl -G https://a.example.com/s?q=1 -d p=2 --data-urlencode 'r=ä'`:                                                           "base=https://a.example.com name=a ask=GET /s query.q=1 query.p=2 query.r=ä",
		`curl --json '{"a":' --json '1}' https://a.example.com`: "base=https://a.example.com name=a header.Accept=application/json ask=POST / " +
			`ask.Content-Type=application/json body={"a":1}`,
		`curl --json {} -H accept: https://a.example.com`:                              "base=https://a.example.com name=a ask=POST / ask.Content-Type=application/json body={}",
		`curl -I https://a.example.com/x`:                                              "base=https://a.example.com name=a ask=HEAD /x",
		`curl -H 'X-Api-Key: k1' -H 'X-Tenant: 7' -H 'X-Empty;' https://a.example.com`: "base=https://a.example.com name=a header.X-Api-Key=sealed(k1) header.X-Tenant=7 ask=GET /",
		`curl -ume:s3cret https://a.example.com`:                                       "base=https://a.example.com name=a header.Authorization=sealed(" + basic + ") ask=GET /",
		`curl https://me:s3cret@a.example.com`:                                         "base=https://a.example.com name=a header.Authorization=sealed(" + basic + ") ask=GET /",
		`curl --oauth2-bearer tok https://a.example.com`:                               "base=https://a.example.com name=a header.Authorization=sealed(Bearer tok) ask=GET /",
		`curl -H 'Authorization: Bearer tok' -H 'apikey: k' https://a.example.com`:     "base=https://a.example.com name=a header.apikey=sealed(k) ask=GET /",
		`curl -A ferry/1 -e https://r.example.com -r 0-9 https://a.example.com`: "base=https://a.example.com name=a agent=ferry/1 ask=GET / " +
			"ask.Referer=https://r.example.com ask.Range=bytes=0-9",
		`curl -x proxy.example.com -U pu:pp https://a.example.com`:                        "base=https://a.example.com name=a proxy=http://proxy.example.com:1080 proxy_user=pu proxy_password=pp ask=GET /",
		`curl --proxy socks5h://pu:pp@p.example.com:9 https://a.example.com`:              "base=https://a.example.com name=a proxy=socks5h://p.example.com:9 proxy_user=pu proxy_password=pp ask=GET /",
		`curl --noproxy '*' https://a.example.com`:                                        "base=https://a.example.com name=a proxy=none ask=GET /",
		`curl 'https://a.example.com/odata/$metadata?$format=xml&flag'`:                   "base=https://a.example.com name=a ask=GET /odata/$metadata?$format=xml&flag",
		`curl 'https://a.example.com/Products?$top=2&$filter=a%20eq%201#x'`:               "base=https://a.example.com name=a ask=GET /Products query.$top=2 query.$filter=a eq 1",
		`curl -H 'Accept:' -H 'Vary: a' -H 'Vary: b' https://a.example.com`:               "base=https://a.example.com name=a header.Vary=a, b ask=GET /",
		`curl -H "Content-Type: text/xml" -d '<a/>' https://a.example.com/soap`:           "base=https://a.example.com name=a ask=POST /soap ask.Content-Type=text/xml body=<a/>",
		`curl -F 'f=@x' https://a.example.com/up`:                                         "base=https://a.example.com name=a ask=POST /up",
		`curl -T file.bin https://a.example.com/up`:                                       "base=https://a.example.com name=a ask=PUT /up",
		`curl --header 'If-Match: "x"' --header 'Host: b' --ins https://a.example.com/up`: `base=https://a.example.com name=a ask=GET /up ask.If-Match="x"`,
		`curl -g 'http://[::1]:8080/a'`:                                                   "base=http://[::1]:8080 ask=GET /a",
		`curl a.example.com/x`:                                                            "base=https://a.example.com name=a ask=GET /x",
		`curl localhost:8080`:                                                             "base=http://localhost:8080 name=localhost ask=GET /",
	} {
		if got := text(parsed(t, line)); got != want {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
}

// CASES Client side: a token request becomes the OAuth 2.0 fields, as it sends them.
func TestATokenRequestBecomesTheAuthentication(t *testing.T) {
	keycloak := "https://sso.example.com/realms/shop/protocol/openid-connect/token"
	for line, want := range map[string]string{
		`curl -X POST ` + keycloak + ` -d grant_type=client_credentials -d client_id=hub -d client_secret=s%26 -d 'scope=a b' -d audience=orders`: "base=https://sso.example.com name=example token=" + keycloak +
			" id=hub secret=s& send=body scopes=a,b audience=orders",
		`curl -u hub:s https://a.example.com/oauth2/token -d grant_type=password -d username=me --data-urlencode 'password=p&w' -d tenant=7`: "base=https://a.example.com name=a " +
			"token=https://a.example.com/oauth2/token id=hub secret=s send=header user=me password=p&w param.tenant=7",
		`curl https://a.example.com/connect -H 'Authorization: basic aHViOnM=' -H 'X-Api-Key: k' -H 'X-T: 1' -d 'grant_type=client_credentials&resource=https%3A%2F%2Fa&resource=https%3A%2F%2Fb'`: "base=https://a.example.com name=a " +
			"token=https://a.example.com/connect id=hub secret=s send=header resources=https://a,https://b token_header.X-Api-Key=sealed(k) token_header.X-T=1",
		`curl -X POST -u hub:s https://a.example.com/token`: "base=https://a.example.com name=a token=https://a.example.com/token id=hub secret=s send=header",
		`curl -X POST 'https://a.example.com/services/oauth2/token?grant_type=password&client_id=hub&client_secret=s&username=me&password=p'`: "base=https://a.example.com name=a " +
			"token=https://a.example.com/services/oauth2/token id=hub secret=s send=body user=me password=p",
		`curl --json '{"grant_type":"client_credentials","client_id":"hub","client_secret":"s","n":1,"audience":"x"}' https://t.example.com/oauth/token`: "base=https://t.example.com name=t " +
			"token=https://t.example.com/oauth/token id=hub secret=s send=body audience=x",
		`curl https://t.example.com/token?tenant=1\&key=k -d grant_type=client_credentials -d client_assertion=ey.x.y -d client_id=hub -d otp_secret=o`: "base=https://t.example.com name=t " +
			"token=https://t.example.com/token?tenant=1 id=hub send=key",
	} {
		i := parsed(t, line)
		if got := text(i); got != want || !i.Token {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
	if i := parsed(t, `curl https://a.example.com/token -d grant_type=urn:ietf:params:oauth:grant-type:device_code -d client_id=x -d device_code=CANARY`); !i.Draft.Device || i.Draft.Send != model.SendNone {
		t.Errorf("a device grant: %+v", i.Draft)
	}
	for _, line := range []string{`curl https://a.example.com/token`, `curl -G -d grant_type=x https://a.example.com/token`, `curl -X PUT -d grant_type=x https://a.example.com/token`} {
		if parsed(t, line).Token {
			t.Errorf("%s is no token request", line)
		}
	}
}

// CASES Client side: what cannot be imported is an error that names the field and repeats
// no word of the line.
func TestWhatCannotBeImportedNamesItsField(t *testing.T) {
	for line, want := range map[string]string{
		`wget https://CANARY`:                              "curl: the line does not begin with curl",
		`curl`:                                             "curl: the line names no URL",
		`curl -X POST -d CANARY`:                           "curl: the line names no URL",
		`curl https://a https://CANARY`:                    "curl: the line names two URLs",
		`curl -d`:                                          "curl: -d needs a value",
		`curl --data`:                                      "curl: --data needs a value",
		`curl --user=CANARY https://a`:                     "curl: curl knows no --user=…",
		`curl --% https://CANARY`:                          "curl: --% is PowerShell's",
		`curl 'https://a/%zz' -o x -d CANARY`:              "base_url: the URL cannot be read",
		`curl 'https://u:CANARY@ho st/'`:                   "base_url: the URL cannot be read",
		`curl https://`:                                    "base_url: the URL cannot be read",
		`curl ftp://CANARY`:                                "base_url: the URL is neither https nor http",
		`curl 'https://a/{CANARY,b}'`:                      "base_url: curl would make several URLs",
		`curl 'https://a/[1-3]?CANARY'`:                    "base_url: curl would make several URLs",
		`curl ''`:                                          "curl: the URL is empty",
		`curl -X 'G T CANARY' https://a`:                   "method: the method of -X is not made of letters",
		`curl -H CANARY https://a`:                         "curl: a header is written 'Name: value'",
		`curl -m CANARY https://a`:                         "timeout: --max-time is a number of seconds",
		`curl --connect-timeout -5 https://a`:              "connect_timeout: --connect-timeout is a number",
		`curl -x 'ht tp://CANARY' https://a`:               "proxy: the proxy is no URL",
		`curl -x ftp://CANARY https://a`:                   "proxy: the proxy is of a kind",
		`curl https://a --next https://CANARY`:             "curl: --next begins a second request",
		`curl -d grant_type=CANARY https://a/token`:        "grant_type: the grant of this token request is of a kind",
		`curl -d grant_type=refresh_token https://a/token`: "grant_type: the grant of this token request is refresh_token",
		`curl --frobnicate CANARY example.com`:             "curl: --frobnicate, which is not known, stands before",
	} {
		_, err := Parse(line)
		e := model.AsError(err)
		if err == nil || e.Code != model.EInvalid || !strings.HasPrefix(e.Field+": "+e.Message, want) {
			t.Errorf("%s: %v %+v, want %q", line, err, e, want)
			continue
		}
		if strings.Contains(e.Message+e.Next, "CANARY") || e.Err != nil {
			t.Errorf("%s: the error repeats the line: %+v", line, e)
		}
	}
}

// What is left out or guessed is said, without its value.
func TestWhatIsLeftOutIsSaid(t *testing.T) {
	for line, want := range map[string]string{
		`curl -d @CANARY.json https://a`:                      "the body comes from a file, which is not read",
		`curl --data-binary @- https://a`:                     "the body comes from a file",
		`curl --data-urlencode n@CANARY https://a`:            "the body comes from a file",
		`curl -T CANARY https://a`:                            "-T sends is not read",
		`curl -F a=CANARY https://a`:                          "the multipart form (-F) is left out",
		`curl -b sid=CANARY https://a`:                        "cookies are left out",
		`curl -H 'Cookie: CANARY' https://a`:                  "cookies are left out",
		`curl -H @CANARY https://a`:                           "headers in a file",
		`curl -u CANARY https://a`:                            "curl would ask for a password",
		`curl -u a:CANARY https://a`:                          "(Basic) become the secret header",
		`curl -H 'Authorization: Bearer CANARY' https://a`:    "the bearer token is kept as a secret header, and ends soon",
		`curl -k https://a`:                                   "insecure (-k)",
		`curl http://a.example.com/?x=CANARY`:                 "plain http, which is refused unless",
		`curl a.example.com`:                                  "names no scheme: https is taken",
		`curl --cacert CANARY https://a`:                      "--cacert is left out: give the file with --ca-file",
		`curl -E CANARY --key CANARY https://a`:               "--cert is left out",
		`curl -n https://a`:                                   "--netrc is left out",
		`curl -K CANARY https://a`:                            "--config is left out: its file is not read",
		`curl --digest https://a`:                             "--digest is left out",
		`curl --resolve CANARY https://a`:                     "--resolve is left out",
		`curl --frobnicate https://a`:                         "--frobnicate, which is not known, is left out",
		`curl https://a --frobnicate CANARY`:                  "is left out, with the word behind it",
		`curl --FROB=CANARY https://a`:                        "an option that is not known is left out",
		"curl -ßCANARY https://a":                             "an option of one letter that is not known",
		`X=CANARY curl https://a`:                             "what is set before curl is left out",
		`curl https://a/?api_key=CANARY`:                      "the query holds a secret by its name",
		`curl -m 0.2 https://a`:                               "raised to 1s",
		`curl -m 99999 https://a`:                             "lowered to 10m0s",
		`curl -H 'X-Api-Key: a' -H 'X-Api-Key: b' https://a`:  "a secret header is given twice",
		`curl -u 'a:CAN@RY' https://a/token -d grant_type=`:   "names no grant type",
		`curl -u 'a:b/c+' https://a/ -d grant_type=password`:  "ferry escapes, as RFC 6749 §2.3.1",
		`curl https://a/t -d grant_type=password -d code=CAN`: "secret by its name is left out",
	} {
		i := parsed(t, line)
		if !slices.ContainsFunc(i.Notes, func(n string) bool { return strings.Contains(n, want) }) {
			t.Errorf("%s: notes %q, want %q", line, i.Notes, want)
		}
		if strings.Contains(strings.Join(i.Notes, ""), "CANARY") {
			t.Errorf("%s: a note repeats the line: %q", line, i.Notes)
		}
	}
	if d := parsed(t, `curl -m 5 --connect-timeout 60 --tlsv1.3 -k http://a.example.com`).Draft; d.Timeout != 5*time.Second ||
		d.Transport.Connect != 5*time.Second || d.TLS.MinVersion != "1.3" || !d.TLS.Insecure || d.AllowHTTP {
		t.Errorf("limits: %+v", d)
	}
}

// The line as browsers copy it for a shell and for Windows says the same.
func TestBrowsersCopyTheSameRequestForAnySystem(t *testing.T) {
	bash := `curl 'https://shop.example.com/api/items?a=1&b=x%20y' \
  -X 'POST' \
  -H 'accept: application/json' \
  -H 'accept-language: de-DE,de;q=0.9' \
  -H 'content-type: application/json' \
  -b 'sid=abc' \
  -H 'origin: https://shop.example.com' \
  -H 'priority: u=1, i' \
  -H 'sec-ch-ua: "Chromium";v="130"' \
  -H 'sec-fetch-mode: cors' \
  -H 'user-agent: Mozilla/5.0 (X11; Linux x86_64)' \
  -H 'x-api-key: k&1' \
  --data-raw $'{"name":"it\'s \u0021","path":"C:\\\\x"}' \
  --insecure ;`
	cmd := "curl ^\"https://shop.example.com/api/items?a=1^&b=x^%^20y^\" ^\r\n  -X ^\"POST^\" ^\r\n  -H ^\"accept: application/json^\" ^\r\n" +
		"  -H ^\"accept-language: de-DE,de;q=0.9^\" ^\r\n  -H ^\"content-type: application/json^\" ^\r\n  -b ^\"sid=abc^\" ^\r\n  -H ^\"origin: https://shop.example.com^\" ^\r\n" +
		"  -H ^\"priority: u=1, i^\" ^\r\n  -H ^\"sec-ch-ua: ^\\^\"Chromium^\\^\";v=^\\^\"130^\\^\"^\" ^\r\n  -H ^\"sec-fetch-mode: cors^\" ^\r\n" +
		"  -H ^\"user-agent: Mozilla/5.0 (X11; Linux x86_64)^\" ^\r\n  -H ^\"x-api-key: k^&1^\" ^\r\n" +
		"  --data-raw ^\"^{^\\^\"name^\\^\":^\\^\"it's ^!^\\^\",^\\^\"path^\\^\":^\\^\"C:^\\^\\^\\^\\x^\\^\"^}^\" ^\r\n  --insecure"
	firefox := `curl 'https://shop.example.com/api/items?a=1&b=x%20y' --compressed -X POST -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:133.0)' ` +
		`-H 'Accept: application/json' -H 'Accept-Encoding: gzip, deflate, br, zstd' -H 'content-type: application/json' -H 'x-api-key: k&1' ` +
		`-H 'Origin: https://shop.example.com' -H 'Connection: keep-alive' -H 'Cookie: sid=abc' -H 'Sec-Fetch-Dest: empty' -H 'TE: trailers' ` +
		`--insecure --data-raw $'{"name":"it\'s \041","path":"C:\\\\x"}'`
	want := "base=https://shop.example.com name=shop header.accept=application/json header.x-api-key=sealed(k&1) ask=POST /api/items query.a=1 query.b=x y " +
		`ask.content-type=application/json body={"name":"it's !","path":"C:\\x"}`
	first := parsed(t, bash)
	for name, line := range map[string]string{"bash": bash, "cmd": cmd, "firefox": strings.Replace(firefox, "Accept:", "accept:", 1)} {
		i := parsed(t, line)
		if diff := cmp.Diff(want, text(i)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(first.Notes, i.Notes, cmp.Transformer("sorted", func(n []string) []string { return slices.Sorted(slices.Values(n)) })); diff != "" && name == "cmd" {
			t.Errorf("%s says otherwise:\n%s", name, diff)
		}
	}
}

// An option whose value is not known to be one would leave the value behind as a URL.
func TestEveryShortOptionHasALongOne(t *testing.T) {
	for letter, name := range shorts {
		if o := options[name]; o.name != name {
			t.Errorf("-%c is --%s, which is not known", letter, name)
		}
	}
	for name := range options {
		if !isOptionName(name) {
			t.Errorf("--%s would not be shown", name)
		}
	}
}

func TestANameIsGuessedFromTheHost(t *testing.T) {
	for host, want := range map[string]string{
		"erp.example.com": "erp", "api.github.example": "github", "WWW.Example.com.": "example", "example.com": "example", "api.com": "api",
		"localhost": "localhost", "10.0.0.1": "10.0.0.1", "::1": "", "ünï.example": "", "auth.sso.corp.example": "corp",
	} {
		if got := guessName(host); got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
}

// full are lines of the greatest length, of one thing over and over.
func full() []string {
	var out []string
	for _, many := range []string{`\ `, " -HAuthorization:Bearer", " -HX:y", " --ab", " -du", " -q", "%", `^"`, "$'\\'' ", "&", "é", " -dgrant_type=x", " --fr$i"} {
		for _, begin := range []string{"curl https://a ", "curl https://a/token -d client_id=x ", "curl ^\"https://a^\" "} {
			var b strings.Builder
			for i := 0; b.Len()+len(begin)+len(many)+8 < MaxLine; i++ {
				b.WriteString(strings.Replace(many, "$i", strconv.Itoa(i), 1))
			}
			out = append(out, begin+b.String())
		}
	}
	return out
}

func BenchmarkAFullLine(b *testing.B) {
	lines := full()
	for b.Loop() {
		for _, line := range lines {
			_, _ = Parse(line)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*len(lines)), "ms/line")
}

// CASES Client side: a line that is damaged anywhere gives an import or an error, and neither
// the error nor the notes repeat a secret of it.
func TestADamagedLineRepeatsNoSecret(t *testing.T) {
	lines := []string{
		`curl -XPOST 'https://me:CANARY@a.example.com/x?api_key=CANARY' -H "X-Api-Key: CANARY" --json $'{"p":"CANARY"}' -bCANARY -x http://u:CANARY@p:1 -m 5`,
		`curl https://a.example.com/oauth2/token -u hub:CANARY -d grant_type=password -d username=CANARY --data-urlencode "password=CANARY" -dcode=CANARY`,
		`curl ^"https://a.example.com/?x=1^&token=CANARY^" ^` + "\n" + `  -H ^"authorization: Bearer CANARY^" --data-raw ^"^{^\^"a^\^":^\^"CANARY^\^"^}^"`,
	}
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.SampledFrom(lines).Draw(t, "line")
		from := rapid.IntRange(0, len(line)).Draw(t, "from")
		to := rapid.IntRange(from, min(len(line), from+8)).Draw(t, "to")
		with := rapid.SampledFrom([]string{"", "'", `"`, "\\", "\n", "$", "`", "&", "|", " ", "^", "=", "--", "-", "@", "%", "\x00", "\xff", "–"}).Draw(t, "with")
		line = line[:from] + with + line[to:]
		i, err := Parse(line)
		said := strings.Join(i.Notes, "\n")
		if err != nil {
			e := model.AsError(err)
			said = fmt.Sprint(e.Message, e.Next, e.Field, e.Err)
		}
		if strings.Contains(said, "CANARY") {
			t.Fatalf("%q says %q", line, said)
		}
	})
}

// FuzzParse: any text gives an import or a coded error that repeats none of its words.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`curl -u me:CANARY https://a.example.com -H 'X: CANARY'`, `curl ^"https://a^" ^` + "\n" + ` -d ^"CANARY^"`, `curl $'\x41' "$CANARY" --frob CANARY`,
		`curl https://a/token -d grant_type=CANARY`, `curl -x CANARY://x -m CANARY --user=CANARY https://a`, "curl https://u:CANARY@a b", `curl --json '{"grant_type":"x"' https://a`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		began := time.Now()
		i, err := Parse(line)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%d bytes took %v", len(line), took)
		}
		said := strings.Join(i.Notes, "\n")
		if err != nil {
			e := model.AsError(err)
			if e.Code != model.EInvalid || e.Field == "" || e.Err != nil {
				t.Errorf("%q: %+v", line, e)
			}
			said = e.Message + e.Next
		}
		// Names of options are shown, and they are made of lower-case letters.
		if strings.Contains(said, "CANARY") {
			t.Errorf("%q is repeated: %s", line, said)
		}
		if i.Draft.AllowHTTP {
			t.Errorf("%q allows plain http", line)
		}
	})
}
