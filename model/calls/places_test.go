package calls_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ferry/model"
	"ferry/model/calls"
)

func TestPlaces(t *testing.T) {
	for path, want := range map[string][]string{
		"": nil, "/a/b": nil, "/a/{id}": {"id"}, "/{a}/{b}/{a}": {"a", "b"}, "/O('{k}',{n-1}.x)": {"k", "n-1"},
		"/{}/{ a}/{a b}": nil, "/{a{b}}": {"b"}, "/x?f={id}": nil, "/{a": nil, "/a}": nil, "/{ä}/{\x1b}": nil,
	} {
		if got := calls.Places(path); cmp.Diff(want, got) != "" {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestFill(t *testing.T) {
	for _, tc := range []struct{ path, a, want string }{
		{"/x/{a}/y?f={a}", "1", "/x/1/y?f={a}"},
		{"/x/{a}", "a b/c?d#e%2F;ü", "/x/a%20b%2Fc%3Fd%23e%252F%3B%C3%BC"},
		{"/{a}{}{/}", "v", "/v%7B%7D%7B/%7D"},
		{"/{a}-{a}", "..", "/..-.."},
		{"/P('{a}')", "it's", "/P('it%27s')"},
		{"/f.{a}", "json", "/f.json"},
	} {
		got, err := calls.Fill(model.Request{Path: tc.path}, []model.Param{{Name: "a", Value: tc.a}})
		if err != nil || got.Path != tc.want {
			t.Errorf("%s with %q: %s, %v; want %s", tc.path, tc.a, got.Path, err, tc.want)
		}
	}
	if got, err := calls.Fill(model.Request{Path: "/../%zz/."}, nil); err != nil || got.Path != "/../%zz/." {
		t.Errorf("a path without places: %s, %v", got.Path, err)
	}
	for _, tc := range []struct {
		path   string
		params []model.Param
		says   string
	}{
		{"/{a}", nil, "{a} without a value"},
		{"/{a}", []model.Param{{Name: "a"}}, "{a} without a value"},
		{"/{a}", []model.Param{{Name: "b", Value: "1"}}, "no place {b}"},
		{"/{a}", []model.Param{{Name: "a", Value: "1"}, {Name: "a", Value: "2"}}, "given twice"},
		{"/{a}", []model.Param{{Name: "a", Value: "1\r\n"}}, "control character"},
		{"/{a}", []model.Param{{Name: "a", Value: ".."}}, `".."`},
		{"/{a}/x", []model.Param{{Name: "a", Value: "."}}, `"."`},
		{"/.{a}/x", []model.Param{{Name: "a", Value: "."}}, `".."`},
		{"/{a}/x", []model.Param{{Name: "a", Value: "x/../y"}}, `".."`},
		{"/{a}/x", []model.Param{{Name: "a", Value: `x\..`}}, `".."`},
	} {
		_, err := calls.Fill(model.Request{Path: tc.path}, tc.params)
		wantCode(t, err, model.EInvalid, "path")
		if !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", tc.path, err)
		}
	}
}

// Whatever the value is, the filled path has the segments of the template, the one with
// the place decodes to the value, and nothing became a query or a fragment.
func TestAValueNeverChangesTheStructureOfAPath(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		value := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune(`./\%2eEfF?#&=;:@{}a`)))).Draw(rt, "value")
		before := rapid.SampledFrom([]string{"", "x", "'", "."}).Draw(rt, "before")
		after := rapid.SampledFrom([]string{"", "y", "')", "."}).Draw(rt, "after")
		r, err := calls.Fill(model.Request{Path: "/one/" + before + "{v}" + after + "/two?q=1"}, []model.Param{{Name: "v", Value: value}})
		if err != nil {
			if model.CodeOf(err) != model.EInvalid {
				rt.Fatal(err)
			}
			return
		}
		u, err := url.Parse("https://api.example.com" + r.Path)
		if err != nil {
			rt.Fatalf("%q is no URL: %v", r.Path, err)
		}
		segments := strings.Split(u.EscapedPath(), "/")
		if len(segments) != 4 || segments[1] != "one" || segments[3] != "two" || u.RawQuery != "q=1" || u.Fragment != "" || u.Host != "api.example.com" {
			rt.Fatalf("%q has another structure", r.Path)
		}
		if got, err := url.PathUnescape(segments[2]); err != nil || got != before+value+after {
			rt.Fatalf("%q carries %q, want %q", r.Path, got, before+value+after)
		}
		if cleaned := u.JoinPath().EscapedPath(); cleaned != u.EscapedPath() {
			rt.Fatalf("%q resolves to %q", r.Path, cleaned)
		}
	})
}
