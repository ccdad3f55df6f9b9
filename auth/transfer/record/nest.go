package record

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ferry/model"
)

// Nest builds one object of dotted names and their JSON values: the way back from Flatten.
// It compiles the names each time; whoever builds many records uses a Nester.
func Nest(names []string, values [][]byte) ([]byte, error) {
	n, err := NewNester(names)
	if err != nil {
		return nil, err
	}
	return n.Append(nil, values)
}

// Nester builds objects of values that always have the same dotted names. It is safe for
// use by many goroutines.
type Nester struct {
	root  node
	count int
}

// node is a place in the object: a column when it is a leaf, an object or an array otherwise.
type node struct {
	name   string
	quoted []byte // `"name":`
	column int    // of a leaf
	below  []*node
	index  map[string]*node // of below, only while names are added
	array  bool
}

// NewNester compiles names. Places below one name that are numbered 0, 1, 2 … without a
// gap, in whatever order, make an array. EInvalid for a name that is empty or given twice,
// or that is both a value and an object ("price" beside "price.amount").
func NewNester(names []string) (*Nester, error) {
	n := &Nester{count: len(names), root: node{column: -1}}
	for i, name := range names {
		if err := n.root.add(name, name, i); err != nil {
			return nil, err
		}
	}
	n.root.finish()
	n.root.array = false // a record is an object
	return n, nil
}

// maxNesting bounds the dots of a name.
const maxNesting = 256

func (n *node) add(full, name string, column int) error {
	if strings.Count(name, ".") > maxNesting {
		return nameError(full, "is nested deeper than %d objects", maxNesting)
	}
	for {
		first, rest, more := strings.Cut(name, ".")
		if full == "" {
			return nameError(full, "is no name")
		}
		child := n.index[first]
		switch {
		case child == nil:
			child = &node{name: first, column: -1}
			var err error
			if child.quoted, err = jsontext.AppendQuote(nil, first); err != nil {
				return nameError(full, "is no name")
			}
			child.quoted = append(child.quoted, ':')
			if n.index == nil {
				n.index = map[string]*node{}
			}
			n.index[first] = child
			n.below = append(n.below, child)
		case !more && child.column >= 0:
			return nameError(full, "is given twice")
		case !more || child.column >= 0:
			return nameError(full, "is both a value and an object")
		}
		if !more {
			child.column = column
			return nil
		}
		n, name = child, rest
	}
}

func nameError(name, format string, args ...any) error {
	return model.Errorf(model.EInvalid, "the column %q "+format, append([]any{model.Printable(name)}, args...)...).WithField("columns")
}

// finish decides which places are arrays, and puts their elements in order.
func (n *node) finish() {
	n.index = nil
	order := make([]*node, len(n.below))
	n.array = len(n.below) > 0
	for _, child := range n.below {
		child.finish()
		i, rest := index(child.name)
		if n.array = n.array && i >= 0 && i < len(order) && rest == ""; n.array {
			order[i] = child
		}
	}
	if n.array = n.array && !slices.Contains(order, nil); n.array {
		n.below = order
	}
}

// Append appends the object that values make, one for each name, without blanks between
// its parts. A nil value is left out; so are objects and ends of arrays of which nothing is
// left, while a gap in an array is null. Values are JSON and are not looked at.
func (n *Nester) Append(dst []byte, values [][]byte) ([]byte, error) {
	if len(values) != n.count {
		return dst, model.Errorf(model.EInvalid, "%d values for %d columns", len(values), n.count)
	}
	return n.root.appendObject(dst, values), nil
}

func (n *node) append(dst []byte, values [][]byte) []byte {
	switch {
	case n.column >= 0:
		return append(dst, values[n.column]...)
	case n.array:
		return n.appendArray(dst, values)
	}
	return n.appendObject(dst, values)
}

func (n *node) appendObject(dst []byte, values [][]byte) []byte {
	dst = append(dst, '{')
	more := false
	for _, child := range n.below {
		if !child.holds(values) {
			continue
		}
		if more {
			dst = append(dst, ',')
		}
		more = true
		dst = child.append(append(dst, child.quoted...), values)
	}
	return append(dst, '}')
}

func (n *node) appendArray(dst []byte, values [][]byte) []byte {
	last := len(n.below) - 1
	for last >= 0 && !n.below[last].holds(values) {
		last--
	}
	dst = append(dst, '[')
	for i, child := range n.below[:last+1] {
		if i > 0 {
			dst = append(dst, ',')
		}
		if child.holds(values) {
			dst = child.append(dst, values)
		} else {
			dst = append(dst, "null"...)
		}
	}
	return append(dst, ']')
}

// holds reports whether any value lies at or below n.
func (n *node) holds(values [][]byte) bool {
	if n.column >= 0 {
		return values[n.column] != nil
	}
	return slices.ContainsFunc(n.below, func(child *node) bool { return child.holds(values) })
}
