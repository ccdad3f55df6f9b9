package odata

import (
	"fmt"
	"net/http"
)

// Error is an error answer (OData JSON Format 4.0 §19).
type Error struct {
	Status  int
	Message string
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

func bad(format string, args ...any) *Error {
	return &Error{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func unsupported(format string, args ...any) *Error {
	return &Error{http.StatusNotImplemented, fmt.Sprintf(format, args...) + " is not supported here"}
}

// code is the short name of the error, by its status.
func (e *Error) code() string {
	switch e.Status {
	case http.StatusNotImplemented:
		return "NotImplemented"
	case http.StatusNotFound:
		return "NotFound"
	case http.StatusMethodNotAllowed:
		return "MethodNotAllowed"
	case http.StatusBadRequest:
		return "BadRequest"
	}
	return "ServiceError"
}

func (e *Error) write(w http.ResponseWriter) {
	head(w, e.Status)
	_, _ = w.Write(fmt.Appendf(nil, `{"error":{"code":%s,"message":%s}}`+"\n", // the client may have gone
		quoteJSON(e.code()), quoteJSON(e.Message)))
}

func head(w http.ResponseWriter, status int) {
	w.Header().Set("OData-Version", "4.0")
	w.Header().Set("Content-Type", "application/json;odata.metadata=minimal")
	w.WriteHeader(status)
}
