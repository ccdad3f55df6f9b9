package paging

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Where lists of records lie, the likeliest first.
var (
	listNames = []string{"value", "data", "items", "content", "results", "records", "rows", "entries", "elements", "d", "hits", "list"}
	// holders are objects that may hold the list.
	holders = []string{"data", "d", "_embedded", "result", "response", "hits", "results", "payload", "content"}
	// noLists are never the records.
	noLists = []string{"links", "_links", "errors", "error", "warnings", "messages", "included", "facets", "sort"}
)

// list is an array that was seen at a place of the page.
type list struct {
	holder, name string // holder is "" for a member of the root
	objects      bool   // its first element is an object
	empty        bool
	null         bool // it is null instead of an array
}

var (
	errNoList    = errors.New("no list")
	errManyLists = errors.New("many lists")
)

// find returns the place of the records of a page, of which body is the beginning. Lists
// are the candidates for a message.
func find(body []byte) (place string, candidates []string, err error) {
	lists, root, err := outline(body)
	if root {
		return rootPlace, nil, nil
	}
	if err != nil && !isEOF(err) {
		return "", nil, err
	}
	if l := pick(lists); l != nil {
		return l.place(), nil, nil
	}
	for _, l := range lists {
		if l.objects {
			candidates = append(candidates, l.place())
		}
	}
	if len(candidates) > 1 {
		return "", candidates, errManyLists
	}
	return "", nil, errNoList
}

func (l *list) place() string {
	if l.holder == "" {
		return joinPlace(l.name)
	}
	return joinPlace(l.holder, l.name)
}

// pick chooses the list of the records: a known name first, then the only one.
func pick(lists []list) *list {
	known := func(holder string) *list {
		for _, name := range listNames {
			for i, l := range lists {
				if l.holder == holder && l.name == name && (!l.null || holder == "") {
					return &lists[i]
				}
			}
		}
		return nil
	}
	if l := known(""); l != nil {
		return l
	}
	for _, h := range holders {
		if l := known(h); l != nil {
			return l
		}
		if l := only(lists, h); l != nil {
			return l
		}
	}
	return only(lists, "")
}

// only returns the one list of a holder that holds objects, or else the one that is empty.
func only(lists []list, holder string) *list {
	var objects, empty []*list
	for i := range lists {
		switch l := &lists[i]; {
		case l.holder != holder || l.null || slices.Contains(noLists, l.name):
		case l.objects:
			objects = append(objects, l)
		case l.empty:
			empty = append(empty, l)
		}
	}
	switch {
	case len(objects) == 1:
		return objects[0]
	case len(objects) == 0 && len(empty) == 1:
		return empty[0]
	}
	return nil
}

// outline lists the arrays of the root and of the objects that may hold the records. Root
// says that the page is an array itself.
func outline(body []byte) (lists []list, root bool, err error) {
	w := walker{d: jsontext.NewDecoder(bytes.NewBuffer(body))}
	switch w.d.PeekKind() {
	case '[':
		return nil, true, nil
	case '{':
		err = w.outline("", &lists)
	default:
		err = w.skip()
	}
	return lists, false, err
}

func (w *walker) outline(holder string, lists *[]list) error {
	return w.members(func(name string) error {
		switch w.d.PeekKind() {
		case '[':
			return w.outlineArray(holder, name, lists)
		case '{':
			if holder == "" && slices.Contains(holders, name) {
				return w.outline(name, lists)
			}
		case 'n':
			if slices.Contains(listNames, name) {
				*lists = append(*lists, list{holder: holder, name: name, null: true})
			}
		}
		return w.skip()
	})
}

// outlineArray notes an array as soon as its first element is seen, because the rest of it
// may not be there.
func (w *walker) outlineArray(holder, name string, lists *[]list) error {
	if _, err := w.d.ReadToken(); err != nil {
		return err
	}
	k := w.d.PeekKind()
	*lists = append(*lists, list{holder: holder, name: name, objects: k == '{', empty: k == ']'})
	for w.d.PeekKind() != ']' {
		if err := w.skip(); err != nil {
			return err
		}
	}
	_, err := w.d.ReadToken()
	return err
}

// isEOF reports whether the JSON ended too early.
func isEOF(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) }

// plainItems are the filters that only name a place: they need no jq, and no page is held
// for them.
var plainItems = regexp.MustCompile(`^(\.|(\.[A-Za-z_][A-Za-z0-9_]*)+)(\[\])?$`)

// placeOf returns the place that a plain filter names; false for any other.
func placeOf(filter string) (string, bool) {
	filter = strings.TrimSpace(filter)
	if !plainItems.MatchString(filter) {
		return "", false
	}
	names := strings.TrimSuffix(strings.TrimSuffix(filter, "[]"), ".")
	if names == "" {
		return rootPlace, true
	}
	return joinPlace(strings.Split(names[1:], ".")...), true
}
