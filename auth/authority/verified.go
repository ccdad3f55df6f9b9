package authority

import (
	"crypto/sha256"
	"sync"
	"time"

	"ferry/model"
	"ferry/model/serving"
)

// Tokens that were verified are remembered by a digest of their text, so that a request
// costs no signature check. Only what the signature proved is remembered, never the token,
// and nothing that was refused. Whose key signed it, who its user is and whether it was
// revoked is looked up for every use.
const (
	maxVerified = 10_000
	shards      = 16
)

// digest names a token.
type digest [sha256.Size]byte

// remembered is a bounded map in shards, so that requests seldom wait for one another. The
// zero value is ready.
type remembered[V any] struct {
	shard [shards]struct {
		mu  sync.RWMutex
		all map[digest]V
	}
}

func (m *remembered[V]) get(d digest) (V, bool) {
	s := &m.shard[d[0]%shards]
	s.mu.RLock()
	defer s.mu.RUnlock()
	v, ok := s.all[d]
	return v, ok
}

// put remembers v. A full shard first loses what over reports, and then any one: a token
// that was forgotten costs one signature check.
func (m *remembered[V]) put(d digest, v V, over func(V) bool) {
	s := &m.shard[d[0]%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[digest]V{}
	}
	if len(s.all) >= maxVerified/shards {
		for k, old := range s.all {
			if over(old) {
				delete(s.all, k)
			}
		}
		for k := range s.all {
			if len(s.all) < maxVerified/shards {
				break
			}
			delete(s.all, k)
		}
	}
	s.all[d] = v
}

func (m *remembered[V]) drop(d digest) {
	s := &m.shard[d[0]%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, d)
}

func (m *remembered[V]) size() (n int) {
	for i := range m.shard {
		s := &m.shard[i]
		s.mu.RLock()
		n += len(s.all)
		s.mu.RUnlock()
	}
	return n
}

// proof is what a signature proved, and the key that made it.
type proof struct {
	claims *Claims
	signer *Signer
}

func (p proof) over(now time.Time) bool { return p.claims.inTime(now) == errExpired }

// proven returns the claims of a token whose signature is right, for a key that tokens may
// be signed with at now.
func (h *Hub) proven(r *ring, name digest, text string, now time.Time) (*Claims, *BearerError) {
	if p, ok := h.verified.get(name); ok {
		// A ring keeps the signer of a key that did not change, and that one only.
		if r.verifier(string(p.signer.key.ID), now) == p.signer {
			return p.claims, nil
		}
		h.verified.drop(name)
	}
	p := proof{}
	c, fault := readJWT(text, func(kid string) *Signer {
		p.signer = r.verifier(kid, now)
		return p.signer
	})
	if fault != nil {
		return nil, fault
	}
	p.claims = &c
	if c.inTime(now) == nil {
		h.verified.put(name, p, func(old proof) bool { return old.over(now) })
	}
	return p.claims, nil
}

// standing is a token as one directory has it. It goes with the directory.
type standing struct {
	token
	access Access
}

// read reads an access token of this hub. Whose it is and for whom is not looked at.
func (h *Hub) read(dir *serving.Directory, text string, now time.Time) (*standing, *BearerError) {
	r := h.ringOf(dir)
	name := digest(sha256.Sum256([]byte(text)))
	c, fault := h.proven(r, name, text, now)
	if fault != nil {
		return nil, fault
	}
	s, ok := r.standing.get(name)
	if !ok {
		// A space that was renamed has another issuer: its older tokens are those of nobody.
		space := dir.Space(c.Space)
		if space == nil || c.Issuer != h.issuer(space) || c.Subject != c.ClientID {
			return nil, errIssuer
		}
		s = &standing{token: token{claims: c, space: space, user: dir.User(space.ID, c.ClientID), issuer: h.issuer(space)}}
		s.access = s.token.access()
	}
	if fault := c.inTime(now); fault != nil {
		return nil, fault
	}
	if !ok {
		r.standing.put(name, s, func(old *standing) bool { return old.claims.inTime(now) == errExpired })
	}
	return s, nil
}

// permitsOf returns what a user may do itself: the same map for every request.
func (r *ring) permitsOf(u *serving.User) model.Permits {
	if p, ok := r.permits.Load(u); ok {
		return p.(model.Permits) //nolint:forcetypeassert // nothing else is stored
	}
	p := u.Permits(u.Scopes)
	r.permits.Store(u, p)
	return p
}
