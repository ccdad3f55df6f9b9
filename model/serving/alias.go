package serving

import (
	"slices"
	"strings"

	"ferry/model"
)

// SpaceSegment is the segment of an alias that stands for the name of a space.
const SpaceSegment = "{space}"

// ownRoutes are the first segments of the hub's own routes.
var ownRoutes = []string{
	"oauth2", "spaces", "restApi", "odata", "openapi.json", ".well-known", "gw", "hooks",
	"healthz", "readyz", "metrics", "status",
}

// checkAliases checks the further paths of the token endpoint.
func (p *problems) checkAliases(aliases []string) {
	const field = "aliases"
	if len(aliases) > MaxAliases {
		p.addf(field, "at most %d", MaxAliases)
		return
	}
	for i, a := range aliases {
		shown := model.Printable(a)
		if msg := aliasProblem(a); msg != "" {
			p.addf(field, "%q %s", shown, msg)
			continue
		}
		for _, other := range aliases[:i] {
			switch {
			case a == other:
				p.addf(field, "%q is given twice", shown)
			case ambiguous(a, other):
				p.addf(field, "%q and %q both stand for one path, for different spaces", shown, model.Printable(other))
			}
		}
	}
}

// aliasProblem says what is wrong with one alias, "" when nothing is.
func aliasProblem(a string) string {
	rest, ok := strings.CutPrefix(a, "/")
	if !ok {
		return "does not begin with '/'"
	}
	if len(a) > maxAlias {
		return "is too long"
	}
	segments := strings.Split(rest, "/")
	for i, s := range segments {
		switch {
		case s == "" && i == len(segments)-1:
			return "ends in '/'"
		case s == "":
			return "holds '//'"
		case s == "." || s == "..":
			return "holds the segment '" + s + "'"
		case s == SpaceSegment && i == 0:
			return "begins with {space}: give it a fixed first segment"
		case s == SpaceSegment && slices.Index(segments, s) < i:
			return "holds {space} twice"
		case s != SpaceSegment && strings.ContainsFunc(s, reserved):
			return "holds more than letters, digits, '-', '.', '_', '~', '/' and one segment {space}"
		}
	}
	if slices.Contains(ownRoutes, segments[0]) {
		return "is one of the hub's own paths"
	}
	return ""
}

// reserved reports whether r may not stand in a path as itself (RFC 3986 §2.3).
func reserved(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._~", r))
}

// ambiguous reports whether a path fits both aliases and neither is the more exact: each
// has its {space} where the other has a word.
func ambiguous(a, b string) bool {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i] != y[i] && x[i] != SpaceSegment && y[i] != SpaceSegment {
			return false
		}
	}
	i, j := slices.Index(x, SpaceSegment), slices.Index(y, SpaceSegment)
	return i >= 0 && j >= 0 && i != j
}
