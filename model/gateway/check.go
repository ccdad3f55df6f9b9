package gateway

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"ferry/model"
)

// Check says what is wrong with a draft, field by field; nothing when it can be saved. Whether
// there are such a user and client is found out on saving.
func Check(d RuleDraft) []model.FieldError {
	var out []model.FieldError
	add := func(field, why string) {
		if why != "" {
			out = append(out, model.FieldError{Field: field, Message: why})
		}
	}
	if d.User == "" {
		add("user", "an API user is needed")
	}
	if d.Client == "" {
		add("client", "an API client is needed")
	}
	add("methods", methodsProblem(model.Methods(d.Methods)))
	add("paths", pathsProblem(paths(d.Paths)))
	if !(d.PerSecond >= 0 && d.PerSecond <= maxPerSecond) || d.PerSecond > 0 && d.PerSecond < minPerSecond {
		add("per_second", "between 0.001 and 1000000 requests a second, or 0 for no limit")
	}
	if d.PerDay < 0 {
		add("per_day", "a number of requests, or 0 for no limit")
	}
	if d.MaxBody < 0 || d.MaxBody > model.MaxGatewayBody {
		add("max_body", "between 1 byte and 16 GiB, or 0 for 64 MiB")
	}
	return out
}

// What a rule may say of requests a second. Fewer than one in 1,000 seconds are counted by day.
const (
	minPerSecond = 0.001
	maxPerSecond = 1e6
)

func methodsProblem(methods []string) string {
	if len(methods) > model.MaxGatewayMethods {
		return fmt.Sprintf("at most %d methods", model.MaxGatewayMethods)
	}
	for _, m := range methods {
		if why := model.MethodProblem(m); why != "" {
			return why
		}
	}
	return ""
}

func pathsProblem(patterns []string) string {
	if len(patterns) > model.MaxGatewayPaths {
		return fmt.Sprintf("at most %d patterns", model.MaxGatewayPaths)
	}
	for _, p := range patterns {
		if why := patternProblem(p); why != "" {
			return model.Printable(clip(p)) + ": " + why
		}
	}
	return ""
}

// patternProblem says why nothing, or not what was meant, would match a pattern.
func patternProblem(p string) string {
	switch {
	case !strings.HasPrefix(p, "/"):
		return "a pattern begins with /, as in /orders/**"
	case len(p) > model.MaxGatewayPattern:
		return fmt.Sprintf("a pattern has at most %d bytes", model.MaxGatewayPattern)
	case strings.ContainsAny(p, "?#"):
		return "a pattern is of the path alone, without ? and #"
	case model.Printable(p) != p:
		return "it holds a character that cannot be seen"
	}
	for s := range strings.SplitSeq(p, "/") {
		if s != "**" && strings.Contains(s, "**") {
			return "** is a segment of its own, as in /orders/**"
		}
	}
	if why := clean(p, true); why != "" {
		return "no path can match: " + why
	}
	return ""
}

func clip(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}

// paths returns typed patterns, each once, in the order in which they were given.
func paths(typed []string) []string {
	var out []string
	for _, p := range typed {
		if p = strings.TrimSpace(p); !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// put puts what the draft says into a rule.
func (d *RuleDraft) put(r *model.GatewayRule) {
	r.ReadOnly, r.Methods, r.Paths = d.ReadOnly, model.Methods(d.Methods), paths(d.Paths)
	r.PerSecond, r.PerDay, r.MaxBody = d.PerSecond, d.PerDay, d.MaxBody
}

// widens reports whether a rule lets anything through that another did not. A pattern that is
// not among the others counts as wider, unless it is one that they match as a path.
func widens(was, is *model.GatewayRule) bool {
	return widerMethods(was, is) || widerPaths(was.Paths, is.Paths) ||
		limit(is.PerSecond) > limit(was.PerSecond) || limit(float64(is.PerDay)) > limit(float64(was.PerDay)) || BodyLimit(is) > BodyLimit(was)
}

// limit is how much a limit lets through, where 0 is no limit.
func limit(n float64) float64 {
	if n == 0 {
		return math.Inf(1)
	}
	return n
}

func widerMethods(was, is *model.GatewayRule) bool {
	if !was.ReadOnly && len(was.Methods) == 0 {
		return false
	}
	allowed := is.Methods
	switch {
	case is.ReadOnly:
		allowed = readOnly
	case len(allowed) == 0:
		return true
	}
	return slices.ContainsFunc(allowed, func(m string) bool { return !Allows(was, m) })
}

func widerPaths(was, is []string) bool {
	if len(was) == 0 {
		return false
	}
	return len(is) == 0 || slices.ContainsFunc(is, func(p string) bool {
		return !slices.Contains(was, p) && (strings.Contains(p, "*") || !reaches(&model.GatewayRule{Paths: was}, p))
	})
}
