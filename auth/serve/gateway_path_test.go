package serve

import (
	"strings"
	"testing"
)

func TestShownPath(t *testing.T) {
	for target, want := range map[string]string{
		"/gw/erp/orders/17?token=x":             "/gw/erp/orders/17",
		"/gw/erp/ferry_kSECRET/x":               "/gw/erp/…/x",
		"/gw/erp/eyJhbGciOi.x.y":                "/gw/erp/…",
		"/gw/erp/" + strings.Repeat("x", 65):    "/gw/erp/…",
		"/gw/erp/a%20b":                         "/gw/erp/a%20b",
		"/gw/erp/\x1b[31m":                      "/gw/erp/<U+001B>[31m",
		"/gw/erp" + strings.Repeat("/abc", 100): "/gw/erp" + strings.Repeat("/abc", 48) + "/…",
	} {
		if got := shownPath(target); got != want {
			t.Errorf("%q: %q", target, got)
		}
	}
}
