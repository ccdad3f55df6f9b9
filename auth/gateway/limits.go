package gateway

import (
	"sync"
	"time"

	"ferry/model"
	"ferry/model/gateway"
)

// maxMeters bounds how many users of one client are counted at once. There are as many as
// API users with a rule, so it is a net, not a limit.
const maxMeters = 10_000

// meters count the requests of each user to one client. They are this process's own.
type meters struct {
	mu    sync.Mutex
	users map[model.ID]*meter
}

// meter is a token bucket and a day's count.
type meter struct {
	tokens float64
	filled time.Time // when tokens was right
	day    int64     // days since 1970 in UTC
	count  int64     // of that day
}

// take counts one request, or says why it may not pass and how long to wait. A refused
// request counts for nothing.
func (m *meters) take(rule *model.GatewayRule, now time.Time) (gateway.Refusal, time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.of(rule, now)
	day := now.Unix() / secondsADay
	if day != u.day {
		u.day, u.count = day, 0
	}
	if rule.PerDay > 0 && u.count >= rule.PerDay {
		return gateway.DayLimited, time.Unix((day+1)*secondsADay, 0).Sub(now)
	}
	if rule.PerSecond > 0 {
		u.fill(rule.PerSecond, now)
		if u.tokens < 1 {
			return gateway.RateLimited, time.Duration((1 - u.tokens) / rule.PerSecond * float64(time.Second))
		}
		u.tokens--
	}
	u.count++
	return "", 0
}

const secondsADay = 24 * 60 * 60

// burst is how many requests may come at once: those of a second.
func burst(perSecond float64) float64 { return max(1, perSecond) }

// fill adds what has come in since the last request. A clock that was put back adds nothing.
func (u *meter) fill(perSecond float64, now time.Time) {
	if d := now.Sub(u.filled); d > 0 {
		u.tokens += d.Seconds() * perSecond
	}
	u.tokens, u.filled = min(u.tokens, burst(perSecond)), now
}

func (m *meters) of(rule *model.GatewayRule, now time.Time) *meter {
	u := m.users[rule.User]
	if u == nil {
		if m.users == nil {
			m.users = map[model.ID]*meter{}
		}
		if len(m.users) >= maxMeters {
			clear(m.users)
		}
		u = &meter{tokens: burst(rule.PerSecond), filled: now}
		m.users[rule.User] = u
	}
	return u
}

// keep forgets every user that is there no more.
func (m *meters) keep(there func(model.ID) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range m.users {
		if !there(id) {
			delete(m.users, id)
		}
	}
}
