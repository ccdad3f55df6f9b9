package model

import (
	"net/netip"
	"slices"
	"time"
)

// APIUser is a machine identity that may use the hub: other systems sign in as it.
type APIUser struct {
	ID          ID
	Space       ID
	Username    string // the client_id: 1–64 of letters, digits, '.', '_', '-', '@'; unique in the whole store ignoring case
	Description string // at most 256 characters, one line
	State       State
	OAuth       bool           // may ask the token endpoint for access tokens
	BearerKeys  bool           // may present an API key itself at the gateway, in place of an access token
	TTL         time.Duration  // of its access tokens: MinTTL–MaxTTL, whole minutes
	Permissions []Permission   // sorted; call permissions hold the client's id
	Networks    []netip.Prefix // where it may come from; empty: anywhere
	Expires     time.Time      // zero: never
	Revision    uint64         // counts saves, from 1
	Created     Stamp
	Updated     Stamp
}

// How long access tokens live.
const (
	MinTTL     = time.Minute
	MaxTTL     = 1440 * time.Minute
	DefaultTTL = 10 * time.Minute
)

// Clone returns a deep copy.
func (u *APIUser) Clone() APIUser {
	out := *u
	out.Permissions = slices.Clone(u.Permissions)
	out.Networks = slices.Clone(u.Networks)
	return out
}

// Expired reports whether the user's time is over at now.
func (u *APIUser) Expired(now time.Time) bool { return !u.Expires.IsZero() && !now.Before(u.Expires) }

// From reports whether the user may come from addr. An IPv4 address mapped into IPv6
// counts as what it is.
func (u *APIUser) From(addr netip.Addr) bool {
	if len(u.Networks) == 0 {
		return true
	}
	addr = addr.Unmap().WithZone("")
	return slices.ContainsFunc(u.Networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// APIKey is a client secret of an API user. The key itself is shown once, when it is
// made; only its digest is kept.
type APIKey struct {
	ID       ID // also part of the key's text
	Space    ID
	User     ID
	Label    string // at most 64 characters, one line; may be empty
	Digest   [32]byte
	Expires  time.Time // zero: never
	Revoked  Stamp     // zero At: not revoked
	Replaces ID        // the key it was made from by rotation, or ""
	Revision uint64
	Created  Stamp
}

// KeyState says whether a key can be used.
type KeyState string

// The states of a key.
const (
	KeyActive  KeyState = "active"
	KeyExpired KeyState = "expired"
	KeyRevoked KeyState = "revoked"
)

// State returns the key's state at now.
func (k *APIKey) State(now time.Time) KeyState {
	switch {
	case !k.Revoked.At.IsZero():
		return KeyRevoked
	case !k.Expires.IsZero() && !now.Before(k.Expires):
		return KeyExpired
	}
	return KeyActive
}

// KeyUse is when and from where a key was last used: run-time state in a record of its
// own, written in batches.
type KeyUse struct {
	Key   ID
	At    time.Time
	Addr  string // without a port
	Count uint64 // access tokens issued for it in all
}

// Limits on keys.
const (
	MaxLiveKeys    = 20 // active keys of one user
	MaxKeys        = 30 // keys of one user; the oldest that cannot be used go first
	MaxLabel       = 64
	MaxUserNote    = 256
	ExpiringSoon   = 14 * 24 * time.Hour // keys that expire within it are on the warning list
	DefaultOverlap = 24 * time.Hour      // how long a rotated key stays valid
)
