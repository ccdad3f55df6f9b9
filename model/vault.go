package model

import (
	"context"
	"time"
)

// Key opens a vault: a passphrase or an identity, never both.
type Key struct {
	Passphrase Secret
	Identity   Secret // an age X25519 identity, "AGE-SECRET-KEY-1…"
	From       string // where it was found, for messages: a path, "passphrase", "file descriptor 3"
}

// SlotKind is how a slot is opened.
type SlotKind string

// The kinds of slot.
const (
	SlotPassphrase SlotKind = "passphrase"
	SlotIdentity   SlotKind = "identity"
)

// Slot is one way to open a vault. It can be read without opening it.
type Slot struct {
	ID        ID        `json:"id"`
	Kind      SlotKind  `json:"kind"`
	Label     string    `json:"label"`
	Recipient string    `json:"recipient,omitempty"` // the public key of an identity slot
	Created   time.Time `json:"created_at"`
}

// VaultStatus is what can be known of a store without opening its vault.
type VaultStatus struct {
	Path    string    `json:"path"`
	StoreID string    `json:"store_id"`
	Format  int       `json:"format"`
	Created time.Time `json:"created_at"`
	Slots   []Slot    `json:"slots"`
}

// StoreInfo is what a store holds and costs.
type StoreInfo struct {
	Path     string         `json:"path"`
	Kind     string         `json:"kind"` // "bolt"
	StoreID  string         `json:"store_id"`
	Format   int            `json:"format"`
	Bytes    int64          `json:"bytes"`
	Sequence uint64         `json:"sequence"` // counts committed changes
	Records  map[string]int `json:"records"`  // by kind: "clients", "audit" …
}

// StoreReport is the outcome of reading every record of a store.
type StoreReport struct {
	Path     string   `json:"path"`
	Checked  int      `json:"checked"`
	Problems []string `json:"problems"` // never nil, so that JSON has a list
}

// Inspector tells of a store as a whole.
type Inspector interface {
	Info(ctx context.Context) (StoreInfo, error)
	// Check opens every record, checks that index and records agree, and the file's
	// own structure. Problems are in the report; the error is for not being able to look.
	Check(ctx context.Context) (StoreReport, error)
}
