package model

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Code says what kind of failure an Error is. Scripts rely on the text of codes.
type Code string

// The codes, with the process exit code each one has.
const (
	EInternal    Code = "internal"       // 1: a fault of ferry's, or of the machine
	ECorrupt     Code = "corrupt"        // 1: the store does not read back as it was written
	EUsage       Code = "usage"          // 2: the command line is wrong
	EInvalid     Code = "invalid"        // 2: a field has a value that cannot be
	ENotFound    Code = "not_found"      // 3: no such record
	ELocked      Code = "locked"         // 4: the vault is locked, or the key does not open it
	EBusy        Code = "busy"           // 4: another process holds the store
	EDisabled    Code = "disabled"       // 4: the client is disabled
	EProtected   Code = "protected"      // 4: the record's name must be given to confirm
	EConfirm     Code = "confirm"        // 4: the action must be confirmed
	EIncomplete  Code = "incomplete"     // 4: a secret is missing, so nothing was sent
	ERejected    Code = "rejected"       // 6: the other system rejected this secret before; it is not sent again
	EPermission  Code = "permission"     // 4: wrong mode or owner, or not allowed
	EConflict    Code = "conflict"       // 5: the record was changed meanwhile
	EExists      Code = "exists"         // 5: the name or file is taken
	EUpstream    Code = "upstream_error" // 6: the other system answered with an error
	EUnreachable Code = "unreachable"    // 7: the other system could not be reached
	ETimeout     Code = "timeout"        // 7: the other system did not answer in time
	ENoSpace     Code = "no_space"       // 1: the disk is full; what was written before is kept
	EPaused      Code = "paused"         // 4: somebody paused or cancelled it
	EInterrupted Code = "interrupted"    // 130: the person cancelled
)

var exitCodes = map[Code]int{
	EInternal: 1, ECorrupt: 1, ENoSpace: 1, EUsage: 2, EInvalid: 2, ENotFound: 3,
	ELocked: 4, EBusy: 4, EDisabled: 4, EProtected: 4, EConfirm: 4, EIncomplete: 4, EPermission: 4, EPaused: 4,
	EConflict: 5, EExists: 5, EUpstream: 6, ERejected: 6, EUnreachable: 7, ETimeout: 7, EInterrupted: 130,
}

// httpStatuses is the one table from a code to the status of an answer of the hub's own
// API; what is not in it is 500.
var httpStatuses = map[Code]int{
	EUsage: 400, EInvalid: 400, ENotFound: 404, EPermission: 403, EProtected: 403, EConfirm: 403,
	EDisabled: 403, EIncomplete: 409, EConflict: 412, EExists: 409, EBusy: 503, ELocked: 503, EInterrupted: 503, ENoSpace: 507, EPaused: 409,
	EUpstream: 502, ERejected: 502, EUnreachable: 502, ETimeout: 504,
}

// HTTPStatus returns the status (RFC 9110 §15) of an answer of the hub's own API.
func HTTPStatus(code Code) int {
	if n, ok := httpStatuses[code]; ok {
		return n
	}
	return 500
}

// Error is a failure that a person can act on. Message and Next are shown as they
// are and never contain a secret; Err is the cause, for the log only.
type Error struct {
	Code    Code
	Message string
	Field   string       // the field at fault in snake_case, or ""
	Next    string       // what to do next, or ""
	Fields  []FieldError // every field at fault, when a whole form was checked
	Err     error
}

// FieldError is what is wrong with one field.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Error returns the message, without the cause.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error with a code and a message.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// WithNext returns e with the next step set.
func (e *Error) WithNext(format string, args ...any) *Error {
	e.Next = fmt.Sprintf(format, args...)
	return e
}

// WithField returns e with the field at fault set.
func (e *Error) WithField(field string) *Error {
	e.Field = field
	return e
}

// WithCause returns e with its cause set.
func (e *Error) WithCause(err error) *Error {
	e.Err = err
	return e
}

// AsError returns err as an Error. A cancelled context becomes EInterrupted;
// anything without a code becomes EInternal, its text kept as the cause only.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	if errors.Is(err, context.Canceled) {
		return Errorf(EInterrupted, "interrupted").WithCause(err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Errorf(ETimeout, "timed out").WithCause(err)
	}
	return Errorf(EInternal, "something went wrong inside ferry").
		WithNext("run the same again with --log-file FILE -v and look at the file").WithCause(err)
}

// CodeOf returns the code of err, EInternal when it has none, "" when it is nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	return AsError(err).Code
}

// ExitCode returns the process exit code for err, 0 when it is nil.
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	if n, ok := exitCodes[CodeOf(err)]; ok {
		return n
	}
	return 1
}

// Invalid makes one EInvalid error of the fields at fault; nil when there are none.
func Invalid(fields []FieldError) error {
	if len(fields) == 0 {
		return nil
	}
	lines := make([]string, len(fields))
	for i, f := range fields {
		lines[i] = f.Field + ": " + f.Message
	}
	return &Error{Code: EInvalid, Message: strings.Join(lines, "; "), Field: fields[0].Field, Fields: fields}
}
