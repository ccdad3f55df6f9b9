package model

import (
	"context"
	"time"
)

// Store is the port to the sealed records.
//
// Closures may run more than once: ids, times and anything random are made before
// the transaction begins, and nothing outside is changed by a closure except by
// assignment that a second run would repeat. A transaction holds at most 100
// writes and 1 MiB. Errors: EBusy when another process holds the store longer than
// 5 s, ECorrupt when a record does not open, EInterrupted when ctx ends.
type Store interface {
	// View runs fn on one consistent state. A write inside it fails.
	View(ctx context.Context, fn func(Tx) error) error
	// Update runs fn and commits what it wrote, all or nothing.
	Update(ctx context.Context, fn func(Tx) error) error
	// Lock waits for the lock called name, shared by every process on this store. It
	// is for work that should not run twice at once, never needed for correctness,
	// and never held around a transaction that waits for something else.
	Lock(ctx context.Context, name string) (unlock func(), err error)
	// Watch sends after every change by any process, until ctx ends. Changes that
	// follow one another quickly may arrive as one.
	Watch(ctx context.Context) (<-chan struct{}, error)
}

// Tx is one transaction, as typed repositories. It is dead once its closure returns.
type Tx interface {
	Spaces() SpaceRepo
	Clients() ClientRepo
	Runtimes() RuntimeRepo
	Tokens() TokenRepo
	History() HistoryRepo
	Saved() SavedRepo
	Audit() AuditRepo
	Users() UserRepo
	Keys() KeyRepo
	Serving() ServingRepo
	Transfers() TransferRepo
	Rules() RuleRepo
}

// SpaceRepo stores spaces.
type SpaceRepo interface {
	ByName(name string) (Space, error) // ignoring case; ENotFound
	Get(id ID) (Space, error)          // ENotFound
	Put(Space) error                   // EExists when another space has the name
	Delete(id ID) error                // ENotFound; frees the name, and nothing else
	Page(after ID, limit int) ([]Space, error)
}

// ClientRepo stores clients and keeps their names unique in each space.
type ClientRepo interface {
	Get(space, id ID) (Client, error)             // ENotFound
	ByName(space ID, name string) (Client, error) // ignoring case; ENotFound
	// Page returns up to limit (1–1,000) clients with ids after the given one, in the
	// order of ids; fewer than limit means there are no more.
	Page(space, after ID, limit int) ([]Client, error)
	// Put inserts or replaces by id. EExists when another client has the name.
	Put(Client) error
	Delete(space, id ID) error // ENotFound
}

// RuntimeRepo stores what happened to clients lately.
type RuntimeRepo interface {
	Get(space, client ID) (Runtime, error) // the zero Runtime when there is none
	Put(space ID, r Runtime) error
	Delete(space, client ID) error // no error when there is none
	Page(space, after ID, limit int) ([]Runtime, error)
}

// TokenRepo stores one token state a client.
type TokenRepo interface {
	Get(client ID) (TokenState, error) // the zero TokenState when there is none
	Put(TokenState) error
	Delete(client ID) error // no error when there is none
}

// HistoryRepo stores test calls.
type HistoryRepo interface {
	Append(HistoryEntry) error              // drops the oldest beyond MaxHistory of that client
	List(client ID) ([]HistoryEntry, error) // newest first
	// DeleteSome removes up to limit entries of a client and reports how many are left.
	DeleteSome(client ID, limit int) (left int, err error)
}

// SavedRepo stores calls under names, which are unique for a client ignoring case.
type SavedRepo interface {
	List(client ID) ([]SavedCall, error) // by name; at most MaxSaved
	Put(SavedCall) error                 // EExists when another has the name
	Delete(client, id ID) error          // no error when there is none
}

// AuditRepo stores the audit log. It has no way to change or remove an entry.
type AuditRepo interface {
	Append(AuditEntry) error
	Page(before ID, limit int) ([]AuditEntry, error) // newest first; before "" is the newest
}

// UserRepo stores API users and keeps their usernames unique in the whole store.
type UserRepo interface {
	Get(space, id ID) (APIUser, error) // ENotFound
	// ByName finds a user of any space, ignoring case. ENotFound.
	ByName(username string) (APIUser, error)
	Page(space, after ID, limit int) ([]APIUser, error) // in the order of ids
	Put(APIUser) error                                  // EExists when another user has the username
	Delete(space, id ID) error                          // ENotFound; its keys are not touched
}

// KeyRepo stores API keys and, apart from them, their last use.
type KeyRepo interface {
	Get(space, id ID) (APIKey, error) // ENotFound
	Put(APIKey) error
	Delete(space, id ID) error                         // with its use; ENotFound
	Page(space, after ID, limit int) ([]APIKey, error) // in the order of ids, all users together
	OfUser(space, user ID) ([]APIKey, error)           // at most MaxKeys, oldest first
	Use(space, id ID) (KeyUse, error)                  // the zero KeyUse when it was never used
	PutUse(space ID, u KeyUse) error
	Uses(space, after ID, limit int) ([]KeyUse, error) // in the order of the keys' ids
}

