package keys_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ferry/model"
	"ferry/model/keys"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 500, time.UTC)

func TestParseSpan(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "0d": 0, "30m": 30 * time.Minute, "36h": 36 * time.Hour, "90d": 90 * day, "2w": 14 * day, " 1d ": day,
		"106751d": 106751 * day, "007d": 7 * day,
	} {
		if got, err := keys.ParseSpan(text); err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "d", "1", "5s", "1.5h", "1d12h", "-1d", "+1d", "1 d", "1D", "0x1d", "1_0d", "٣d", "never",
		"106752d", "15251w", "9223372036854775807m", "18446744073709551616d", strings.Repeat("9", 400) + "d",
	} {
		got, err := keys.ParseSpan(text)
		if msg := wantCode(t, err, model.EInvalid); got != 0 || len(msg) > 100 {
			t.Errorf("%q is %v, %q", text, got, msg)
		}
	}
}

func TestParseExpiry(t *testing.T) {
	at := func(text string) time.Time {
		t.Helper()
		want, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return want
	}
	for text, want := range map[string]time.Time{
		"": {}, "never": {}, "  ": {},
		"90d":                            at("2026-06-02T12:00:00Z"),
		"1m":                             at("2026-03-04T12:01:00Z"),
		"2026-03-04":                     at("2026-03-04T23:59:59Z"), // the day is not over
		"2027-01-31":                     at("2027-01-31T23:59:59Z"),
		"2028-02-29":                     at("2028-02-29T23:59:59Z"),
		"2027-01-31T18:00:00+02:00":      at("2027-01-31T16:00:00Z"),
		"2027-01-31T18:00:00.987654321Z": at("2027-01-31T18:00:00Z"),
		"100w":                           noon.Truncate(time.Second).Add(700 * day),
	} {
		got, err := keys.ParseExpiry(text, noon)
		if err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"0", "0d", "2026-03-03", "2026-03-04T12:00:00Z", "1999-12-31T00:00:00Z", "0001-01-01T00:00:00Z", "0000-01-01",
		"36501d", "106751d", "9999-12-31", "9999-12-31T23:59:59Z", "2027-02-29", "2027-1-31", "31.01.2027", "tomorrow", "Never",
		"2027-01-31 18:00", "-5d", "\x1b[2J", "9223372036854775807w",
	} {
		got, err := keys.ParseExpiry(text, noon)
		msg := wantField(t, err, "expires_at")
		if !got.IsZero() || strings.ContainsRune(msg, '\x1b') {
			t.Errorf("%q is %v, %q", text, got, msg)
		}
	}
}

func TestWhatLooksLikeAKeyIsNotRepeated(t *testing.T) {
	for _, err := range []error{
		func() error { _, err := keys.ParseSpan(goldenMiddle); return err }(),
		func() error { _, err := keys.ParseExpiry(goldenMiddle[:70], noon); return err }(),
	} {
		if msg := wantCode(t, err, model.EInvalid); strings.Contains(msg, goldenMiddle[:30]) {
			t.Errorf("it says %q", msg)
		}
	}
}

func TestASpanThatIsReadIsTheOneThatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]string{"m", "h", "d", "w"}).Draw(t, "unit")
		size := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": day, "w": 7 * day}[unit]
		n := rapid.Uint64().Draw(t, "n")
		got, err := keys.ParseSpan(rapid.SampledFrom([]string{"", "0", "00"}).Draw(t, "zeroes") + utoa(n) + unit)
		if fits := n <= uint64(math.MaxInt64/size); fits != (err == nil) || fits && got != time.Duration(n)*size {
			t.Fatalf("%d%s is %v, %v", n, unit, got, err)
		}
	})
}

func utoa(n uint64) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return utoa(n/10) + utoa(n%10)
}

func FuzzParseSpan(f *testing.F) {
	for _, s := range []string{"90d", "0", "2w", "", "d", "-1d", "99999999999999999999d", "106752d", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := keys.ParseSpan(text)
		if d < 0 || err != nil && (d != 0 || model.CodeOf(err) != model.EInvalid) {
			t.Errorf("%q is %v, %v", text, d, err)
		}
	})
}

func FuzzParseExpiry(f *testing.F) {
	for _, s := range []string{"90d", "never", "2027-01-31", "2027-01-31T18:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31", "0", "99999w", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := keys.ParseExpiry(text, noon)
		switch {
		case err != nil:
			if model.CodeOf(err) != model.EInvalid || !at.IsZero() || model.Printable(err.Error()) != err.Error() {
				t.Errorf("%q is %v, %v", text, at, err)
			}
		case at.IsZero() && strings.TrimSpace(text) != "" && strings.TrimSpace(text) != "never":
			t.Errorf("%q is never", text)
		case !at.IsZero() && (!at.After(noon) || at.Year() > 2130 || at.Nanosecond() != 0):
			t.Errorf("%q is %v", text, at)
		}
	})
}
