// Package gateway holds every rule of the gateway: who may call which client with which
// method and path, how often, and how large; and the explanation of each decision.
//
// It imports model and its use-cases only. Deciding does no I/O and allocates nothing unless an explanation is
// asked for; what is counted over time is asked of the caller.
package gateway

import (
	"net/netip"
	"time"

	"ferry/model"
)

// Service is the use-cases on rules.
type Service struct {
	store model.Store
	now   model.Clock
	newID model.IDs
}

// New returns the use-cases.
func New(store model.Store, now model.Clock, newID model.IDs) *Service {
	return &Service{store: store, now: now, newID: newID}
}

// Question is one request, as far as a decision needs it.
type Question struct {
	Client  *model.Client
	Rule    *model.GatewayRule // nil: none
	User    *model.APIUser
	Permits model.Permits // of its access token, or of the user where an API key is presented
	Addr    netip.Addr
	Method  string
	Path    string // below the client's base URL, as it was sent: escaped, beginning with /
	Length  int64  // of the body, -1: not known
	Now     time.Time

	anywhere bool // Addr is not known, and not asked
}

// Decision is whether a request may pass.
type Decision struct {
	Refusal Refusal // "" when it may
	Status  int     // of the answer when it may not
	Detail  string  // what the caller is told
	Steps   []Step  // each rule that was looked at, in order; nil unless explained
}

// Step is one rule of an explanation.
type Step struct {
	Rule   string `json:"rule"` // "the user is active", "the method is allowed" …
	Passed bool   `json:"passed"`
	Detail string `json:"detail"` // "GET; the rule allows GET and HEAD"
}

// Refusal is why a request may not pass, as the log names it.
type Refusal string

// The refusals. The limits over time are the proxy's to count. Those of the user are named as
// serving.Reason names them: mostly the authority finds them before.
const (
	UserDisabled   Refusal = "user_disabled"
	UserExpired    Refusal = "user_expired"
	UserNetwork    Refusal = "network"
	UserOAuthOff   Refusal = "oauth2_off"
	ClientDisabled Refusal = "client_disabled"
	NoPermission   Refusal = "no_call_permission"
	MethodRefused  Refusal = "method_refused"
	PathRefused    Refusal = "path_refused"
	PathUnclean    Refusal = "path_unclean"
	BodyTooLarge   Refusal = "body_too_large"
	RateLimited    Refusal = "rate_limited"
	DayLimited     Refusal = "day_limited"
	BreakerIsOpen  Refusal = "breaker_open"
	Incomplete     Refusal = "client_incomplete" // found when a token is needed; Try tells of it
)

// RuleDraft is a rule as a person gives it.
type RuleDraft struct {
	User, Client string // names
	ReadOnly     bool
	Methods      []string
	Paths        []string
	PerSecond    float64
	PerDay       int64
	MaxBody      int64
	Revision     uint64 // the one that was edited; 0: whatever is stored
	Fresh        bool   // only where there is none yet: else EConflict
}

// RuleView is the outside shape of a rule.
type RuleView struct {
	User      string    `json:"user"`
	Client    string    `json:"client"`
	ReadOnly  bool      `json:"read_only"`
	Methods   []string  `json:"methods"`
	Paths     []string  `json:"paths"`
	PerSecond float64   `json:"per_second"`
	PerDay    int64     `json:"per_day"`
	MaxBody   int64     `json:"max_body"`
	Revision  uint64    `json:"revision"`
	UpdatedAt time.Time `json:"updated_at"`
	UpdatedBy string    `json:"updated_by"`
}
