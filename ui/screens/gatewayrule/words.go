package gatewayrule

import (
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"ferry/model"
	"ferry/model/gateway"
)

// Words says what a rule allows: "GET only · /orders/** · 5 a second". Nil is no rule.
func Words(r *gateway.RuleView) string {
	if r == nil {
		return "every method and path"
	}
	var parts []string
	switch {
	case r.ReadOnly:
		parts = append(parts, "reads only")
	case len(r.Methods) > 0:
		parts = append(parts, strings.Join(r.Methods, ", ")+" only")
	}
	if len(r.Paths) > 0 {
		parts = append(parts, strings.Join(r.Paths, ", "))
	}
	switch {
	case len(parts) == 0:
		parts = append(parts, "every method and path")
	case len(r.Paths) == 0:
		parts[0] += ", every path"
	case len(parts) == 1:
		parts = append([]string{"every method"}, parts...)
	}
	if r.PerSecond > 0 {
		parts = append(parts, numberText(r.PerSecond)+" a second")
	}
	if r.PerDay > 0 {
		parts = append(parts, humanize.Comma(r.PerDay)+" a day")
	}
	if r.MaxBody > 0 {
		parts = append(parts, "bodies up to "+gateway.SizeText(r.MaxBody))
	}
	return model.Printable(strings.Join(parts, " · "))
}

func numberText(n float64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatFloat(n, 'g', -1, 64)
}

func wholeText(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// number reads how often something may happen; "" is no limit. What is no such number
// gives what is wrong with it.
func number(text string) (n float64, problem string) {
	if text == "" {
		return 0, ""
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n > 0) || n > 1e9 {
		return -1, "a number above 0, as in 5 or 0.5; empty for no limit"
	}
	return n, ""
}

func whole(text string) (n int64, problem string) {
	if text == "" {
		return 0, ""
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(text, ",", ""), 10, 64)
	if err != nil || n <= 0 {
		return -1, "a whole number above 0, as in 1000; empty for no limit"
	}
	return n, ""
}

func size(text string) (n int64, problem string) {
	if text == "" {
		return 0, ""
	}
	b, err := humanize.ParseBytes(text)
	if err != nil || b == 0 || b > model.MaxGatewayBody {
		return -1, "a size of at most " + gateway.SizeText(model.MaxGatewayBody) + ", as in 10MB or 512kB"
	}
	return int64(b), ""
}
