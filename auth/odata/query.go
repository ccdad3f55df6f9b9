package odata

import (
	"net/url"
	"strconv"
	"strings"
)

// Query is the system query options of one request to a set.
type Query struct {
	Top    int // -1: all
	Skip   int
	Count  bool
	Select []int   // indexes of properties in the order of the set; nil: all
	Filter *Filter // nil: every row
	Order  []Order

	after []any // the row after which the page begins; nil: it is the first
}

// Order is one key of $orderby.
type Order struct {
	Property int
	Desc     bool
}

// ParseQuery reads the query string of a request. Options without a $ are the
// caller's own and are left alone (URL Conventions 4.0 §5.2), but for those that OData
// 4.01 allows without it: to ignore top=5 would surprise.
func ParseQuery(set *Set, raw string) (Query, *Error) {
	q := Query{Top: -1}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return q, bad("the query is malformed")
	}
	for name, vs := range values {
		system := strings.HasPrefix(name, "$")
		switch {
		case !system && strings.HasPrefix(name, "@"):
			return q, unsupported("the parameter alias %s", name)
		case !system && isOption("$"+name):
			return q, bad("write $%s instead of %s", name, name)
		case !system:
			continue
		case !isOption(name) && (name != tokenOption || set.Each == nil):
			return q, unsupported("the option %s", name)
		case len(vs) > 1:
			return q, bad("%s is given twice", name)
		}
		if err := q.option(set, name, vs[0]); err != nil {
			return q, err
		}
	}
	if token := values.Get(tokenOption); token != "" { // after $orderby, which says what is in it
		var err *Error
		if q.after, err = parseSkipToken(set, q, token); err != nil {
			return q, err
		}
	}
	return q, nil
}

// tokenOption is in links that this package makes for sets with Each.
const tokenOption = "$skiptoken"

func isOption(name string) bool {
	switch name {
	case "$top", "$skip", "$count", "$select", "$filter", "$orderby", "$format":
		return true
	}
	return false
}

func (q *Query) option(set *Set, name, value string) (err *Error) {
	switch name {
	case "$top":
		q.Top, err = number(name, value)
	case "$skip":
		q.Skip, err = number(name, value)
	case "$count":
		if value != "true" && value != "false" {
			return bad("$count must be true or false")
		}
		q.Count = value == "true"
	case "$select":
		q.Select, err = parseSelect(set, value)
	case "$filter":
		q.Filter, err = ParseFilter(set, value)
	case "$orderby":
		q.Order, err = parseOrder(set, value)
	case "$format":
		if media, _, _ := strings.Cut(value, ";"); media != "json" && media != "application/json" {
			return unsupported("$format other than json")
		}
	}
	return err
}

func number(name, value string) (int, *Error) {
	n, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return 0, bad("%s must be a number from 0 to 2147483647", name)
	}
	return int(n), nil
}

func parseSelect(set *Set, value string) ([]int, *Error) {
	chosen := make([]bool, len(set.Properties))
	for name := range strings.SplitSeq(value, ",") {
		name = strings.TrimSpace(name)
		if name == "*" {
			return nil, nil
		}
		i, err := property(set, "$select", name)
		if err != nil {
			return nil, err
		}
		chosen[i] = true
	}
	var out []int
	for i, yes := range chosen {
		if yes {
			out = append(out, i)
		}
	}
	return out, nil
}

func parseOrder(set *Set, value string) ([]Order, *Error) {
	var out []Order
	for item := range strings.SplitSeq(value, ",") {
		words := strings.Fields(item)
		if len(words) == 0 {
			return nil, bad("$orderby has an empty item")
		}
		if strings.Contains(words[0], "(") {
			return nil, unsupported("$orderby: a function")
		}
		i, err := property(set, "$orderby", words[0])
		if err != nil {
			return nil, err
		}
		if len(words) > 2 || len(words) == 2 && words[1] != "asc" && words[1] != "desc" {
			return nil, bad("$orderby: after %s only asc or desc may follow", words[0])
		}
		out = append(out, Order{i, len(words) == 2 && words[1] == "desc"})
	}
	return out, nil
}

func property(set *Set, option, name string) (int, *Error) {
	if i, ok := set.index(name); ok {
		return i, nil
	}
	if strings.ContainsAny(name, "/$@") {
		return 0, unsupported("%s: the path %s", option, name)
	}
	return 0, bad("%s: %s has no property %s", option, set.Name, name)
}
