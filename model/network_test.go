package model_test

import (
	"strings"
	"testing"

	"ferry/model"
)

func TestANetworkIsReadInOneWay(t *testing.T) {
	for text, want := range map[string]string{
		"10.1.2.3/8":           "10.0.0.0/8",
		" 192.0.2.7 ":          "192.0.2.7/32",
		"2001:db8::1/32":       "2001:db8::/32",
		"2001:db8::1":          "2001:db8::1/128",
		"::ffff:192.0.2.7":     "192.0.2.7/32",
		"::ffff:10.1.2.3/104":  "10.0.0.0/8",
		"::ffff:0.0.0.0/96":    "0.0.0.0/0",
		"::ffff:10.0.0.0/90":   "mapped into IPv6",
		"fe80::1%eth0":         "zone",
		"fe80::%eth0/64":       "zone",
		"10.0.0.0/33":          "no network",
		"10.0.0/8":             "no network",
		"proxy.example.com":    "no network",
		"":                     "no network",
		"10.0.0.0/8,10.0.0.1":  "no network",
		"10.0.0.1 - 10.0.0.20": "no network",
	} {
		p, err := model.ParseNetwork(text)
		switch {
		case err != nil && (strings.Contains(want, "/") || !strings.Contains(err.Error(), want) || p.IsValid()):
			t.Errorf("%q: %v and %v, want %s", text, p, err, want)
		case err == nil && p.String() != want:
			t.Errorf("%q is %s, want %s", text, p, want)
		}
	}
}