// ServingRepo stores what serving the hub needs beside users and keys.
type ServingRepo interface {
	Config() (ServeConfig, error) // the zero ServeConfig when nothing was set
	PutConfig(ServeConfig) error
	SigningKeys() ([]SigningKey, error) // all of them (a handful), oldest first
	PutSigningKey(SigningKey) error
	DeleteSigningKey(id ID) error // no error when there is none
	Revoke(RevokedToken) error
	Revoked(after string, limit int) ([]RevokedToken, error) // in the order of their ids
	Forget(id string) error                                  // a revoked token that has expired
}

// TransferRepo stores transfers, what happens to them, and what syncs remember.
type TransferRepo interface {
	Get(space, id ID) (Transfer, error)             // ENotFound
	ByName(space ID, name string) (Transfer, error) // ignoring case; ENotFound
	Page(space, after ID, limit int) ([]Transfer, error)
	Put(Transfer) error                        // EExists when another transfer has the name; "" is no name
	Delete(space, id ID) error                 // with its state and faults; runs and entries are not touched; ENotFound
	State(space, id ID) (TransferState, error) // the zero TransferState when there is none
	PutState(space ID, s TransferState) error
	States(space, after ID, limit int) ([]TransferState, error)
	// PutRun adds or replaces a run by id, and drops the oldest beyond MaxRuns of its transfer.
	PutRun(TransferRun) error
	Runs(transfer ID) ([]TransferRun, error) // newest first
	// PutFaults replaces the faults of a transfer, at most MaxFaults.
	PutFaults(space, transfer ID, faults []TransferFault) error
	Faults(space, transfer ID) ([]TransferFault, error) // newest first
	// Shard is one part of what a sync remembers: any number of entries below 512 KiB.
	Shard(transfer ID, n int) ([]SyncEntry, error) // nil when there is none
	PutShard(transfer ID, n int, entries []SyncEntry) error
	// DeleteSome removes up to limit runs and shards of a transfer and reports how many are left.
	DeleteSome(transfer ID, limit int) (left int, err error)
}

// RuleRepo stores the rules of the gateway, at most one for a user and a client.
type RuleRepo interface {
	Get(space, user, client ID) (GatewayRule, error) // ENotFound
	Put(GatewayRule) error
	Delete(space, user, client ID) error // ENotFound
	// Page returns up to limit rules of a space behind the one named, by user and client; "" "" is
	// the beginning.
	Page(space, afterUser, afterClient ID, limit int) ([]GatewayRule, error)
}

// KeyDigest is how an API key is kept: HMAC-SHA-256 of its text under the vault's pepper.
type KeyDigest func(text string) [32]byte

// TokenSource speaks to authorization servers. Every method makes at most the
// requests it names, follows no redirect with a credential, and reads at most
// MaxTokenBody bytes.
type TokenSource interface {
	// Discover reads the issuer's metadata (RFC 8414 §3, OpenID Connect Discovery §4).
	// EUpstream, EUnreachable, ETimeout, or EInvalid when the issuer does not match.
	Discover(ctx context.Context, c Client) (Metadata, error)
	// Fetch makes exactly one token request. The exchange is filled in either way. A
	// refusal by the endpoint (RFC 6749 §5.2) is a *GrantError inside an EUpstream error.
	Fetch(ctx context.Context, r TokenRequest) (Token, Exchange, error)
	// Revoke makes one revocation request (RFC 7009 §2.1).
	Revoke(ctx context.Context, c Client, revocationURL string, send ClientAuth, t Token) (Exchange, error)
	// StartDevice makes one device authorization request (RFC 8628 §3.1).
	StartDevice(ctx context.Context, c Client, deviceURL string, send ClientAuth) (DeviceCode, Exchange, error)
	// Introspect makes one introspection request (RFC 7662 §2.1) and returns the answer as
	// JSON, indented and sanitised.
	Introspect(ctx context.Context, c Client, introspectionURL string, send ClientAuth, t Token) (string, Exchange, error)
	// Decode decodes a token for reading. With a JWKS URL it verifies the signature.
	Decode(ctx context.Context, c Client, jwksURL string, t Token) Claims
}

// GrantError is an error response of a token endpoint (RFC 6749 §5.2). Code is
// sanitised; "" when the answer was not such a response.
type GrantError struct {
	Code        string // "invalid_client", "invalid_scope" …
	Description string // sanitised, secrets masked
	Status      int
}

// Error returns code and description.
func (e *GrantError) Error() string {
	if e.Description == "" {
		return e.Code
	}
	return e.Code + ": " + e.Description
}

// Caller makes one authorised API request.
type Caller interface {
	// Do sends r to the client's API with its headers and, when t holds one, the
	// access token. The response's exchange is filled in whenever a request was sent,
	// also beside an error. EInvalid for a request that cannot be, EUnreachable,
	// ETimeout, EInterrupted, EUpstream for an answer that breaks a limit. An HTTP
	// error status is not an error here.
	Do(ctx context.Context, c Client, t Token, r Request) (Response, error)
}

// Clock tells the time; a test sets its own.
type Clock func() time.Time

// IDs makes ids; a test sets its own.
type IDs func(at time.Time) ID
