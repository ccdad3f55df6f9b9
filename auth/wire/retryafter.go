package wire

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter returns how long an answer with this status and these headers asks to wait
// before the next request, 0 when it does not say: what the gate of a Pool goes by.
func RetryAfter(status int, h http.Header, now time.Time) time.Duration {
	return retryAfter(status, h, now)
}

// retryAfter returns how long an answer asks to wait before the next request, 0 when
// it does not say. 429 and 503 are asked only: elsewhere such headers are forecasts.
// Retry-After (RFC 9110 §10.2.3) goes before RateLimit with RateLimit-Policy
// (draft-ietf-httpapi-ratelimit-headers, also as its older drafts write it), and that
// before X-RateLimit-Reset. now is used where the answer has no Date of its own, so that a
// clock that is wrong on either side does not matter.
func retryAfter(status int, h http.Header, now time.Time) time.Duration {
	if status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	for _, read := range []func() time.Duration{
		func() time.Duration { return delay(h.Get("Retry-After"), now) },
		func() time.Duration { return rateLimitFields(h) },
		func() time.Duration { return resetFields(h, "RateLimit-", now) },
		func() time.Duration { return resetFields(h, "X-RateLimit-", now) },
		func() time.Duration { return resetFields(h, "X-Rate-Limit-", now) },
	} {
		if d := read(); d > 0 {
			return d
		}
	}
	return 0
}

// delay reads seconds or an HTTP date.
func delay(v string, now time.Time) time.Duration {
	if at, err := http.ParseTime(v); err == nil {
		return at.Sub(now)
	}
	return seconds(v)
}

// seconds reads a number of seconds; 0 for whatever is none, or is not to come.
func seconds(v string) time.Duration {
	v = strings.TrimSpace(v)
	if v == "" || len(v) > 20 || strings.Trim(v, "0123456789.") != "" {
		return 0
	}
	n, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsNaN(n) {
		return 0
	}
	return time.Duration(min(n, 1e9) * float64(time.Second))
}

// resetFields reads -Remaining and -Reset: seconds to go, or a time as seconds or
// milliseconds since 1970, as real APIs write both. With requests remaining, it was
// another limit that was hit.
func resetFields(h http.Header, prefix string, now time.Time) time.Duration {
	if left := strings.TrimSpace(h.Get(prefix + "Remaining")); left != "" && left != "0" {
		return 0
	}
	v := strings.TrimSpace(h.Get(prefix + "Reset"))
	if at, err := http.ParseTime(v); err == nil {
		return at.Sub(now)
	}
	n, err := strconv.ParseInt(v, 10, 64)
	switch {
	case err == nil && n > 1e12:
		return time.UnixMilli(n).Sub(now)
	case err == nil && n > 1e9:
		return time.Unix(n, 0).Sub(now)
	}
	return seconds(v)
}

// rateLimitFields reads RateLimit: "name";r=0;t=30, the window of a policy where t is
// missing, or limit=100, remaining=0, reset=30 of the older drafts. The longest wait of
// the limits that are used up counts.
func rateLimitFields(h http.Header) time.Duration {
	windows := map[string]string{}
	for _, item := range strings.Split(strings.Join(h.Values("RateLimit-Policy"), ","), ",") {
		name, p := parameters(item)
		windows[name] = p["w"]
	}
	var longest time.Duration
	older := map[string]string{}
	for _, item := range strings.Split(strings.Join(h.Values("RateLimit"), ","), ",") {
		name, p := parameters(item)
		if key, value, ok := strings.Cut(name, "="); ok {
			older[strings.ToLower(key)] = value
			continue
		}
		if left, ok := p["r"]; !ok || left != "0" {
			continue
		}
		reset := p["t"]
		if reset == "" {
			reset = windows[name]
		}
		longest = max(longest, seconds(reset))
	}
	if left, ok := older["remaining"]; !ok || left == "0" {
		longest = max(longest, seconds(older["reset"]))
	}
	return longest
}

// parameters splits one member of a list of RFC 8941 as far as it is needed.
func parameters(item string) (name string, p map[string]string) {
	parts := strings.Split(item, ";")
	p = map[string]string{}
	for _, part := range parts[1:] {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		p[strings.ToLower(key)] = strings.Trim(value, `"`)
	}
	return strings.TrimSpace(parts[0]), p
}
