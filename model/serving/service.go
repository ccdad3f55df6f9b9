package serving

import (
	"context"
	"time"

	"ferry/model"
)

// Service is the use-cases on serving the hub.
type Service struct {
	store model.Store
	now   model.Clock
	newID model.IDs
}

// New returns the use-cases on store.
func New(store model.Store, now model.Clock, newID model.IDs) *Service {
	return &Service{store: store, now: now, newID: newID}
}

var errNotYet = model.Errorf(model.EInternal, "not built yet")

// Config returns the settings with defaults filled in.
func (s *Service) Config(ctx context.Context) (model.ServeConfig, error) {
	return model.ServeConfig{}, errNotYet
}

// Setting is one setting for a person to read and set.
type Setting struct {
	Name    string `json:"name"` // listen, public_url, aliases, algorithm, default_ttl, rotate_every, behind_proxy, tls_cert, tls_key, admin_listen
	Value   string `json:"value"`
	Default bool   `json:"default"` // nobody has set it
	Help    string `json:"help"`
}

// Settings returns every setting, in a fixed order.
func (s *Service) Settings(ctx context.Context) ([]Setting, error) { return nil, errNotYet }

// Set changes one setting; value "" takes it back to its default. EInvalid with the
// setting's name as field. Changing the algorithm makes a signing key of the new kind,
// published before it is used.
func (s *Service) Set(ctx context.Context, name, value string) (model.ServeConfig, error) {
	return model.ServeConfig{}, errNotYet
}

// Check validates settings, as Set and the flags of a server do: EInvalid with every
// field at fault. Listening beyond loopback needs a public URL, and TLS or a proxy's networks.
func Check(c model.ServeConfig) error { return errNotYet }

// Lead is how long a new signing key is published before it is used, so that whoever
// keeps a copy of the JWKS has it by then.
const Lead = 10 * time.Minute

// Upkeep makes the first signing key, rotates one that is due, and drops keys and
// revoked tokens whose time is over. A server calls it at its start and every minute.
func (s *Service) Upkeep(ctx context.Context) error { return errNotYet }

// Rotate makes the next signing key: published now, used after lead (0 to 24 h), while the
// one before is kept until the last token it signed has expired. EConflict when a key
// waits for its time already.
func (s *Service) Rotate(ctx context.Context, lead time.Duration) (SigningKeyView, error) {
	return SigningKeyView{}, errNotYet
}

// SigningKeyView is a signing key without its private part.
type SigningKeyView struct {
	ID         model.ID        `json:"id"` // the "kid"
	Algorithm  model.Algorithm `json:"algorithm"`
	State      string          `json:"state"` // next, active, retired
	CreatedAt  time.Time       `json:"created_at"`
	CreatedBy  string          `json:"created_by"`
	ActiveFrom time.Time       `json:"active_from"`
	KeepUntil  *time.Time      `json:"keep_until"` // null while no other follows
}

// SigningKeys returns the signing keys, oldest first.
func (s *Service) SigningKeys(ctx context.Context) ([]SigningKeyView, error) { return nil, errNotYet }

// Use is what a server counted for one key since it last said so.
type Use struct {
	Space, Key model.ID
	At         time.Time
	Addr       string
	Tokens     uint64
}

// Record adds uses to what is stored, in transactions of a bounded size. A key that is
// gone meanwhile is passed over.
func (s *Service) Record(ctx context.Context, uses []Use) error { return errNotYet }

// RevokeToken remembers that a token was revoked, until it expires (RFC 7009).
func (s *Service) RevokeToken(ctx context.Context, t model.RevokedToken) error { return errNotYet }

// Load reads everything that a server needs. It refuses nothing: a directory without
// users is one.
func (s *Service) Load(ctx context.Context) (*Directory, error) { return nil, errNotYet }
