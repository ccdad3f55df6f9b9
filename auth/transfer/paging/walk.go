package paging

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxMembers bounds an object that is passed over: the names of its members are held to
// find one that comes twice. maxDepth bounds what is looked into beside the records.
const (
	maxMembers = 1 << 18
	maxDepth   = 4
	maxNames   = 20
)

// walker runs once over a page: it hands the records at path over and gathers facts.
type walker struct {
	d      *jsontext.Decoder
	path   []string // of the list; nil is the root
	cursor []string // of Reading.CursorField
	facts  *facts
	record func(rec jsontext.Value) error
	whole  bool // an object in place of the list is one record
	found  bool // the list was there
	absent bool // what was there instead of the list was null
}

var (
	errNotList  = errors.New("the place of the records holds no list")
	errMembers  = fmt.Errorf("an object has more than %d members", maxMembers)
	errTrailing = errors.New("there is more behind the end of the JSON")
)

func (w *walker) run() error {
	var err error
	switch k := w.d.PeekKind(); {
	case k == '[' && len(w.path) == 0:
		err = w.list()
	case k == '{':
		err = w.object("", w.path, w.cursor, true, 0)
	default:
		err = w.skip()
	}
	if err != nil {
		return err
	}
	return w.trailing()
}

// trailing makes sure that nothing stands behind the page.
func (w *walker) trailing() error {
	if k := w.d.PeekKind(); k != jsontext.KindInvalid {
		return errTrailing
	}
	if _, err := w.d.ReadToken(); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// list hands over the elements of the array that begins here.
func (w *walker) list() error {
	if _, err := w.d.ReadToken(); err != nil {
		return err
	}
	w.found = true
	for n := 1; w.d.PeekKind() != ']'; n++ {
		rec, err := w.d.ReadValue()
		if errors.Is(err, errLong) {
			return &longError{record: n}
		}
		if err != nil {
			return err
		}
		if err := w.record(rec); err != nil {
			return err
		}
	}
	_, err := w.d.ReadToken()
	return err
}

// object passes over the object that begins here; where is the member that holds it. Path
// and cursor are what is left of theirs, when they lead through it.
func (w *walker) object(where string, path, cursor []string, root bool, depth int) error {
	n := 0
	return w.members(func(name string) error {
		if n > maxMembers {
			return errMembers
		}
		n++
		if root && len(w.facts.names) < maxNames {
			w.facts.names = append(w.facts.names, name)
		}
		return w.member(where, name, path, cursor, root, depth)
	})
}

// members calls each behind the name of every member of the object that begins here; each
// takes the value.
func (w *walker) members(each func(name string) error) error {
	if _, err := w.d.ReadToken(); err != nil {
		return err
	}
	for w.d.PeekKind() != '}' {
		tok, err := w.d.ReadToken()
		if err != nil {
			return err
		}
		if err := each(tok.String()); err != nil {
			return err
		}
	}
	_, err := w.d.ReadToken()
	return err
}

// below returns what is left of path behind name, and whether it leads there.
func below(path []string, name string) ([]string, bool) {
	if len(path) == 0 || path[0] != name {
		return nil, false
	}
	return path[1:], true
}

func (w *walker) member(where, name string, path, cursor []string, root bool, depth int) error {
	rest, through := below(path, name)
	crest, toCursor := below(cursor, name)
	switch k := w.d.PeekKind(); k {
	case '[':
		switch {
		case through && len(rest) == 0:
			return w.list()
		case strings.EqualFold(name, "links") || name == "_links":
			return w.relations()
		}
		w.noteStrange(name, root)
		return w.skip()
	case '{':
		if through && len(rest) > 0 || toCursor && len(crest) > 0 || containers[strings.ToLower(name)] && depth < maxDepth {
			return w.object(strings.ToLower(name), rest, crest, false, depth+1)
		}
		switch {
		case through && w.whole: // a person named it: it is the one record
			w.found = true
			rec, err := w.d.ReadValue()
			if err != nil {
				return err
			}
			return w.record(rec)
		case through:
			return errNotList
		}
		w.noteStrange(name, root)
		return w.skip()
	default:
		v, err := w.d.ReadValue()
		if err != nil {
			return err
		}
		switch {
		case through && k == 'n':
			w.absent = true
		case through:
			return errNotList
		}
		if toCursor && len(crest) == 0 && k != 'n' && k != 'f' && k != 't' {
			w.facts.cursor, w.facts.named = string(v), name
			if k == '"' {
				w.facts.cursor = unquote(v)
			}
		}
		if root && !through && kindOf(name) == kindNone && name[:min(1, len(name))] != "@" {
			w.noteStrange(name, root)
		}
		w.facts.scalar(where, name, v)
		return nil
	}
}

// noteStrange takes a member that is neither the list nor about paging.
func (w *walker) noteStrange(name string, root bool) {
	if !root {
		return
	}
	w.facts.strange = true
	switch strings.ToLower(name) {
	case "error", "errors", "fault":
		w.facts.failed = true
	}
}

// relations reads links as a list of objects with rel and href.
func (w *walker) relations() error {
	if _, err := w.d.ReadToken(); err != nil {
		return err
	}
	for w.d.PeekKind() != ']' {
		v, err := w.d.ReadValue()
		if err != nil {
			return err
		}
		if v.Kind() == '{' && len(v) < maxLink {
			var rel, href string
			sub := walker{d: jsontext.NewDecoder(bytes.NewBuffer(v)), facts: &facts{}}
			_ = sub.pairs(func(name, value string) {
				switch name {
				case "rel":
					rel = value
				case "href", "url":
					href = value
				}
			})
			if strings.EqualFold(rel, "next") && w.facts.link == "" {
				w.facts.link = href
			}
		}
	}
	_, err := w.d.ReadToken()
	return err
}

// pairs calls each with the members of the object that begins here that are strings.
func (w *walker) pairs(each func(name, value string)) error {
	return w.members(func(name string) error {
		v, err := w.d.ReadValue()
		if err == nil && v.Kind() == '"' {
			each(name, unquote(v))
		}
		return err
	})
}

// skip passes over one value token by token, so that a long one takes no memory.
func (w *walker) skip() error {
	depth := w.d.StackDepth()
	for {
		if _, err := w.d.ReadToken(); err != nil {
			return err
		}
		now := w.d.StackDepth()
		if now <= depth {
			return nil
		}
		if k, n := w.d.StackIndex(now); k == '{' && n > 2*maxMembers {
			return errMembers
		}
	}
}
