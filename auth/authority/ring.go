package authority

import (
	"sync"
	"time"

	"ferry/model"
	"ferry/model/serving"
)

// ring is the signing keys of one directory, taken apart.
type ring struct {
	dir     *serving.Directory
	signers map[model.ID]*Signer

	standing remembered[*standing] // tokens as this directory has them
	permits  sync.Map              // *serving.User → model.Permits
}

// ringOf returns the keys of dir. Only the first request on a new directory has work to
// do, and only for keys that the directory before did not have.
func (h *Hub) ringOf(dir *serving.Directory) *ring {
	if r := h.keys.Load(); r != nil && r.dir == dir {
		return r
	}
	h.taking.Lock()
	defer h.taking.Unlock()
	old := h.keys.Load()
	if old != nil && old.dir == dir {
		return old
	}
	next := &ring{dir: dir, signers: make(map[model.ID]*Signer, len(dir.Signing))}
	for _, k := range dir.Signing {
		if old != nil {
			if s := old.signers[k.ID]; s != nil && s.key.Private.Equal(k.Private) && s.key.Algorithm == k.Algorithm {
				next.signers[k.ID] = s
				continue
			}
		}
		if s, err := NewSigner(k); err == nil { // one that cannot be read signs and verifies nothing
			next.signers[k.ID] = s
		}
	}
	h.keys.Store(next)
	return next
}

// signer returns the key that signs at now, nil when there is none.
func (r *ring) signer(now time.Time) *Signer {
	k := r.dir.Signer(now)
	if k == nil {
		return nil
	}
	return r.signers[k.ID]
}

// published returns the keys that tokens may be signed with at now.
func (r *ring) published(now time.Time) []*Signer {
	var out []*Signer
	for _, k := range r.dir.Published(now) {
		if s := r.signers[k.ID]; s != nil {
			out = append(out, s)
		}
	}
	return out
}

// verifier returns the published key called kid, nil when there is none.
func (r *ring) verifier(kid string, now time.Time) *Signer {
	for _, s := range r.published(now) {
		if string(s.key.ID) == kid {
			return s
		}
	}
	return nil
}
