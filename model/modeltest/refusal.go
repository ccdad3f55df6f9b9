package modeltest

import (
	"testing"

	"ferry/model"
)

// WantCode returns the message of err, which must have a code, and a next step unless it
// names fields.
func WantCode(t testing.TB, err error, code model.Code) string {
	t.Helper()
	if model.CodeOf(err) != code {
		t.Fatalf("got %v (%s), want %s", err, model.CodeOf(err), code)
	}
	if e := model.AsError(err); e.Next == "" && e.Fields == nil {
		t.Errorf("%q has no next step", e.Message)
	}
	return err.Error()
}

// WantField returns the message of err, which must be about a field that was given wrongly.
func WantField(t testing.TB, err error, field string) string {
	t.Helper()
	msg := WantCode(t, err, model.EInvalid)
	if got := model.AsError(err).Field; got != field {
		t.Errorf("%q is about the field %q, want %q", msg, got, field)
	}
	return msg
}

// Refused returns err, which must have a code and always a next step.
func Refused(t testing.TB, err error, code model.Code) *model.Error {
	t.Helper()
	WantCode(t, err, code)
	e := model.AsError(err)
	if e.Next == "" && e.Fields != nil {
		t.Errorf("%q has no next step", e)
	}
	return e
}
