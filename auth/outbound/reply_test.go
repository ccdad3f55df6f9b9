package outbound

import (
	"encoding/json"
	"testing"
	"time"

	"ferry/auth/wire"
	"ferry/model"
)

// CASES: expires_in as float, "", null, negative, huge, absent → a usable or "unknown"
// lifetime, never a far future.
func TestExpiresIn(t *testing.T) {
	for member, want := range map[string]time.Duration{
		`600`: 10 * time.Minute, `"600"`: 10 * time.Minute, `600.0`: 10 * time.Minute, `599.9996`: 599_999 * time.Millisecond, `"  8 "`: 8 * time.Second,
		`6e2`: 10 * time.Minute, `0.5`: 500 * time.Millisecond, `"1.5"`: 1500 * time.Millisecond, `31536000`: 365 * 24 * time.Hour,
		`0`: 0, `-1`: 0, `-2147483649`: 0, `2147483648`: 0, `31536001`: 0, `9223372036854775807`: 0, `1e308`: 0, `1e999`: 0, `"inf"`: 0, `"NaN"`: 0,
		`""`: 0, `" "`: 0, `null`: 0, `true`: 0, `{}`: 0, `[600]`: 0, `"ten"`: 0, `"0x10"`: 0, `"1_000"`: 0, `"2027-01-01T00:00:00Z"`: 0, `"null"`: 0,
	} {
		t.Run(member, func(t *testing.T) {
			s := answer(t, 200, "application/json", tokenJSON(`"expires_in":`+member))
			f := fetch(t, wire.Limits{}, clientFor(s.URL("/")), model.SendHeader)
			ok(t, f)
			if got := f.token.Life(); got != want || f.token.Expires.IsZero() != (want == 0) {
				t.Errorf("life %s, want %s", got, want)
			}
			once(t, s)
		})
	}
	f := fetch(t, wire.Limits{}, clientFor(answer(t, 200, "application/json", tokenJSON("")).URL("/")), model.SendHeader)
	ok(t, f)
	if !f.token.Expires.IsZero() {
		t.Errorf("absent: expires %s", f.token.Expires)
	}
}

func FuzzExpiresIn(f *testing.F) {
	for _, s := range []string{`600`, `"600"`, `1.5`, `-1`, `1e999`, `null`, `""`, `{}`, `"0x1p4"`, `-2147483649`, ``, `"\u0036"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if d := lifetime(json.RawMessage(raw)); d < 0 || d > maxLifetime {
			t.Errorf("%q: %s", raw, d)
		}
		// Nor does the whole answer fail on it, if it is JSON at all.
		r := parseReply("application/json", []byte(`{"access_token":"a","expires_in":`+raw+`}`))
		if json.Valid([]byte(raw)) && (r.access != "a" || !json.Valid(r.plain())) {
			t.Errorf("%q: %+v", raw, r)
		}
	})
}

func FuzzTokenText(f *testing.F) {
	for _, s := range []string{"", "abc", "a b", "a\r\nX: y", "\x00", "é", "~!", "\x1b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		good := len(token) <= model.MaxTokenText
		for _, c := range []byte(token) {
			good = good && c > 0x20 && c < 0x7f
		}
		if (checkText(token) == nil) != good {
			t.Errorf("%q: %v", token, checkText(token))
		}
	})
}
