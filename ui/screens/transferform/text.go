package transferform

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"ferry/model"
)

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// numberOf reads a number; what is none becomes one that the check refuses.
func numberOf(s string) int64 {
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 62)
	if err != nil {
		return -1
	}
	return n
}

func listOf(s string) []string {
	if s == "" {
		return nil
	}
	out := strings.Split(s, ",")
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	return out
}

func pairText(ps []model.Param) string {
	words := make([]string, len(ps))
	for i, p := range ps {
		words[i] = p.Name + "=" + p.Value
	}
	return strings.Join(words, ", ")
}

func pairsOf(s string) []model.Param {
	var out []model.Param
	for _, w := range listOf(s) {
		name, value, _ := strings.Cut(w, "=")
		out = append(out, model.Param{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	return out
}

// queryText is a query as it stands in a URL, readable where that loses nothing.
func queryText(ps []model.Param) string {
	words := make([]string, len(ps))
	for i, p := range ps {
		words[i] = readable(p.Name, "=") + "=" + readable(p.Value, "")
	}
	return strings.Join(words, "&")
}

func readable(s, not string) string {
	if strings.ContainsAny(s, "&%+#"+not) || s != strings.TrimSpace(s) {
		return url.QueryEscape(s)
	}
	return s
}

// queryOf reads a query, in its order. What is escaped wrongly stays as it is.
func queryOf(s string) []model.Param {
	s = strings.TrimPrefix(s, "?")
	if s == "" {
		return nil
	}
	plain := func(s string) string {
		if out, err := url.QueryUnescape(s); err == nil && strings.ContainsAny(s, "%+") {
			return out
		}
		return s
	}
	var out []model.Param
	for w := range strings.SplitSeq(s, "&") {
		name, value, _ := strings.Cut(w, "=")
		out = append(out, model.Param{Name: plain(name), Value: plain(value)})
	}
	return out
}

func headerText(ps []model.Param) string {
	words := make([]string, len(ps))
	for i, p := range ps {
		words[i] = p.Name + ": " + p.Value
	}
	return strings.Join(words, "; ")
}

// nextHeader is where another header begins: a name and a colon behind a semicolon. Other
// semicolons belong to values.
var nextHeader = regexp.MustCompile(`;\s*([A-Za-z0-9-]+:\s)`)

func headersOf(s string) []model.Param {
	if s == "" {
		return nil
	}
	var out []model.Param
	for l := range strings.SplitSeq(nextHeader.ReplaceAllString(s, "\n$1"), "\n") {
		name, value, _ := strings.Cut(l, ":")
		out = append(out, model.Param{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	return out
}
