package gateway

import (
	"fmt"
	"slices"
	"strings"

	"ferry/model"
)

// Decide is the rule of the gateway. With explain it fills in Steps and looks at every rule,
// also after one refused; the decision is that of the first that did.
//
// Who asks is decided before: the question says which user, and what its token or key permits.
func Decide(q Question, explain bool) Decision {
	var out Decision
	for i := range checks {
		ch := &checks[i]
		refusal := ch.refuses(q)
		if refusal != "" && out.Refusal == "" {
			out.Refusal, out.Status, out.Detail = refusal, statuses[refusal], details[refusal]
			if !explain {
				return out
			}
		}
		if explain {
			out.Steps = append(out.Steps, Step{Rule: ch.rule, Passed: refusal == "", Detail: model.Printable(ch.says(q))})
		}
	}
	return out
}

// check is one rule. The explanation goes through the same list as the decision, so that it
// never tells of another.
type check struct {
	rule    string
	refuses func(Question) Refusal
	says    func(Question) string // what was compared, whether it passed or not
}

// checks are the rules in the order in which they are asked. Whether there is such a client is
// not told to one that may not call it, nor in which state it is.
var checks = [...]check{
	{"the path is clean", uncleanPath, saysClean},
	{"the user is active", inactive, saysActive},
	{"the user's time is not over", expired, saysExpires},
	{"the user comes from an allowed network", elsewhere, saysNetwork},
	{"the user may present a token or a key", nothingToPresent, saysCredentials},
	{"the user may call the client", noPermission, saysPermission},
	{"the client is active", clientDisabled, saysClient},
	{"the method is allowed", methodRefused, saysMethod},
	{"the path is allowed", pathRefused, saysPath},
	{"the body is not too large", bodyTooLarge, saysBody},
}

// statuses are the answers to a refusal (RFC 9110 §15).
var statuses = map[Refusal]int{
	PathUnclean: 400, UserDisabled: 401, UserExpired: 401, UserNetwork: 401, UserOAuthOff: 401, NoPermission: 403, ClientDisabled: 403,
	MethodRefused: 403, PathRefused: 403, BodyTooLarge: 413, RateLimited: 429, DayLimited: 429, BreakerIsOpen: 503, Incomplete: 502,
}

// details are what the caller is told.
var details = map[Refusal]string{
	PathUnclean:    "this path is not forwarded: it could be read in more than one way",
	UserDisabled:   "the API user is disabled",
	UserExpired:    "the API user has expired",
	UserNetwork:    "the API user may not come from this address",
	UserOAuthOff:   "the API user has neither OAuth 2.0 nor keys that it may present here",
	NoPermission:   "you may not call this API client, or there is none of this name",
	ClientDisabled: "this API client is disabled",
	MethodRefused:  "you may not use this method with this API client",
	PathRefused:    "you may not call this path of this API client",
	BodyTooLarge:   "the body of the request is larger than you may send to this API client",
	RateLimited:    "too many requests a second to this API client",
	DayLimited:     "no requests to this API client are left for today",
	Incomplete:     "the gateway's settings for this upstream are not complete; ask an operator of the hub",
	BreakerIsOpen:  "the upstream failed too often: it is asked again in a moment",
}

// Status returns the status of the answer to a refusal, 0 for one that is not known.
func (r Refusal) Status() int { return statuses[r] }

// Detail returns what the caller is told of a refusal.
func (r Refusal) Detail() string { return details[r] }

func uncleanPath(q Question) Refusal { return when(Clean(q.Path) != "", PathUnclean) }

func inactive(q Question) Refusal {
	return when(q.User == nil || q.User.State == model.Disabled, UserDisabled)
}

func expired(q Question) Refusal { return when(q.User == nil || q.User.Expired(q.Now), UserExpired) }

func elsewhere(q Question) Refusal {
	return when(q.User == nil || !q.anywhere && !q.User.From(q.Addr), UserNetwork)
}

func nothingToPresent(q Question) Refusal {
	return when(q.User == nil || !q.User.OAuth && !q.User.BearerKeys, UserOAuthOff)
}

func noPermission(q Question) Refusal {
	return when(q.Client == nil || !q.Permits.Has(model.CallPermission(q.Client.ID)), NoPermission)
}

func clientDisabled(q Question) Refusal {
	return when(q.Client == nil || q.Client.State == model.Disabled, ClientDisabled)
}

func methodRefused(q Question) Refusal { return when(!Allows(q.Rule, q.Method), MethodRefused) }

