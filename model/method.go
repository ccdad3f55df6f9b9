package model

import (
	"slices"
	"strings"
)

// MethodProblem says why a method may not go through the gateway, "" when it may. A method is a
// token (RFC 9110 §5.6.2, §9.1). TRACE never may: its answer would show the caller the
// credentials of the client; nor may CONNECT, which asks for a tunnel.
func MethodProblem(method string) string {
	switch method {
	case "":
		return "a method is needed, as in GET"
	case "TRACE", "TRACK", "CONNECT":
		return "TRACE and CONNECT never pass the gateway"
	}
	if !IsToken(method) {
		return "a method is one word, as in GET"
	}
	if len(method) > 32 {
		return "a method has at most 32 characters"
	}
	return ""
}

// Methods returns typed methods in upper case, sorted, each once; nil for none.
func Methods(typed []string) []string {
	var out []string
	for _, m := range typed {
		out = append(out, strings.ToUpper(strings.TrimSpace(m)))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
