package gateway_test

import (
	"net/url"
	"path"
	"strings"
	"testing"

	"ferry/model/gateway"
)

// CASES Gateway: %2e%2e, // and all their spellings → 400, nothing forwarded.
func TestEverySpellingOfAWayUpIsUnclean(t *testing.T) {
	for _, p := range []string{
		"/..", "/../x", "/a/..", "/a/../b", "/.", "/./a", "/a/.", "/a/./b",
		"/%2e%2e/x", "/%2E%2E/x", "/.%2e/x", "/%2e./x", "/a/%2e", "/a/%2e%2e",
		"/..;/x", "/..;a=1/x", "/.;/x", "/%2e%2e;x/y", "/..%3b/x", "/..%3Ba/x", "/a/..;",
		"/...", "/a/..../b", "/..%20/x", "/%20../x", "/.%20/x", "/%20/x",
		"//", "//a", "/a//b", "/a//", "/;/a", "/a/;x=1", "/a/;x=1/b", "/%3b/a",
		"/%2f", "/a%2fb", "/a%2Fb", "/..%2f..%2fx", "/a/%2e%2e%2fb", "/%2f%2fa",
		"\\a", "/a\\b", "/..\\x", "/%5c", "/a%5cb", "/..%5c..%5cx", "/%5C%5Chost",
		"/%252e%252e/x", "/%252e%252e%252fx", "/.%252e/x", "/a%252fb", "/a%255cb", "/%25252e%25252e/x", "/%25%32%65%25%32%65/x",
		"/%%32%65%%32%65/x", "/..%253b/x", "/%252e%252e%253bx/y", "/a/%2525252525252e", "/%252500", "/a%2500b", "/a%250db",
		"/a%252525252525252525252541",
		"/%00", "/a%00", "/a%0d%0ab", "/a%09", "/a%7f", "/a\x00", "/a\r\nHost: b", "/a\tb", "/a\x7f", "/a%c2%85", "/a%C2%9b", "/a%25c2%2585",
		"/%ff", "/a%80", "/%c3", "/%c3/a", "/%c3%28", "/%ed%a0%80", "/%f5%80%80%80", "/a\xff", "/ä",
		"/%c0%ae%c0%ae/x", "/%c0%af", "/%e0%80%ae", "/%e0%80%af", "/%f0%80%80%ae", "/%c1%9c", "/%25c0%25ae%25c0%25ae/x", "/%uff0e", "/%u002e%u002e/x",
		"/%", "/%2", "/%zz", "/a%", "/a%2", "/%2x/..",
		"a", "a/b", "*", "http://other.example.com/x", "?x", "/a?b", "/a#b", "/a b", "/a\"b", "/<a>", "/{id}", "/a|b", "/a^b", "/`a",
		"/" + strings.Repeat("a", 8192),
	} {
		if gateway.Clean(p) == "" {
			t.Errorf("%.60q is clean", p)
		}
	}
}

