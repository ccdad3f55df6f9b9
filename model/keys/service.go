package keys

import (
	"context"
	"time"

	"ferry/model"
)

// Service is the use-cases on API keys.
type Service struct{ p Ports }

// Ports is what the use-cases stand on.
type Ports struct {
	Store  model.Store
	Digest model.KeyDigest
	Now    model.Clock
	NewID  model.IDs
	Random func(n int) []byte // nil: the system's secure random bytes
}

// New returns the use-cases on p.
func New(p Ports) *Service { return &Service{p: p} }

var errNotYet = model.Errorf(model.EInternal, "not built yet")

// Request is what a new key is asked with.
type Request struct {
	Label   string
	Expires time.Time // zero: never
}

// Issued is a new key with its text, which nothing can show again.
type Issued struct {
	Key      model.APIKey
	Username string
	Text     model.Secret
}

// Generate makes a key for a user. EInvalid for a label or an expiry that cannot be,
// EConflict when the user has MaxLiveKeys active keys, EPermission when the user may do
// more than the actor, EProtected in a protected space unless confirm is the username.
func (s *Service) Generate(ctx context.Context, space model.Space, user model.ID, r Request, confirm string) (Issued, error) {
	return Issued{}, errNotYet
}

// Rotation is how a key is replaced.
type Rotation struct {
	Overlap time.Duration // how long the old key stays valid, 0 to MaxOverlap
	Expires time.Time     // of the new key; zero: never
	Label   string        // of the new key; "" takes the old one's
}

// MaxOverlap is the longest overlap of a rotation.
const MaxOverlap = 90 * 24 * time.Hour

// Rotate makes a new key in place of an active one, which stays valid for the overlap,
// or until it expires anyway. Errors as Generate; EDisabled when the old key is not active.
func (s *Service) Rotate(ctx context.Context, space model.Space, id model.ID, r Rotation, confirm string) (fresh Issued, old model.APIKey, err error) {
	return Issued{}, model.APIKey{}, errNotYet
}

// Revoke ends a key at once, for ever; to revoke a revoked key changes nothing. Revision
// 0 means whatever is stored.
func (s *Service) Revoke(ctx context.Context, space model.Space, id model.ID, revision uint64, confirm string) (model.APIKey, error) {
	return model.APIKey{}, errNotYet
}

// Relabel gives a key another label. Revision 0 means whatever is stored.
func (s *Service) Relabel(ctx context.Context, space model.Space, id model.ID, label string, revision uint64, confirm string) (model.APIKey, error) {
	return model.APIKey{}, errNotYet
}

// Get returns one key as a line of a list. ENotFound.
func (s *Service) Get(ctx context.Context, space model.Space, id model.ID) (Summary, error) {
	return Summary{}, errNotYet
}

// Find returns the key that text names: its id, or a label that only one key of the
// space that is not revoked has. ENotFound; EInvalid when several have it.
func (s *Service) Find(ctx context.Context, space model.Space, text string) (Summary, error) {
	return Summary{}, errNotYet
}

// Summary is one line of a list of keys.
type Summary struct {
	Key      model.APIKey
	Username string
	Use      model.KeyUse
	State    model.KeyState // when it was read
	folded   string         // label, username, id
}

// List returns the keys of a user, or of every user of the space when user is "": those
// that are active first, then by username and newest first.
func (s *Service) List(ctx context.Context, space model.Space, user model.ID) ([]Summary, error) {
	return nil, errNotYet
}

// Expiring returns the active keys of the space that expire within ExpiringSoon, the
// next one first.
func (s *Service) Expiring(ctx context.Context, space model.Space) ([]Summary, error) {
	return nil, errNotYet
}

// Filter appends to dst the positions of the rows whose label, username or id hold every
// word of query, ignoring case.
func Filter(dst []int, rows []Summary, query string) []int { return dst }

// View is the outside shape of a key. It has no part of the key's text.
type View struct {
	ID        model.ID       `json:"id"`
	Space     string         `json:"space"`
	User      string         `json:"user"` // the username
	UserID    model.ID       `json:"user_id"`
	Label     string         `json:"label"`
	State     model.KeyState `json:"state"`
	CreatedAt time.Time      `json:"created_at"`
	CreatedBy string         `json:"created_by"`
	ExpiresAt *time.Time     `json:"expires_at"` // null: never
	RevokedAt *time.Time     `json:"revoked_at"`
	RevokedBy string         `json:"revoked_by,omitempty"`
	LastUsed  *time.Time     `json:"last_used_at"`
	LastFrom  string         `json:"last_used_from,omitempty"`
	Tokens    uint64         `json:"tokens_issued"`
	Replaces  model.ID       `json:"replaces,omitempty"`
	Revision  uint64         `json:"revision"`
}

// IssuedView is a new key with its text, the one time that it is shown.
type IssuedView struct {
	View
	Key string `json:"key"`
}

// ViewOf returns the outside shape of a key.
func ViewOf(space model.Space, s Summary) View { return View{} }

// IssuedViewOf returns the outside shape of a new key, with its text.
func IssuedViewOf(space model.Space, i Issued, now time.Time) IssuedView { return IssuedView{} }

// ParseExpiry reads when something expires: "" or "never", a span from now ("90d", "12h",
// "2w"), a day ("2027-01-31": its end in UTC) or a time in RFC 3339. EInvalid for anything else
// and for what is not in the future.
func ParseExpiry(text string, now time.Time) (time.Time, error) { return time.Time{}, errNotYet }

// ParseSpan reads a span of time: "90d", "2w", "36h", "30m", "0". EInvalid for anything else.
func ParseSpan(text string) (time.Duration, error) { return 0, errNotYet }

// Parse reads the text of a key: "ferry_k", the key's id (26 characters), 256 random bits
// (43 of base62) and a CRC-32 of all before it (6 of base62). ok is false when it was
// mistyped or is something else; nothing needs to be looked up then.
func Parse(text string) (id model.ID, ok bool) { return "", false }
