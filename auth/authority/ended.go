package authority

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"ferry/model"
)

// ended is the tokens that this process has revoked and that the newest directory may
// not hold yet: they are refused at once, and even when storing that fails.
type ended struct {
	count atomic.Int64 // so that a request takes the lock only when there is one
	mu    sync.RWMutex
	until map[string]time.Time
	purge int // how many there may be before those that are stored are dropped
}

func (e *ended) has(jti string) bool {
	if e.count.Load() == 0 {
		return false
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	_, ok := e.until[jti]
	return ok
}

// add remembers a token, and drops those that over reports to be so when there are many.
func (e *ended) add(jti string, until time.Time, over func(jti string, until time.Time) bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.until == nil {
		e.until = map[string]time.Time{}
	}
	if len(e.until) >= max(e.purge, 64) {
		for id, t := range e.until {
			if over(id, t) {
				delete(e.until, id)
			}
		}
		e.purge = 2 * len(e.until)
	}
	e.until[jti] = until
	e.count.Store(int64(len(e.until)))
}

// revocation is the revocation endpoint of the realm (RFC 7009).
func (m *realm) revocation() *Revocation {
	return &Revocation{Authenticator: m.authenticator(), Revoke: m.revoke}
}

// revoke ends a token of the client. What is no token, or has ended, needs no revoking.
func (m *realm) revoke(ctx context.Context, client Client, text string) (mine bool, err error) {
	t, _ := m.hub.read(m.dir, text, m.now)
	if t == nil {
		return true, nil
	}
	if t.user == nil || t.user.ID != client.Key.Owner.ID {
		m.refuse(otherToken)
		return false, nil
	}
	if m.dir.TokenRevoked(t.claims.ID) {
		return true, nil
	}
	// Tokens are accepted a little longer than they say, so this must be kept as long.
	until := time.Unix(t.claims.Expires, 0).Add(model.ClockSkew).UTC()
	m.hub.ended.add(t.claims.ID, until, func(jti string, until time.Time) bool {
		return m.dir.TokenRevoked(jti) || m.now.After(until)
	})
	if m.hub.o.Revoke == nil {
		return true, nil
	}
	if err := m.hub.o.Revoke(ctx, model.RevokedToken{ID: t.claims.ID, Expires: until}); err != nil {
		m.refuse(notStored)
		return true, err
	}
	return true, nil
}
