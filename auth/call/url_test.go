package call

import (
	"net/url"
	"strings"
	"testing"

	"ferry/model"
)

func TestBuildURL(t *testing.T) {
	const base, deep = "https://api.example", "https://api.example:8443/v1/ten%2Fant/"
	for _, tc := range []struct{ base, path, want string }{
		{base, "", "https://api.example"},
		{base, "/", "https://api.example/"},
		{base, "orders", "https://api.example/orders"},
		{base, "/orders?a=b", "https://api.example/orders?a=b"},
		{base, "//evil.example/x", "https://api.example//evil.example/x"},
		{base, "?a=b", "https://api.example?a=b"},
		{base, "/a b/é", "https://api.example/a%20b/%C3%A9"},
		{base, "/a%2Fb/%C3%a9", "https://api.example/a%2Fb/%C3%a9"},
		{base, "/Orders('A-1')/Items(1,2)?$filter=a eq 'b'&$top=1", "https://api.example/Orders('A-1')/Items(1,2)?$filter=a%20eq%20'b'&$top=1"},
		{base, "/a/../b/./c", "https://api.example/b/c"},
		{base, "/a/b/..", "https://api.example/a/"},
		{base, "/x;v=1,2:3@4", "https://api.example/x;v=1,2:3@4"},
		{base, "/go?to=https://x.example/", "https://api.example/go?to=https://x.example/"},
		{base, `/a\b`, "https://api.example/a%5Cb"},
		{base, "/a..b/...", "https://api.example/a..b/..."},
		{base, "/100%25", "https://api.example/100%25"},
		{deep, "", "https://api.example:8443/v1/ten%2Fant/"},
		{deep, "orders/", "https://api.example:8443/v1/ten%2Fant/orders/"},
		{deep, "/orders", "https://api.example:8443/v1/ten%2Fant/orders"},
		{deep, "/a/..", "https://api.example:8443/v1/ten%2Fant/"},
		{deep, "https://API.example:8443/v1/ten%2Fant/next?p=2", "https://api.example:8443/v1/ten%2Fant/next?p=2"},
		{base, "https://api.example:443/next", "https://api.example/next"},
		{base, "https://api.example?p=2", "https://api.example?p=2"},
	} {
		u, err := BuildURL(&model.Client{Name: "c", BaseURL: tc.base}, model.Request{Path: tc.path})
		if err != nil || u.String() != tc.want {
			t.Errorf("%s + %q: %v, want %s; %v", tc.base, tc.path, u, tc.want, err)
		}
	}
}

func TestBuildURLRefuses(t *testing.T) {
	const base = "https://api.example/v1"
	for _, path := range []string{
		"https://evil.example/", "http://api.example/v1/x", "https://api.example:8443/v1/x", "https://api.example.evil.example/v1", "https://api.example@evil.example/v1/",
		"https://u:p@api.example/v1/x", "https://api.example/v2", "https://api.example/v10", "https://api.example/v1/../v2", "HTTPS://evil.example", "file:///etc/passwd", "https://", "://x",
		"..", "/..", "../v2", "/a/../../v2", "/%2e%2e/v2", "/a/%2E%2e/%2e./x", "/.%2e", "/a%2f..%2f..%2fv2", `/..\v2`, `/a\..\..\x`, "/%252e%252e/x", "/%5c..%5c", "/%2e/x",
		"/a#b", "#", "/a\tb", "/\x7f", "/a%", "/a%2", "/a%zz", "/%00", "/?a=%0d%0a", "/?a=\n", "/?a=%zz",
	} {
		u, err := BuildURL(&model.Client{Name: "c", BaseURL: base}, model.Request{Path: path})
		if e := model.AsError(err); e == nil || e.Code != model.EInvalid || e.Field != "path" || e.Next == "" {
			t.Errorf("%q: %v, %v", path, u, err)
		}
	}
}

func FuzzBuildURL(f *testing.F) {
	for _, s := range []string{"/a", "//x", "https://evil/", "/../..", "/%2e%2e", "\\\\x", "?a#b", "/a%2fb", "@x", ":80/", "/é", "https:/x", "/..;/x", "/%", "./..", "/a/./../b"} {
		f.Add("/v1/x", s, "n", "v")
		f.Add("", s, "$top", "a b")
	}
	f.Fuzz(func(t *testing.T, prefix, path, name, value string) {
		base := "https://api.example:8443" + prefix
		c := &model.Client{Name: "c", BaseURL: base}
		if b, err := url.Parse(base); err != nil || b.Host != "api.example:8443" || b.RawQuery != "" || strings.ContainsAny(prefix, "#?@") || strings.Contains(prefix, "..") || !strings.HasPrefix(prefix, "/") && prefix != "" || strings.Contains(prefix, "%") || b.EscapedPath() != prefix {
			return // no base URL that a client can have
		}
		u, err := BuildURL(c, model.Request{Path: path, Query: []model.Param{{Name: name, Value: value}}})
		if err != nil {
			if model.CodeOf(err) != model.EInvalid {
				t.Fatalf("%v", err)
			}
			return
		}
		text := u.String()
		if u.Scheme != "https" || u.Host != "api.example:8443" || u.User != nil || u.Fragment != "" {
			t.Fatalf("%q leads to %s", path, text)
		}
		for i := range len(text) {
			if text[i] <= ' ' || text[i] >= 0x7f {
				t.Fatalf("%q gives %q", path, text)
			}
		}
		again, err := url.Parse(text)
		if err != nil || again.Host != u.Host || again.EscapedPath() != u.EscapedPath() {
			t.Fatalf("%q gives %q, which reads back as %v, %v", path, text, again, err)
		}
		// Whoever decodes and cleans it, once or twice, stays below the base.
		plain := u.EscapedPath()
		for range 2 {
			if plain, err = url.PathUnescape(plain); err != nil {
				break
			}
			for _, seg := range strings.FieldsFunc(plain, func(r rune) bool { return r == '/' || r == '\\' }) {
				if seg == ".." {
					t.Fatalf("%q gives %q, which hides ..", path, text)
				}
			}
		}
		if !strings.HasPrefix(u.EscapedPath(), strings.TrimSuffix(prefix, "/")) {
			t.Fatalf("%q leaves %q: %s", path, prefix, text)
		}
		if got := u.Query().Get(name); !strings.Contains(path, "?") && got != value && name != "" {
			t.Fatalf("%q=%q reads back as %q from %s", name, value, got, text)
		}
	})
}
