package paging

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"

	"ferry/auth/wire"
	"ferry/model"
)

// maxAttempts is how often one page is asked for, maxTorn how often one that comes whole
// and is cut off inside: that is a fault of the source more than of the way.
const (
	maxAttempts = 8
	maxTorn     = 3
	maxWait     = time.Hour
)

// pauses is how long to wait between two attempts at one page.
func pauses() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier, b.RandomizationFactor = 200*time.Millisecond, 30*time.Second, 2, 0.3
	return b
}

// again reports whether a status may be another one soon.
func again(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// passing reports whether an error of a Link may be gone soon: of the network, of a turn
// that comes later, or of a token endpoint that is down.
func passing(err error) bool {
	if _, held := wire.HeldUntil(err); held {
		return true
	}
	var g *model.GrantError
	if errors.As(err, &g) {
		return again(g.Status) || g.Code == "temporarily_unavailable" || g.Code == "server_error" || g.Code == "slow_down"
	}
	code := model.CodeOf(err)
	return code == model.EUnreachable || code == model.ETimeout
}

// pause passes time.
func (s *Source) pause(ctx context.Context, d time.Duration) error {
	if s.wait != nil {
		return s.wait(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// pauseFor is how long to wait before the next attempt, and why.
func pauseFor(resp *model.Response, err error, b *backoff.ExponentialBackOff, now time.Time) (time.Duration, string) {
	if until, held := wire.HeldUntil(err); held {
		d := min(max(until.Sub(now), 50*time.Millisecond), maxWait)
		return d, fmt.Sprintf("it is not this client's turn for %s", brief(d))
	}
	d := b.NextBackOff()
	if err != nil {
		return d, fmt.Sprintf("asking again in %s: %s", brief(d), err.Error())
	}
	h := http.Header{}
	for _, p := range resp.Headers {
		h.Add(p.Name, p.Value)
	}
	if asked := wire.RetryAfter(resp.Status, h, now); asked > 0 {
		asked = min(asked, maxWait)
		return asked, fmt.Sprintf("the source asked to wait %s (%d)", brief(asked), resp.Status)
	}
	return d, fmt.Sprintf("asking again in %s: the source answered %s", brief(d), statusText(resp.Status))
}

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return fmt.Sprint(status)
}

// brief is a duration for a person.
func brief(d time.Duration) string {
	if d >= 10*time.Second {
		return d.Round(time.Second).String()
	}
	return d.Round(100 * time.Millisecond).String()
}
