package resource

import (
	"maps"
	"net/http"
	"reflect"
	"slices"

	"ferry/model"
)

// editing is how PUT and PATCH change one kind of record.
type editing[T any] struct {
	find     func(*call) (T, error)
	show     func(*call, T) (any, error) // the outside shape
	about    func(T) (name string, revision uint64)
	input    *Schema  // of the whole record; its read-only members may be repeated as they are
	volatile []string // read-only members that change by themselves
	secrets  []string // members that null clears, and absence keeps
	// unversioned says that the use-case which deletes the record takes no revision, so that
	// the edits of this server wait for it.
	unversioned bool
	save        func(c *call, stored T, want object, revision uint64) (T, error)
	setState    func(c *call, stored T, st model.State, confirm string) (T, error) // nil: it has no state to set
}

// maxTries is how often a patch without If-Match is applied anew to a record that
// somebody else changed meanwhile.
const maxTries = 10

// handle answers PUT and PATCH.
func (e *editing[T]) handle(c *call) error {
	body, err := c.body()
	if err != nil {
		return err
	}
	var saved T
	for try := 1; ; try++ {
		saved, err = e.once(c, body)
		if model.CodeOf(err) != model.EConflict || c.conditional() || try == maxTries {
			break
		}
	}
	if err != nil {
		return c.conflict(err)
	}
	v, err := e.show(c, saved)
	if err != nil {
		return err
	}
	_, revision := e.about(saved)
	return c.reply(revision, v)
}

// once applies the body to the record as it is stored now. Edits by this server take
// turns: the state is set in a transaction of its own, for which If-Match must hold too.
func (e *editing[T]) once(c *call, body object) (T, error) {
	c.a.edits.Lock()
	defer c.a.edits.Unlock()
	var none T
	stored, err := e.find(c)
	if err != nil {
		return none, err
	}
	_, seen := e.about(stored)
	revision, err := c.ifMatch(seen)
	if err != nil {
		return none, err
	}
	shown, err := e.show(c, stored)
	if err != nil {
		return none, err
	}
	was, err := asObject(shown)
	if err != nil {
		return none, err
	}
	if err := model.Invalid(e.readOnly(was, body)); err != nil {
		return none, err
	}
	want := maps.Clone(body)
	if c.route.Method == http.MethodPatch {
		revision = seen // a patch is for what it was applied to
		want = e.patched(was, body)
		if err := model.Invalid(e.input.check("", want, nil)); err != nil {
			return none, err
		}
	}
	return e.apply(c, stored, e.writable(was), e.writable(want), revision)
}

// apply saves what differs. What only sets the state is not an edit: it may be allowed
// where an edit is not.
func (e *editing[T]) apply(c *call, stored T, was, want object, revision uint64) (T, error) {
	before, after := stateOf(was), stateOf(want)
	delete(was, "state")
	delete(want, "state")
	confirm := c.confirm()
	if !reflect.DeepEqual(was, want) {
		var err error
		if stored, err = e.save(c, stored, want, revision); err != nil {
			return stored, err
		}
		// It was confirmed, or needed not be; the name may be another one now.
		confirm, _ = e.about(stored)
	}
	if e.setState == nil || before == after {
		return stored, nil
	}
	return e.setState(c, stored, after, confirm)
}

// stateOf returns the state that a record is to have: active unless it says otherwise.
func stateOf(o object) model.State {
	if s, ok := o["state"].(string); ok {
		return model.State(s)
	}
	return model.Active
}

// patched merges a patch into the record, whose secrets it can only keep, replace or clear.
func (e *editing[T]) patched(was, patch object) object {
	want := merged(was, patch)
	for _, name := range e.secrets {
		if v, given := patch[name]; given && v == nil {
			want[name] = nil
		}
	}
	return want
}

// readOnly finds members that the caller cannot set and that are not as they are.
func (e *editing[T]) readOnly(was, body object) []model.FieldError {
	var out []model.FieldError
	for _, name := range slices.Sorted(maps.Keys(body)) {
		of := e.input.Properties[name]
		if of == nil || !of.ReadOnly || slices.Contains(e.volatile, name) || reflect.DeepEqual(was[name], body[name]) {
			continue
		}
		out = append(out, model.FieldError{Field: name, Message: "cannot be set; leave it out, or as it is"})
	}
	return out
}

// writable returns the members that can be set.
func (e *editing[T]) writable(o object) object {
	out := object{}
	for name, v := range o {
		if of := e.input.Properties[name]; of != nil && !of.ReadOnly {
			out[name] = v
		}
	}
	return out
}

// fresh refuses members of a new record that the caller cannot set.
func (e *editing[T]) fresh(body object) error {
	return model.Invalid(e.readOnly(object{}, body))
}

// newRecord reads the body of a POST.
func (e *editing[T]) newRecord(c *call) (object, error) {
	body, err := c.body()
	if err != nil {
		return nil, err
	}
	return body, e.fresh(body)
}

// one answers GET of one record.
func (e *editing[T]) one(c *call) error {
	stored, err := e.find(c)
	if err != nil {
		return err
	}
	v, err := e.show(c, stored)
	if err != nil {
		return err
	}
	_, revision := e.about(stored)
	return c.reply(revision, v)
}

// remove answers DELETE with what forget does to the record. Revision 0 means whatever
// is stored.
func (e *editing[T]) remove(forget func(c *call, stored T, revision uint64) error) func(*call) error {
	return func(c *call) error {
		if e.unversioned {
			c.a.edits.Lock()
			defer c.a.edits.Unlock()
		}
		stored, err := e.find(c)
		if err != nil {
			return err
		}
		_, seen := e.about(stored)
		revision, err := c.ifMatch(seen)
		if err != nil {
			return err
		}
		if err := forget(c, stored, revision); err != nil {
			return c.conflict(err)
		}
		return c.gone()
	}
}
