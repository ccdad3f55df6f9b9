package gateway

import "strings"

// Match reports whether an escaped path matches a pattern: "*" stands for one segment or a part
// of one, "**" as a whole segment for any number of them, none included, all else for itself.
// Escapes are compared by what they stand for, so that %6frders is orders; a star that is meant
// is written %2A. A slash at the end of either makes no difference.
//
// A segment with a parameter (";v=1") has to match with the parameter and without, for an
// upstream may drop it.
func Match(pattern, path string) bool {
	pattern, path = trim(pattern), trim(path)
	// Going back to the last ** is enough: an earlier one could only take what this one can.
	back, backPath, again := "", "", false
	for {
		p, restPattern, morePattern := cut(pattern)
		switch {
		case morePattern && p == "**":
			back, backPath, again = restPattern, path, true
			pattern = restPattern
			continue
		case morePattern:
			if s, rest, more := cut(path); more && matchSegment(p, s) {
				pattern, path = restPattern, rest
				continue
			}
		case path == "":
			return true
		}
		if !again || backPath == "" {
			return false
		}
		_, backPath, _ = cut(backPath)
		pattern, path = back, backPath
	}
}

// trim takes away the slash at the end.
func trim(path string) string { return strings.TrimSuffix(path, "/") }

// cut splits the first segment off "/a/b"; more is false when there is none.
func cut(path string) (segment, rest string, more bool) {
	if path == "" {
		return "", "", false
	}
	path = strings.TrimPrefix(path, "/")
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:], true
	}
	return path, "", true
}

// matchSegment matches with the parameter of a segment and without.
func matchSegment(pattern, s string) bool {
	if !glob(pattern, s) {
		return false
	}
	named := unparam(s)
	return len(named) == len(s) || glob(unparam(pattern), named)
}

// unparam returns a segment without its parameter.
func unparam(s string) string {
	for i := 0; i < len(s); {
		c, size := octet(s, i)
		if c == ';' {
			return s[:i]
		}
		i += size
	}
	return s
}

// glob matches one segment, octet by octet.
func glob(pattern, s string) bool {
	p, i := 0, 0
	star, from := -1, 0 // behind the last star, and where it began to stand for something
	for i < len(s) {
		if p < len(pattern) && pattern[p] == '*' {
			p++
			star, from = p, i
			continue
		}
		c, size := octet(s, i)
		if p < len(pattern) {
			if want, n := octet(pattern, p); want == c {
				p, i = p+n, i+size
				continue
			}
		}
		if star < 0 {
			return false
		}
		_, size = octet(s, from)
		from += size
		p, i = star, from
	}
	return strings.Trim(pattern[p:], "*") == ""
}
