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
	revision func(T) uint64
	input    *Schema  // of the whole record; its read-only members may be repeated as they are
	volatile []string // read-only members that change by themselves
	secrets  []string // members that null clears, and absence keeps
	save     func(c *call, stored T, want wanted) (T, error)
}

// wanted is what an edit makes of a record.
type wanted struct {
	members  object      // that can be set, but for the state; nil: they stay as they are
	state    model.State // "": it stays as it is
	revision uint64      // the one that members and state are for
}

// maxTries is how often an edit without If-Match is applied anew to a record that
// somebody else changed meanwhile: each time one of those who do so at once gets through.
const maxTries = 50

// handle answers PUT and PATCH.
func (e *editing[T]) handle(c *call) error {
	body, err := c.body()
	if err != nil {
		return err
	}
	var saved T
	for try := 1; ; try++ {
		saved, err = e.once(c, body)
		if model.CodeOf(err) != model.EConflict || c.conditional() || try == maxTries || c.ctx.Err() != nil {
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
	return c.reply(e.revision(saved), v)
}

// once applies the body to the record as it is stored now: what was read, and compared
// with If-Match, is saved only over the very revision that it was read from.
func (e *editing[T]) once(c *call, body object) (T, error) {
	var none T
	stored, err := e.find(c)
	if err != nil {
		return none, err
	}
	seen := e.revision(stored)
	if _, err := c.ifMatch(seen); err != nil {
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
		want = e.patched(was, body)
		if err := model.Invalid(e.input.check("", want, nil)); err != nil {
			return none, err
		}
	}
	return e.apply(c, stored, e.writable(was), e.writable(want), seen)
}

// apply saves what differs, in one transaction. What only sets the state touches nothing
// else: it may be allowed where an edit is not.
func (e *editing[T]) apply(c *call, stored T, was, want object, revision uint64) (T, error) {
	w := wanted{revision: revision}
	if st := stateOf(want); st != stateOf(was) {
		w.state = st
	}
	delete(was, "state")
	delete(want, "state")
	if !reflect.DeepEqual(was, want) {
		w.members = want
	}
	if w.members == nil && w.state == "" {
		return stored, nil
	}
	return e.save(c, stored, w)
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
	return c.reply(e.revision(stored), v)
}

// remove answers DELETE with what forget does to the record. Revision 0 means whatever
// is stored.
func (e *editing[T]) remove(forget func(c *call, stored T, revision uint64) error) func(*call) error {
	return func(c *call) error {
		stored, err := e.find(c)
		if err != nil {
			return err
		}
		revision, err := c.ifMatch(e.revision(stored))
		if err != nil {
			return err
		}
		if err := forget(c, stored, revision); err != nil {
			return c.conflict(err)
		}
		return c.gone()
	}
}
