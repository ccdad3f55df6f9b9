package authority

import (
	"net/url"
	"strings"
	"testing"
)

func FuzzForm(f *testing.F) {
	f.Add("a=1&b=2")
	f.Add("a=1&a=2;%zz")
	f.Add("&&a&=b&resource=x&resource=y&resource=")
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
			if name == "resource" {
				if strings.Join(got.Resources, "") != strings.Join(vs, "") {
					t.Fatalf("%q: resources %q of %q", body, got.Resources, vs)
				}
				continue
			}
			if len(vs) != 1 || got.Get(name) != vs[0] {
				t.Fatalf("%q: %q is %q of %q", body, name, got.Get(name), vs)
			}
		}
	})
}

func TestFormOfManyParametersIsRefused(t *testing.T) {
	pairs := make([]string, maxParameters+1)
	for i := range pairs {
		pairs[i] = "p" + strings.Repeat("x", i) + "=1"
	}
	if _, fault := parseForm(strings.Join(pairs[1:], "&")); fault != nil {
		t.Errorf("%d parameters: %v", maxParameters, fault)
	}
	if _, fault := parseForm(strings.Join(pairs, "&")); fault == nil || fault.Code != InvalidRequest {
		t.Errorf("%d parameters: %v, want invalid_request", maxParameters+1, fault)
	}
}
