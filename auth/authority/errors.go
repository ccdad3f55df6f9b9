package authority

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// Code is an error code of a token endpoint (RFC 6749 §5.2) or of a revocation
// endpoint (RFC 7009 §2.2.1).
type Code string

// The error codes.
const (
	InvalidRequest       Code = "invalid_request"
	InvalidClient        Code = "invalid_client"
	InvalidGrant         Code = "invalid_grant"
	UnauthorizedClient   Code = "unauthorized_client"
	UnsupportedGrantType Code = "unsupported_grant_type"
	InvalidScope         Code = "invalid_scope"
	InvalidTarget        Code = "invalid_target" // RFC 8707 §2
	Unavailable          Code = "temporarily_unavailable"
	ServerError          Code = "server_error"
)

// statuses is the one table from error code to HTTP status; what is not in it is 400.
var statuses = map[Code]int{
	InvalidClient: http.StatusUnauthorized,
	ServerError:   http.StatusInternalServerError,
	Unavailable:   http.StatusServiceUnavailable,
}

// Error is an error answer. Description is for the developer of the client and
// never repeats anything that was sent.
type Error struct {
	Code        Code
	Description string
	Status      int           // 0 means the table's status for Code
	Allow       string        // methods, with status 405
	RetryAfter  time.Duration // 0 means that nothing is said
}

// Error returns code and description.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Description }

// HTTPStatus returns the status the error is answered with.
func (e *Error) HTTPStatus() int {
	if e.Status != 0 {
		return e.Status
	}
	if s, ok := statuses[e.Code]; ok {
		return s
	}
	return http.StatusBadRequest
}

func fail(code Code, description string) *Error {
	return &Error{Code: code, Description: description}
}

// Write answers e as RFC 6749 §5.2 says. A 401 names the scheme a client may use,
// as RFC 9110 §15.5.2 demands of every 401.
func (e *Error) Write(w http.ResponseWriter) {
	if e.HTTPStatus() == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="token endpoint", charset="UTF-8"`)
	}
	if e.Allow != "" {
		w.Header().Set("Allow", e.Allow)
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(seconds(e.RetryAfter), 10))
	}
	WriteJSON(w, e.HTTPStatus(), struct {
		Error       Code   `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{e.Code, e.Description})
}

// WriteJSON answers v and forbids every cache to keep it (RFC 6749 §5.1).
func WriteJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"server_error"}`)
	}
	writeBody(w, status, body)
}

// The headers of every answer. They are made once: net/http reads them and nothing else.
var (
	typeJSON = []string{"application/json;charset=UTF-8"}
	noStore  = []string{"no-store"}
	noCache  = []string{"no-cache"}
)

func writeBody(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"], h["Cache-Control"], h["Pragma"] = typeJSON, noStore, noCache
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone; there is nobody left to tell
}