func pathRefused(q Question) Refusal { return when(!reaches(q.Rule, q.Path), PathRefused) }

func bodyTooLarge(q Question) Refusal { return when(q.Length > BodyLimit(q.Rule), BodyTooLarge) }

func when(refused bool, r Refusal) Refusal {
	if refused {
		return r
	}
	return ""
}

// BodyLimit is how many bytes the body of a request may have. A rule of nil is none.
func BodyLimit(r *model.GatewayRule) int64 {
	if r == nil || r.MaxBody == 0 {
		return model.DefaultGatewayBody
	}
	return r.MaxBody
}

// readOnly are the methods of a rule that is read-only.
var readOnly = []string{"GET", "HEAD", "OPTIONS"}

// Allows reports whether a rule allows a method, which is compared as it is (RFC 9110 §9.1:
// with its case). A rule of nil is none. See model.MethodProblem for what never is.
func Allows(r *model.GatewayRule, method string) bool {
	switch {
	case model.MethodProblem(method) != "":
		return false
	case r == nil:
		return true
	case r.ReadOnly:
		return slices.Contains(readOnly, method)
	}
	return len(r.Methods) == 0 || slices.Contains(r.Methods, method)
}

// reaches reports whether a rule allows a path.
func reaches(r *model.GatewayRule, path string) bool { return matching(r, path) != "" }

// matching returns the pattern that allows a path, "" when none does.
func matching(r *model.GatewayRule, path string) string {
	if r == nil || len(r.Paths) == 0 {
		return "/**"
	}
	for _, p := range r.Paths {
		if Match(p, path) {
			return p
		}
	}
	return ""
}

func saysClean(q Question) string {
	if why := Clean(q.Path); why != "" {
		return q.Path + ": " + why
	}
	if q.Path == "" {
		return "the base URL itself"
	}
	return q.Path
}

func saysActive(q Question) string {
	if q.User == nil {
		return "there is no such user"
	}
	return q.User.Username + " is " + string(q.User.State)
}

func saysExpires(q Question) string {
	if q.User == nil || q.User.Expires.IsZero() {
		return "it has no end"
	}
	return "it ends at " + q.User.Expires.UTC().Format("2006-01-02 15:04 MST")
}

func saysNetwork(q Question) string {
	if q.User == nil || len(q.User.Networks) == 0 {
		return "any address"
	}
	var list []string
	for _, n := range q.User.Networks {
		list = append(list, n.String())
	}
	allowed := "allowed: " + strings.Join(list, ", ")
	if q.anywhere {
		return allowed + "; not asked here"
	}
	return q.Addr.String() + "; " + allowed
}

func saysCredentials(q Question) string {
	switch {
	case q.User == nil:
		return "there is no such user"
	case q.User.OAuth && q.User.BearerKeys:
		return "an access token, or an API key itself"
	case q.User.OAuth:
		return "an access token"
	case q.User.BearerKeys:
		return "an API key itself"
	}
	return "OAuth 2.0 is off, and its keys are no bearers"
}

func saysPermission(q Question) string {
	switch {
	case q.Client == nil:
		return "there is no such client"
	case noPermission(q) != "":
		return "call:" + q.Client.Name + " is missing"
	}
	return "call:" + q.Client.Name
}

func saysClient(q Question) string {
	if q.Client == nil {
		return "there is no such client"
	}
	return q.Client.Name + " is " + string(q.Client.State)
}

func saysMethod(q Question) string {
	if q.Method == "" {
		return "none"
	}
	switch r := q.Rule; {
	case r == nil:
		return q.Method + "; there is no rule: every method but CONNECT and TRACE"
	case r.ReadOnly:
		return q.Method + "; the rule is read-only: GET, HEAD and OPTIONS"
	case len(r.Methods) == 0:
		return q.Method + "; the rule allows every method but CONNECT and TRACE"
	default:
		return q.Method + "; the rule allows " + strings.Join(r.Methods, ", ")
	}
}

func saysPath(q Question) string {
	switch r := q.Rule; {
	case r == nil:
		return "there is no rule: every path"
	case len(r.Paths) == 0:
		return "the rule allows every path"
	default:
		if p := matching(r, q.Path); p != "" {
			return "it matches " + p
		}
		return "the rule allows " + strings.Join(r.Paths, ", ")
	}
}

func saysBody(q Question) string {
	limit := "at most " + SizeText(BodyLimit(q.Rule))
	if q.Length < 0 {
		return limit + ", counted as they come"
	}
	return fmt.Sprintf("%d bytes; %s", q.Length, limit)
}
