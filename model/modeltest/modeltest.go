// Package modeltest is what tests of every room share: a fixed clock, fixed ids, hand
// fakes of the ports and a builder of clients. Tests and test helpers import it, nothing
// else does.
//
// It imports model and its use-cases only.
package modeltest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/spaces"
)

// Start is what a Clock shows at first.
var Start = time.Date(2026, 3, 4, 9, 30, 0, 0, time.UTC)

// Clock is a clock that a test sets. The zero Clock shows Start.
type Clock struct {
	mu     sync.Mutex
	passed time.Duration
}

// Now is a model.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Start.Add(c.passed)
}

// Pass lets time pass.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.passed += d
}

// IDs makes ids in order: 26 digits. The zero IDs begins at 1.
type IDs struct {
	mu   sync.Mutex
	last int
}

// New is a model.IDs.
func (i *IDs) New(time.Time) model.ID {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last++
	return model.ID(fmt.Sprintf("%026d", i.last))
}

// Digest is a model.KeyDigest without a pepper.
func Digest(text string) [32]byte { return sha256.Sum256([]byte(text)) }

// Random makes bytes that differ from each other and are the same in every run.
type Random struct {
	mu   sync.Mutex
	next byte
}

// Bytes returns n bytes.
func (r *Random) Bytes(n int) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next++
	return bytes.Repeat([]byte{r.next}, n)
}

// Alice is who works in a Door's hub.
var Alice = model.Actor{UID: 1000, User: "alice", Slot: "test"}

// FirstSpace writes the default space, as a new store has it.
func FirstSpace(tx model.Tx) error {
	return spaces.First(tx, "00000000000000000000000001", Start, Alice)
}

// OAuth returns the draft of a client with OAuth 2.0 and a secret.
func OAuth(name, baseURL string) clients.Draft {
	return clients.Draft{
		Name: name, BaseURL: baseURL, Method: model.AuthOAuth2, TokenURL: baseURL + "/oauth2/token",
		ClientID: "hub", ClientSecret: clients.Set("s3cret-" + name),
	}
}

// NoAuth returns the draft of a client without authentication.
func NoAuth(name, baseURL string) clients.Draft { return clients.Draft{Name: name, BaseURL: baseURL} }
