package curl

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"ferry/model"
	"ferry/model/clients"
)

// command is a command line, taken apart.
type command struct {
	url       string
	method    string
	head, get bool
	upload    bool
	form      bool // multipart
	data      []string
	query     []string
	hasData   bool
	json      bool
	fromFile  bool
	headers   []model.Param // in order, as given
	removed   []string      // names of headers that are not to be sent
	user      *string       // name:password of -u or of the URL
	bearer    string
	referer   string
	byteRange string
	agent     string
	draft     clients.Draft
	notes     []string
	globOff   bool
}

// maxNotes is how many notes a person would read.
const maxNotes = 30

// note adds what a person should know, once. Its arguments are names, never values.
func (c *command) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	switch n := len(c.notes); {
	case n > maxNotes || slices.Contains(c.notes, text):
	case n == maxNotes:
		c.notes = append(c.notes, "more is left out than is listed here")
	default:
		c.notes = append(c.notes, text)
	}
}

// read takes the words of a command apart.
func read(words []string) (*command, error) {
	c := &command{}
	if n := assignments(words); n > 0 {
		c.note("what is set before curl is left out: NAME=value is for the shell's environment")
		words = words[n:]
	}
	if len(words) == 0 || !isCurl(words[0]) {
		return nil, problem("the line does not begin with curl").WithNext("paste one line that begins with curl")
	}
	for words = words[1:]; len(words) > 0; {
		n, err := c.take(words)
		if err != nil {
			return nil, err
		}
		words = words[n:]
	}
	if c.url == "" {
		return nil, problem("the line names no URL").WithNext("paste the whole command")
	}
	return c, nil
}

// assignments counts the words NAME=value at the beginning (XCU §2.9.1).
func assignments(words []string) int {
	for i, w := range words {
		name, _, ok := strings.Cut(w, "=")
		if !ok || name == "" || name[0] >= '0' && name[0] <= '9' {
			return i
		}
		for j := range len(name) {
			if !isName(name[j]) {
				return i
			}
		}
	}
	return len(words)
}

func isCurl(word string) bool {
	name := strings.ToLower(path.Base(strings.ReplaceAll(word, `\`, "/")))
	return name == "curl" || name == "curl.exe"
}

// take takes the first word, with the one that belongs to it, and returns how many.
func (c *command) take(words []string) (int, error) {
	word := words[0]
	switch {
	case word == "--%":
		return 0, problem("--%% is PowerShell's, not curl's").WithNext("paste the line without it, or copy it as cURL (bash)")
	case word == "--":
		return 1, nil
	case strings.HasPrefix(word, "--"):
		return c.long(word[2:], words[1:])
	case strings.HasPrefix(word, "-") && word != "-":
		return c.short(word[1:], words[1:])
	case startsWithDash(word):
		return 0, problem("an option begins with a typographic dash").WithNext("write options with - or --")
	}
	return 1, c.setURL(word)
}

func startsWithDash(word string) bool {
	return strings.HasPrefix(word, "–") || strings.HasPrefix(word, "—") || strings.HasPrefix(word, "−")
}

// long takes a long option; curl takes the beginning of a name for it where only one
// option begins so, and no- before a switch for its opposite.
func (c *command) long(name string, rest []string) (int, error) {
	if before, _, ok := strings.Cut(name, "="); ok && isOptionName(before) {
		return 0, problem("curl knows no --%s=…", before).WithNext("write --%s and its value as two words", before)
	}
	o, known := find(name)
	if !known {
		return c.unknown(name, rest)
	}
	if !o.value {
		return 1, c.apply(o, "")
	}
	if len(rest) == 0 {
		return 0, problem("--%s needs a value, and the line ends there", o.name).WithNext("paste the whole command")
	}
	return 2, c.apply(o, rest[0])
}

func find(name string) (option, bool) {
	if o, ok := options[name]; ok {
		return o, true
	}
	var found []option
	for long, o := range options {
		if len(name) > 1 && strings.HasPrefix(long, name) {
			found = append(found, o)
		}
	}
	if len(found) == 1 {
		return found[0], true
	}
	if positive, ok := strings.CutPrefix(name, "no-"); ok {
		if o, ok := options[positive]; ok && !o.value {
			return option{name: name}, true
		}
	}
	return option{}, false
}

// unknown leaves an option out that no curl known here has. The next word is taken for its
// value unless it is an option or the only URL there is.
func (c *command) unknown(name string, rest []string) (int, error) {
	shown := "an option that is not known"
	if isOptionName(name) {
		shown = "--" + name + ", which is not known,"
	}
	if len(rest) == 0 || strings.HasPrefix(rest[0], "-") || isURL(rest[0]) {
		c.note("%s is left out", shown)
		return 1, nil
	}
	if c.url == "" && !slices.ContainsFunc(rest[1:], isURL) {
		return 0, problem("%s stands before something that may be its value or the URL", shown).WithNext("paste the line without that option")
	}
	c.note("%s is left out, with the word behind it", shown)
	return 2, nil
}

// isOptionName reports whether a word can only be the name of an option, so that it may be
// shown.
func isOptionName(s string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.'
	})
}

func isURL(word string) bool {
	return strings.HasPrefix(word, "http://") || strings.HasPrefix(word, "https://")
}

// short takes a cluster of one-letter options; the rest of the word is the value of the
// first that has one.
func (c *command) short(letters string, rest []string) (int, error) {
	for i := range len(letters) {
		name, ok := shorts[letters[i]]
		if !ok {
			// What stands behind it may be its value, so the rest of the word goes with it.
			c.note("an option of one letter that is not known is left out")
			return 1, nil
		}
		o := options[name]
		if !o.value {
			if err := c.apply(o, ""); err != nil {
				return 0, err
			}
			continue
		}
		if value := letters[i+1:]; value != "" {
			return 1, c.apply(o, value)
		}
		if len(rest) == 0 {
			return 0, problem("-%c needs a value, and the line ends there", letters[i]).WithNext("paste the whole command")
		}
		return 2, c.apply(o, rest[0])
	}
	return 1, nil
}

func (c *command) apply(o option, value string) error {
	if o.set == nil {
		return nil
	}
	return o.set(c, value)
}

func (c *command) setURL(word string) error {
	if c.url != "" {
		return problem("the line names two URLs, or a value without its option").
			WithNext("paste a line with one URL, and put values with blanks into quotes")
	}
	if word == "" {
		return problem("the URL is empty")
	}
	c.url = word
	return nil
}