func TestOrdinaryPathsAreClean(t *testing.T) {
	for _, p := range []string{
		"", "/", "/a", "/a/", "/a/b", "/restApi/apiUsers/", "/orders/4711", "/Products(1)", "/Products(Name='a')/Lines", "/Orders(ID=1,Line=2)",
		"/a.b", "/.well-known/x", "/..a", "/a..", "/a..b/c", "/.a.", "/v1.2/x", "/a;v=1", "/a;v=1/b", "/a:b@c", "/~a/-_.!$&'()*+,=",
		"/%C3%A4pfel", "/%e2%82%ac", "/a%20b", "/100%25", "/100%25x", "/a%2541", "/%25zz", "/%3F", "/%23", "/a%3Bb", "/[a]", "/%f0%9f%98%80",
		"/%2a", "/%7Euser", "/a%2B", "/a%20", "/" + strings.Repeat("a", 8191),
	} {
		if why := gateway.Clean(p); why != "" {
			t.Errorf("%.60q: %s", p, why)
		}
	}
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern string
		yes, no []string
	}{
		{"/orders", []string{"/orders", "/orders/", "/%6frders", "/%6Frders/"}, []string{"", "/", "/order", "/orders/1", "/Orders", "/x/orders", "/orders;v=1", "/orders2"}},
		{"/orders/*", []string{"/orders/1", "/orders/1/", "/orders/a%20b", "/orders/1;v=2"}, []string{"/orders", "/orders/", "/orders/1/2", "/customers/1"}},
		{"/orders/**", []string{"/orders", "/orders/", "/orders/1", "/orders/1/lines/2", "/orders/1/"}, []string{"/", "", "/order", "/ordersx", "/ordersx/1", "/x/orders/1", "/orders;x/1"}},
		{"/**", []string{"", "/", "/a", "/a/b/c/"}, nil},
		{"/", []string{"", "/"}, []string{"/a"}},
		{"/**/lines", []string{"/lines", "/a/lines", "/a/b/lines"}, []string{"/", "/lines/1", "/a/lines/b", "/xlines"}},
		{"/a/**/b/**/c", []string{"/a/b/c", "/a/x/b/c", "/a/b/b/c/c", "/a/b/x/y/c", "/a/c/b/c"}, []string{"/a/c", "/a/b", "/a/c/b", "/b/c"}},
		{"/v*/items", []string{"/v1/items", "/v/items", "/v1.2/items"}, []string{"/items", "/w1/items", "/v1/x/items"}},
		{"/*x/y", []string{"/x/y", "/ax/y", "/xx/y"}, []string{"/admin;x/y", "/admin%3bx/y", "/a/y"}},
		{"/Products(*)", []string{"/Products(1)", "/Products()", "/Products('a')"}, []string{"/Products", "/Products(1)/x", "/Products(1"}},
		{"/a*b*c", []string{"/abc", "/aXbYc", "/abbcc", "/abcbc"}, []string{"/ab", "/acb", "/abcd", "/a/b/c"}},
		{"/a;v=*", []string{"/a;v=1"}, []string{"/a", "/b;v=1", "/a;w=1"}},
		{"/äpfel/*", []string{"/%C3%A4pfel/1", "/%c3%a4pfel/1"}, []string{"/apfel/1"}},
		{"/%C3%A4pfel", []string{"/%c3%a4pfel"}, []string{"/%c3%a5pfel"}},
		{"/a%2Ab", []string{"/a*b", "/a%2ab"}, []string{"/axb", "/ab"}},
		{"/a*", []string{"/a*", "/a%2A", "/a%C3%A4"}, []string{"/b"}},
	} {
		for _, p := range c.yes {
			if !gateway.Match(c.pattern, p) {
				t.Errorf("%s does not match %q", c.pattern, p)
			}
		}
		for _, p := range c.no {
			if gateway.Match(c.pattern, p) {
				t.Errorf("%s matches %q", c.pattern, p)
			}
		}
	}
}

// bare is a path as an upstream may read it that drops parameters, and takes backslashes and
// spaces for something else.
func bare(p string) string {
	var out []string
	for s := range strings.SplitSeq(strings.ReplaceAll(p, `\`, "/"), "/") {
		s, _, _ = strings.Cut(s, ";")
		out = append(out, strings.TrimSpace(s))
	}
	return strings.Join(out, "/")
}

// decodings are what a path is when it is decoded once or twice, before or after it is made bare.
func decodings(p string) (out []string) {
	for _, d := range []string{p, bare(p)} {
		for range 2 {
			next, err := url.PathUnescape(d)
			if err != nil {
				break
			}
			d = next
			out = append(out, d, bare(d))
			if again, err := url.PathUnescape(bare(d)); err == nil {
				out = append(out, again)
			}
		}
	}
	return out
}

// What Clean lets through and Match allows never leads above the base path, nor out of the
// folder that the pattern names, however it is read.
func FuzzNothingLeadsAboveTheBase(f *testing.F) {
	for _, p := range []string{"/orders/../x", "/orders/%252e%252e/x", "/orders/..;/x", "/orders/%2e%2e%2fx", "/orders/a%20b", "/orders;/x", "/orders/100%25", "/orders/..%5cx", "/%6frders/1;v=2"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p string) {
		if gateway.Clean(p) != "" {
			return
		}
		inside := gateway.Match("/orders/**", p)
		for _, r := range append(decodings(p), p, bare(p)) {
			full := path.Clean("/base" + r)
			if strings.Contains(r, "//") || full != "/base" && !strings.HasPrefix(full, "/base/") {
				t.Fatalf("%q is read as %q and leads to %q", p, r, full)
			}
		}
		for _, r := range decodings(p) {
			full := path.Clean("/base" + r)
			if inside && full != "/base/orders" && !strings.HasPrefix(full, "/base/orders/") {
				t.Fatalf("%q matches /orders/**, is read as %q and leads to %q", p, r, full)
			}
		}
	})
}

// Matching any pattern with any path ends soon, and a path without stars matches itself.
func FuzzMatch(f *testing.F) {
	f.Add("/a/**/b*c", "/a/x/y/bXc")
	f.Add("/**/**/**", "/a/b")
	f.Add("/a**b%2A", "/a;b=1")
	f.Add("/a", "/a%3bb")
	f.Fuzz(func(t *testing.T, pattern, p string) {
		gateway.Match(pattern, p)
		if gateway.Clean(p) == "" && !strings.ContainsAny(p, "*") && !gateway.Match(p, p) {
			t.Fatalf("%q does not match itself", p)
		}
		if !gateway.Match("/**", p) {
			t.Fatalf("%q does not match /**", p)
		}
	})
}
