package transfers

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"ferry/model"
	"ferry/model/clients"
)

// problems collects the fields at fault.
type problems struct {
	list []model.FieldError
	code model.Code // "" is EInvalid
}

func (p *problems) addf(field, format string, args ...any) {
	p.list = append(p.list, model.FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
}

func (p *problems) has(field string) bool {
	return slices.ContainsFunc(p.list, func(f model.FieldError) bool { return f.Field == field })
}

// take adds the fields of an EInvalid error that are not at fault already; false when it
// is another error, or names no field.
func (p *problems) take(err error) bool {
	e := model.AsError(err)
	if e.Code != model.EInvalid {
		return false
	}
	list := e.Fields
	if len(list) == 0 && e.Field != "" {
		list = []model.FieldError{{Field: e.Field, Message: e.Message}}
	}
	for _, f := range list {
		if !p.has(f.Field) {
			p.list = append(p.list, f)
		}
	}
	return len(p.list) > 0
}

// err is one error of all fields: ENotFound when the one fault is a file that is missing.
func (p *problems) err() error {
	err := model.Invalid(p.list)
	if err == nil || p.code == "" || len(p.list) > 1 {
		return err
	}
	return model.Errorf(p.code, "%s", p.list[0].Message).WithField(p.list[0].Field).WithNext("look at the name of the file")
}

const maxPath = 2048

// pathProblem says what is wrong with a path below a base URL, "" when nothing is.
func pathProblem(path string) string {
	plain, query, _ := strings.Cut(path, "?")
	switch {
	case path == "":
		return "a path below the base URL is needed, as in /products"
	case len(path) > maxPath:
		return fmt.Sprintf("a path has at most %d characters", maxPath)
	case strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return "a path holds no blanks and no control characters: write a blank as %20"
	case !utf8.ValidString(path):
		return "a path is text in UTF-8"
	case strings.Contains(plain, "://") || strings.HasPrefix(plain, "//"):
		return "a path below the base URL of the client is needed, not a URL"
	case strings.Contains(path, "#"):
		return "a path holds no fragment (#…)"
	}
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if decoded, err := url.QueryUnescape(name); err == nil {
			name = decoded
		}
		if clients.SecretByName(name) {
			return secretProblem(name)
		}
	}
	return ""
}

func secretProblem(name string) string {
	return fmt.Sprintf("%s carries a credential: it belongs to the API client, which keeps it secret", model.Printable(name))
}

const maxParams = 50

func checkParams(p *problems, field string, list []model.Param) {
	if len(list) > maxParams {
		p.addf(field, "at most %d", maxParams)
		return
	}
	for _, q := range list {
		switch {
		case q.Name == "":
			p.addf(field, "a parameter needs a name, as in page=1")
		case clients.SecretByName(q.Name):
			p.addf(field, "%s", secretProblem(q.Name))
		}
	}
}

