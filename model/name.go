package model

import (
	"fmt"
	"strings"
)

// MaxName is the length of the longest name of a client, a space or an API user, in
// characters.
const MaxName = 64

// NameProblem says what is wrong with the name of a client or a space, "" when nothing
// is: 1–64 of letters, digits, '.', '_' and '-', so that it needs no quoting in a shell
// and no escaping in a URL.
func NameProblem(name string) string {
	return nameProblem("a name", name, "._-", "'.', '_' and '-'")
}

// UsernameProblem is NameProblem for the username of an API user, which may also hold '@'.
func UsernameProblem(name string) string {
	return nameProblem("a username", name, "._-@", "'.', '_', '-' and '@'")
}

func nameProblem(what, name, marks, spelledMarks string) string {
	switch {
	case name == "":
		return what + " is needed"
	case len(name) > MaxName:
		return fmt.Sprintf("%s has at most %d characters", what, MaxName)
	case name == "." || name == "..":
		return what + " needs a letter or a digit"
	}
	for _, r := range name {
		if !isAlnum(r) && !strings.ContainsRune(marks, r) {
			return what + " is made of letters, digits, " + spelledMarks + "; it cannot hold " + spelled(r)
		}
	}
	if name[0] == '-' {
		return what + " cannot begin with '-': commands would take it for a flag"
	}
	return ""
}

func isAlnum(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func spelled(r rune) string {
	if r == ' ' {
		return "a space"
	}
	return "'" + Printable(string(r)) + "'"
}
