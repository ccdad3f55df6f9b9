package serve

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"
)

// smuggled stands behind a request that two readers may cut in two ways.
const smuggled = "GET /gw/erp/SMUGGLED HTTP/1.1\r\nHost: x\r\n\r\n"

// rawRequests are requests that must not pass; %A is the token's header. The first answer is 400.
var rawRequests = map[string]string{
	"CL with TE":                 "POST /gw/erp/a HTTP/1.1\r\nHost: x\r\n%AContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
	"TE with CL":                 "POST /gw/erp/a HTTP/1.1\r\nHost: x\r\n%ATransfer-Encoding: chunked\r\nContent-Length: 60\r\n\r\n0\r\n\r\n" + smuggled,
	"two CLs":                    "POST /gw/erp/a HTTP/1.1\r\nHost: x\r\n%AContent-Length: 0\r\nContent-Length: 44\r\n\r\n" + smuggled,
	"two CLs that agree":         "POST /gw/erp/a HTTP/1.1\r\nHost: x\r\n%AContent-Length: 1\r\nContent-Length: 1\r\n\r\nx" + smuggled,
	"a list of CLs":              "POST /gw/erp/a HTTP/1.1\r\nHost: x\r\n%AContent-Length: 1, 1\r\n\r\nx" + smuggled,
	"CL with a sign":             "POST /gw/erp/a HTTP/1.1\r\nHost: x\r\n%AContent-Length: +1\r\n\r\nx" + smuggled,
	"TE xchunked":                "POST /gw/erp/a HTTP/1.1\r\nHost: x\r\n%ATransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggled,
	"TE twice":                   "POST /gw/erp/a HTTP/1.1\r\nHost: x\r\n%ATransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + smuggled,
	"TE in HTTP/1.0":             "POST /gw/erp/a HTTP/1.0\r\nHost: x\r\n%ATransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
	"TE with a space":            "POST /gw/erp/a HTTP/1.1\r\nHost: x\r\n%ATransfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + smuggled,
	"a name with a space":        "GET /gw/erp/a HTTP/1.1\r\nHost: x\r\n%AX-A B: c\r\n\r\n" + smuggled,
	"a name with a tab":          "GET /gw/erp/a HTTP/1.1\r\nHost: x\r\n%AX-A\t: c\r\n\r\n" + smuggled,
	"no name":                    "GET /gw/erp/a HTTP/1.1\r\nHost: x\r\n%A: c\r\n\r\n" + smuggled,
	"bare LF":                    "GET /gw/erp/a HTTP/1.1\nHost: x\n%A\n" + smuggled,
	"bare LF in one line":        "GET /gw/erp/a HTTP/1.1\r\nHost: x\r\n%AX: y\nX-Z: a\r\n\r\n" + smuggled,
	"bare CR":                    "GET /gw/erp/a HTTP/1.1\r\nHost: x\r\n%AX: y\rX-Z: a\r\n\r\n" + smuggled,
	"NUL":                        "GET /gw/erp/a HTTP/1.1\r\nHost: x\r\n%AX: y\x00\r\n\r\n" + smuggled,
	"obs-fold":                   "GET /gw/erp/a HTTP/1.1\r\nHost: x\r\n%AX: y\r\n z\r\n\r\n" + smuggled,
	"a folded CL":                "POST /gw/erp/a HTTP/1.1\r\nHost: x\r\n%AX: y\r\n\tContent-Length: 44\r\n\r\n" + smuggled,
	"bare LF in a chunk":         "POST /gw/erp/a HTTP/1.1\r\nHost: x\r\n%ATransfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n" + smuggled,
	"a chunk that is too long":   "POST /gw/erp/a HTTP/1.1\r\nHost: x\r\n%ATransfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n" + smuggled,
	"two hosts":                  "GET /gw/erp/a HTTP/1.1\r\nHost: x\r\nHost: y\r\n%A\r\n" + smuggled,
	"no host":                    "GET /gw/erp/a HTTP/1.1\r\n%A\r\n" + smuggled,
	"absolute-form":              "GET http://x/gw/erp/a HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"absolute-form elsewhere":    "GET http://169.254.169.254/gw/erp/a HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"authority-form":             "CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: 127.0.0.1:80\r\n%AConnection: close\r\n\r\n",
	"CONNECT with a path":        "CONNECT /gw/erp/a HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"dots":                       "GET /gw/erp/../../a HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"dots before":                "GET /x/../gw/erp/a HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"one dot":                    "GET /gw/erp/./a HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"%2e%2e":                     "GET /gw/erp/%2e%2e/a HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	".%2E":                       "GET /gw/erp/a/.%2E/%2e HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"%252e%252e":                 "GET /gw/erp/%252e%252e/a HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"%2f":                        "GET /gw/erp/a%2fb HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"%5c":                        "GET /gw/erp/..%5c..%5ca HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"%00":                        "GET /gw/erp/a%00 HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"%0d%0a":                     "GET /gw/erp/a%0d%0aX:%20y HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"a broken escape":            "GET /gw/erp/a%zz HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"//":                         "GET /gw/erp//a HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"// before":                  "GET //gw/erp/a HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"// behind gw":               "GET /gw//erp/a HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"an escaped gw":              "GET /%67w/erp/a HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"an escaped slash before":    "GET /gw%2ferp/a HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"a backslash":                "GET /gw/erp/..\\a HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"a space in the path":        "GET /gw/erp/a b HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"a fragment":                 "GET /gw/erp/a#b HTTP/1.1\r\nHost: x\r\n%AConnection: close\r\n\r\n",
	"an upgrade with a body":     "POST /gw/erp/a HTTP/1.1\r\nHost: x\r\n%AConnection: upgrade, close\r\nUpgrade: websocket\r\nContent-Length: 1\r\n\r\nx",
	"huge headers":               "GET /gw/erp/a HTTP/1.1\r\nHost: x\r\n%AX: " + strings.Repeat("y", 64<<10) + "\r\n\r\n",
	"endless headers":            "GET /gw/erp/a HTTP/1.1\r\nHost: x\r\n%A" + strings.Repeat("X: y\r\n", 16<<10) + "\r\n",
	"a request line without end": "GET /gw/erp/" + strings.Repeat("a", 80<<10),
	"HTTP/2 in clear":            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	"HTTP/9":                     "GET /gw/erp/a HTTP/9.1\r\nHost: x\r\n%A\r\n",
}

