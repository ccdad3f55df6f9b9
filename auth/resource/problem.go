package resource

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"

	"ferry/auth/access"
	"ferry/auth/problem"
	"ferry/model"
)

// statusError is a refusal that HTTP has a status for and the model has no code.
type statusError struct {
	status int
	detail string
	field  string
}

func (e *statusError) Error() string { return e.detail }

// codes are the codes of statuses that no code of the model stands for.
var codes = map[int]model.Code{
	http.StatusNotFound: model.ENotFound, http.StatusMethodNotAllowed: "method_not_allowed",
	http.StatusNotAcceptable: "not_acceptable", http.StatusUnsupportedMediaType: "unsupported_media_type",
	http.StatusPreconditionFailed: model.EConflict, http.StatusConflict: model.EConflict,
}

// problemOf says err in the words of HTTP.
func problemOf(err error) problem.Problem {
	if se, ok := err.(*statusError); ok { //nolint:errorlint // never wrapped: made and returned here
		return problem.Problem{Detail: se.detail, Status: se.status, Code: codes[se.status], Field: se.field}
	}
	e := model.AsError(err)
	return problem.Problem{
		Detail: reworded(e.Message), Status: model.HTTPStatus(e.Code), Code: e.Code, Field: e.Field,
		Fields: rewordedFields(e.Fields), Next: next(e),
	}
}

// next is the next step in the words of a caller: one that is a command line of ferry is
// of no use to it.
func next(e *model.Error) string {
	switch e.Code {
	case model.EProtected, model.EConfirm:
		return "repeat the request with its name in the query: ?confirm=NAME"
	case model.EInternal, model.ECorrupt:
		return "" // for whoever runs the hub: the log has it
	}
	if strings.Contains(e.Next, "ferry ") || strings.Contains(e.Next, "--") {
		return ""
	}
	return e.Next
}

// reworded takes the dashes off flags: the rules of the model name what is at fault for
// whoever types commands too, and --since-param is the member since_param here.
func reworded(message string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(message, "--")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		end := strings.IndexFunc(after, func(r rune) bool { return (r < 'a' || r > 'z') && r != '-' })
		if end < 0 {
			end = len(after)
		}
		if begins := before == "" || strings.HasSuffix(before, " ") || strings.HasSuffix(before, "("); !begins || end == 0 {
			b.WriteString("--")
			message = after
			continue
		}
		b.WriteString(strings.ReplaceAll(after[:end], "-", "_"))
		message = after[end:]
	}
}

func rewordedFields(in []model.FieldError) []model.FieldError {
	var out []model.FieldError
	for _, f := range in {
		out = append(out, model.FieldError{Field: f.Field, Message: reworded(f.Message)})
	}
	return out
}

// refuse answers a problem and tells the access log why.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	access.From(r).Reason = string(p.Code)
	failed(r, p, err)
	if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1") // seconds
	}
	p.Write(w)
}

// failed logs why the hub could not do what it should: an answer never tells the cause.
func failed(r *http.Request, p problem.Problem, err error) {
	if p.Status < http.StatusInternalServerError || r.Context().Err() != nil {
		return
	}
	entry := access.From(r)
	slog.Error("a request failed inside ferry", "request", entry.ID, "route", entry.Route, "code", p.Code, "cause", cause(err))
}

// cause is the innermost text of an error.
func cause(err error) string {
	if inner := model.AsError(err).Unwrap(); inner != nil {
		return model.Printable(inner.Error())
	}
	return model.Printable(err.Error())
}

// write answers v as JSON.
func write(w http.ResponseWriter, status int, v any) {
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the caller may have gone; what is answered can always be encoded
}
