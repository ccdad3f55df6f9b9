// Package nextstep words the next step of an error for the console. Errors name
// commands, because scripts and shells see them too; on a screen there are keys and
// fields instead.
//
// It imports model only.
package nextstep

import (
	"strings"

	"ferry/model"
)

// Of returns what to do about e on a screen, "" when nothing is known.
func Of(e *model.Error) string {
	if e == nil {
		return ""
	}
	next, _, _ := strings.Cut(e.Next, ": ferry ")
	if next != "" && !strings.Contains(next, "--") && !strings.Contains(next, "ferry ") {
		return next
	}
	switch e.Code {
	case model.EUnreachable:
		return "check host and port of the URL, and that the server is up"
	case model.ETimeout:
		return "try again, or raise the client's timeout"
	case model.EUpstream:
		return "compare client id, secret and scopes with what the other side expects"
	case model.EIncomplete:
		return "edit the client to give what is missing"
	}
	return ""
}

// Text returns the message of e with the next step behind it.
func Text(e *model.Error) string {
	if next := Of(e); next != "" {
		return e.Message + " – " + next
	}
	return e.Message
}