// refusals are the answers that say no to a request as a whole.
var rawRefusals = map[string]bool{"400": true, "431": true, "505": true, "501": true, "405": true}

// CASES Gateway: CL with TE, bare LF, obs-fold, absolute-form, %2e%2e, // and their kin, over
// HTTP/1.1 in clear and over TLS: one refusal, or none and the connection closed; nothing is
// forwarded, nor answered behind it.
func TestRawRequests(t *testing.T) {
	tlsOn, trust := withTLS(t)
	for name, edit := range map[string]func(*Options){"clear": nil, "TLS": tlsOn} {
		t.Run(name, func(t *testing.T) {
			k, up := newGate(t, nil, edit)
			dial := func() (net.Conn, error) { return net.Dial("tcp", k.listen) }
			if name == "TLS" {
				dial = func() (net.Conn, error) { return tls.Dial("tcp", k.listen, trust) }
				k.trust(trust)
			}
			token := k.token()
			good := "GET /gw/erp/GOOD?q=1 HTTP/1.1\r\nHost: x\r\n" + bearer(token) + "Connection: close\r\n\r\n"
			if got := say(t, dial, good); len(statuses(got)) != 1 || statuses(got)[0] != "200" {
				t.Fatalf("a good request: %q", got)
			}
			if text, n := up.seen(); n != 1 || !strings.HasPrefix(text, "GET /api/GOOD?q=1 HTTP/1.1\r\n") {
				t.Fatalf("%d requests came: %q", n, text)
			}
			for what, text := range rawRequests {
				got := say(t, dial, strings.ReplaceAll(text, "%A", bearer(token)))
				st := statuses(got)
				if len(st) > 1 || len(st) == 1 && !rawRefusals[st[0]] || len(st) == 0 && got != "" {
					t.Errorf("%s: %q", what, got)
				}
				if _, n := up.seen(); n != 1 {
					t.Fatalf("%s: something was forwarded", what)
				}
			}
			say(t, dial, good) // it goes on
			if _, n := up.seen(); n != 2 {
				t.Error("nothing passes any more")
			}
		})
	}
}

// A request behind another on one connection stands for itself: without a token it is refused,
// whatever the one before it had.
func TestPipelinedRequestsStandForThemselves(t *testing.T) {
	k, up := newGate(t, nil, nil)
	dial := func() (net.Conn, error) { return net.Dial("tcp", k.listen) }
	token := k.token()
	got := say(t, dial, fmt.Sprintf("POST /gw/erp/a HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n%s%sPOST /gw/erp/b HTTP/1.1\r\nHost: x\r\n%s"+
		"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /gw/erp/c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		bearer(token), len(smuggled), smuggled, smuggled, bearer(token)))
	if st := strings.Join(statuses(got), " "); st != "200 401 200 401" {
		t.Errorf("answered %s: %q", st, got)
	}
	text, n := up.seen()
	if n != 2 || strings.Count(text, "SMUGGLED") != 1 || !strings.Contains(text, "\r\n\r\n"+smuggled) || strings.Contains(text, "/api/c") {
		t.Errorf("%d requests came: %q", n, text)
	}
	if strings.Contains(text, token) || strings.Contains(got, "UPSTREAM-SECRET") {
		t.Error("a credential reached the other side")
	}
}
