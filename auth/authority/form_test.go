package authority

import (
	"net/url"
	"testing"
)

func FuzzForm(f *testing.F) {
	f.Add("a=1&b=2")
	f.Add("a=1&a=2;%zz")
	f.Fuzz(func(t *testing.T, body string) {
		got, fault := parseForm(body)
		if fault != nil {
			return
		}
		values, err := url.ParseQuery(body)
		if err != nil {
			t.Fatalf("%q was accepted: %v", body, err)
		}
		for name, vs := range values {
			if len(vs) != 1 || got[name] != vs[0] {
				t.Fatalf("%q: %q is %q of %q", body, name, got[name], vs)
			}
		}
	})
}