// ownHeaders are set by whoever moves the records, or by the connection.
var ownHeaders = []string{"Authorization", "Connection", "Content-Encoding", "Content-Length", "Host", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

func checkHeaders(p *problems, field string, list []model.Param) {
	if len(list) > maxParams {
		p.addf(field, "at most %d", maxParams)
		return
	}
	for _, h := range list {
		switch {
		case !model.IsToken(h.Name):
			p.addf(field, "%q is no name of a header", model.Printable(h.Name))
		case clients.SecretByName(h.Name):
			p.addf(field, "%s", secretProblem(h.Name))
		case slices.Contains(ownHeaders, textproto.CanonicalMIMEHeaderKey(h.Name)):
			p.addf(field, "%s is set by ferry itself and cannot be given", h.Name)
		case strings.ContainsFunc(h.Value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
			p.addf(field, "the value of %s holds a control character", h.Name)
		}
	}
}

// checkFormat checks the format of a file and what belongs to it.
func checkFormat(p *problems, f *model.TransferFile, kind model.TransferKind) {
	switch f.Format {
	case model.NDJSON, model.JSONArray, model.CSV:
	case "":
		p.addf("format", "the ending of the file does not say it: ndjson, json or csv")
	default:
		p.addf("format", "ndjson, json or csv")
	}
	if f.Format != model.CSV {
		for _, of := range []struct {
			field string
			given bool
		}{{"columns", f.Columns != nil}, {"csv_raw", f.CSVRaw}, {"csv_separator", f.Comma != ""}, {"map", f.Map != nil}} {
			if of.given {
				p.addf(of.field, "only a CSV file has that")
			}
		}
		return
	}
	if r, n := utf8.DecodeRuneInString(f.Comma); f.Comma != "" && (n != len(f.Comma) || r == utf8.RuneError || strings.ContainsRune("\"\r\n", r)) {
		p.addf("csv_separator", "one character, neither a quote nor a line end")
	}
	for i, c := range f.Columns {
		if c == "" || slices.Contains(f.Columns[:i], c) {
			p.addf("columns", "each column has a name, and none has it twice")
			break
		}
	}
	for _, m := range f.Map {
		if m.Name == "" || m.Value == "" {
			p.addf("map", "written as COLUMN=FIELD")
		}
	}
	if kind == model.KindExport && f.Map != nil {
		p.addf("map", "only an import renames columns")
	}
}

// checkReading checks what the engine cannot know; the scheme itself is checked there.
func checkReading(p *problems, kind model.TransferKind, d *Draft) {
	r := &d.Read
	switch {
	case kind == model.KindExport && r.Since != "" && r.SinceParam == "":
		p.addf("since_param", "the parameter that carries --since is needed")
	case kind == model.KindExport && r.Since == "" && r.SinceParam != "":
		p.addf("since", "the value of --since-param is needed")
	case kind == model.KindSync && d.Sync.Detect == model.DetectSince && r.SinceParam == "":
		p.addf("since_param", "the parameter that asks for what changed is needed")
	}
	if r.PageSize < 0 {
		p.addf("page_size", "a number from 1, or 0 for the source's own")
	}
	if r.Limit < 0 {
		p.addf("limit", "a number from 1, or 0 for all")
	}
	if kind == model.KindSync && r.Limit != 0 {
		p.addf("limit", "a sync reads all that there is")
	}
}

// writing checks how a target is written and returns it with its method spelled out.
func writing(p *problems, d Draft) model.Writing {
	w := d.Write
	w.Method = strings.ToUpper(w.Method)
	if w.Method == "" && d.Kind == model.KindSync {
		w.Method = http.MethodPut
	}
	if !slices.Contains([]string{"", http.MethodPost, http.MethodPut, http.MethodPatch}, w.Method) {
		p.addf("method", "POST, PUT or PATCH")
	}
	if w.Parallel < 0 || w.Parallel > model.MaxParallel {
		p.addf("parallel", "between 1 and %d", model.MaxParallel)
	}
	switch {
	case w.Batch < 0:
		p.addf("batch", "a number of records from 1")
	case w.Batch > 1 && w.Upsert:
		p.addf("batch", "records that are looked up are sent one by one")
	case w.Batch > 1 && d.Kind == model.KindSync:
		p.addf("batch", "a sync sends its records one by one")
	case w.Batch <= 1 && w.BatchField != "":
		p.addf("batch_field", "only with --batch")
	}
	if w.MaxRejects < 0 {
		p.addf("max_rejects", "a number from 1, or 0 for any")
	}
	if w.Idempotency != "" && !model.IsToken(w.Idempotency) {
		p.addf("idempotency_header", "the name of a header, or none")
	}
	if w.CreatePath != "" {
		if msg := pathProblem(w.CreatePath); msg != "" {
			p.addf("create_path", "%s", msg)
		} else if !w.Upsert && d.Kind == model.KindImport {
			p.addf("create_path", "only with --upsert")
		}
	}
	return w
}

// checkSync checks what makes a transfer a sync.
func (s *Service) checkSync(p *problems, y *model.Syncing) {
	if y.Key == "" {
		p.addf("key", "the field that tells records apart is needed, as in sku")
	}
	if !slices.Contains([]model.SyncDetect{model.DetectCompare, model.DetectSince, model.DetectModified}, y.Detect) {
		p.addf("detect", "compare, since or modified")
	}
	if y.MaxDeletes < 0 || y.MaxDeletes > 100 {
		p.addf("max_deletes", "per cent: between 1 and 100")
	}
	if y.Deletes && y.Detect == model.DetectSince {
		p.addf("deletes", "what is gone shows only when everything is read: compare")
	}
	if y.Schedule == "" {
		return
	}
	if _, err := s.p.Mover.NextRun(y.Schedule, s.p.Now()); err != nil {
		var e *model.Error
		if errors.As(err, &e) && e.Code == model.EInvalid {
			p.addf("schedule", "%s", e.Message)
		} else {
			p.addf("schedule", "written as in every 30s, or */5 * * * *")
		}
	}
}
