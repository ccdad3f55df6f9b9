package paging

import (
	"strings"
	"testing"

	"ferry/model"
)

func TestLinkHeader(t *testing.T) {
	for value, want := range map[string]string{
		`<https://a/b?page=2>; rel="next"`:                         "https://a/b?page=2",
		`</b?page=2>;rel=next`:                                     "/b?page=2",
		`<1>; rel=prev, <2>; rel=next`:                             "2",
		`<1>; rel="last", <2,3;4>; REL = "Next"`:                   "2,3;4",
		`<1>; rel="prefetch next archive"`:                         "1",
		`<1>; title="a, <9>; rel=next"; rel=prev, <2>; rel="next"`: "2",
		`<1>; rel="nextpage"`:                                      "",
		`<1>; rel="prev"; rel="next"`:                              "",
		`<1>; rel="next"; anchor="/other"`:                         "",
		`<1>; next`:                                                "",
		`<>; rel=next`:                                             "",
		`<1`:                                                       "",
		`1; rel=next`:                                              "",
		``:                                                         "",
		`<1>; rel="nex\t"`:                                         "1",
		`<1>;;; rel=next`:                                          "1",
		`<1>; rel="next`:                                           "",
	} {
		if got := nextOf([]model.Param{{Name: "X", Value: "<x>; rel=next"}, {Name: "link", Value: value}}); got != want {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
	several := []model.Param{{Name: "Link", Value: "<1>; rel=first"}, {Name: "Link", Value: "<2>; rel=next"}}
	if got := nextOf(several); got != "2" {
		t.Errorf("several headers: %q", got)
	}
}

func FuzzLinkHeader(f *testing.F) {
	f.Add(`<1>; rel="a\"b next", <2>;x;rel=next`)
	f.Fuzz(func(t *testing.T, value string) {
		if got := nextOf([]model.Param{{Name: "Link", Value: value}}); !strings.Contains(value, got) {
			t.Errorf("%q of %q", got, value)
		}
	})
}

// A link is used as it came, below the base URL, whether absolute or relative.
func TestResolve(t *testing.T) {
	for base, cases := range map[string]map[string]string{
		"https://api.example":     {"https://api.example/a?b=c%20d&e=$f": "/a?b=c%20d&e=$f", "https://API.example:443/a": "/a", "b?x": "/items/b?x", "?x=1#frag": "/items/all?x=1", "//api.example/a": "/a"},
		"https://api.example/v1/": {"/v1/a%2Fb?x": "/a%2Fb?x", "/v1?x": "?x", "/v1": "", "../items": "/items", "https://api.example/v1/items/all?a=1&a=2": "/items/all?a=1&a=2"},
	} {
		for link, want := range cases {
			c := model.Client{Name: "erp", BaseURL: base}
			got, err := resolve(&c, model.Request{Path: "/items/all?page=1"}, link)
			if err != nil || got != want {
				t.Errorf("%s with %s: %q %v, want %q", base, link, got, err, want)
			}
		}
	}
}
