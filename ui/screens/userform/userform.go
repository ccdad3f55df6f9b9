// Package userform is the screen on which an API user is made or edited, with its
// permissions as a grid, checked while they are typed.
//
// It imports the contract of screens, the widgets and the use-cases of API users. It
// holds no rule: what is wrong with a draft is said by apiusers.Check, and what is saved
// is decided by apiusers.Create and Update.
package userform

import (
	"slices"
	"time"

	"charm.land/bubbles/v2/help"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/editing"
	"ferry/ui/widget"
	"ferry/ui/widget/sheet"
)

// Form is the screen. An edit is popped after saving with the model.APIUser; a new user
// is followed by its page.
type Form struct {
	*editing.Form[apiusers.Draft, read, model.APIUser]

	stored *model.APIUser // what is edited, as it was last read
	in     inputs
	names  []string      // of the space's clients, nil until they have come
	ttl    time.Duration // what a user has whose TTL is left empty
}

// New returns the form over the user with id, or for a new user when id is "".
func New(env screen.Env, id model.ID) screen.Screen {
	f := &Form{ttl: model.DefaultTTL}
	f.Form = editing.New(env, id, editing.Options[apiusers.Draft, read, model.APIUser]{
		Noun: "API user", Name: func(d apiusers.Draft) string { return d.Username }, Gone: "its keys are gone",
		Rows: f.rows, Foot: f.footLines, Fill: f.fill, Draft: f.draft, Check: f.check, Changed: f.changed,
		Read: load, Took: f.took, Newest: newest, Merge: merged, Save: save, Saved: f.saved, Named: f.named, Anew: f.anew,
	})
	f.Begin(apiusers.Draft{})
	f.Focus = "username"
	return f
}

// Title implements screen.Screen.
func (f *Form) Title() string {
	switch {
	case f.Target == "":
		return "New API user"
	case f.stored == nil:
		return "Edit"
	}
	return "Edit " + model.Printable(f.stored.Username)
}

var formKeys = keymap.Map{
	{keymap.Save, keymap.Next, keymap.Bind("space", "check", "space"), sheet.Move, editing.Cancel},
	{keymap.Prev, keymap.Bind("space", "check; on a row's name: the row", "space"), sheet.PressOrNext, sheet.Leap},
}

// Keys implements screen.Screen.
func (f *Form) Keys() help.KeyMap { return formKeys }

// check is what is wrong with the draft.
func (f *Form) check() []model.FieldError {
	problems := apiusers.Check(f.draft(), f.Env.Hub.Now).Problems
	if p := f.in.expiryProblem(f.Env.Hub.Now()); p != "" {
		problems = slices.DeleteFunc(problems, func(e model.FieldError) bool { return e.Field == "expires_at" })
		problems = append(problems, model.FieldError{Field: "expires_at", Message: p})
	}
	return problems
}

// changed follows a change of an item: a box of the grid is one of the permissions.
func (f *Form) changed(it *sheet.Item) {
	if it.Kind == sheet.Check && it.Key != "bearer_keys" {
		f.Hush("permissions")
	}
}

// footLines says which box has the focus, or tells of a save. The line is always there, so
// that nothing moves when the focus does.
func (f *Form) footLines() []string {
	if f.Saving() {
		return []string{" saving …"}
	}
	it := f.Focused()
	if it == nil || it.Kind != sheet.Check || it.Key == "bearer_keys" {
		return []string{""}
	}
	text := "permission " + model.Printable(it.Key)
	if slices.Contains(model.PermissionAreas(), it.Key) {
		text = "all of " + it.Key + ": space checks or clears the row"
	}
	return []string{" " + f.Styles.Muted.Render(widget.Truncate(text, f.Width-2))}
}
