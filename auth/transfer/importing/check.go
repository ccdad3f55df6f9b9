package importing

import (
	"fmt"
	"net/http"
	"strings"

	"ferry/model"
	"ferry/model/calls"
	"ferry/model/clients"
)

// maxBatch bounds the records of one request.
const maxBatch = 10_000

// Check refuses what cannot run: EInvalid with every field at fault, named as the flags
// of the command are.
func (e Engine) Check(t *model.Transfer) error {
	var f faults
	f.method(&t.Write)
	f.file(&t.File)
	f.path(t)
	f.numbers(&t.Write)
	if t.Write.WholeOnly && t.File.Path == "-" {
		f.add("all_or_nothing", "a stream cannot be read twice: put it into a file first")
	}
	if _, err := e.filter(t.Shape); err != nil {
		f.add("jq", "%s", model.AsError(err).Message)
	}
	return model.Invalid(f)
}

// filter compiles the filter, nil for none.
func (e Engine) filter(expr string) (model.Filter, error) {
	if strings.TrimSpace(expr) == "" {
		return nil, nil
	}
	return e.Compile(expr)
}

type faults []model.FieldError

func (f *faults) add(field, format string, args ...any) {
	*f = append(*f, model.FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
}

func (f *faults) method(w *model.Writing) {
	switch w.Method {
	case "", http.MethodPost, http.MethodPut, http.MethodPatch:
	default:
		f.add("method", "POST, PUT or PATCH")
	}
	if w.Upsert && w.Method == http.MethodPost {
		f.add("method", "with --upsert it is what changes a record that is there: PUT or PATCH")
	}
	if h := w.Idempotency; h != "" && !strings.EqualFold(h, model.NoIdempotency) {
		switch {
		case !model.IsToken(h):
			f.add("idempotency_header", "the name of a header, or %s", model.NoIdempotency)
		case clients.SecretByName(h) || strings.EqualFold(h, "Content-Type") || strings.EqualFold(h, "Content-Length") || strings.EqualFold(h, "Host"):
			f.add("idempotency_header", "a header of its own, such as Idempotency-Key")
		}
	}
}

func (f *faults) file(file *model.TransferFile) {
	switch file.Format {
	case model.NDJSON, model.JSONArray, model.CSV:
	default:
		f.add("format", "ndjson, json or csv")
	}
	if file.Path == "" {
		f.add("file", "the file to import, or - for the standard input")
	}
	if c := file.Comma; c != "" && (len(c) != 1 || strings.ContainsAny(c, "\"\r\n\x00") || c[0] >= 0x80) {
		f.add("csv_separator", "one character, neither a quote nor a line end")
	}
	if len(file.Map) > 0 && file.Format != model.CSV {
		f.add("map", "columns are those of a CSV; use --jq to shape other records")
	}
	from, to := map[string]bool{}, map[string]bool{}
	for _, m := range file.Map {
		switch {
		case m.Name == "" || m.Value == "":
			f.add("map", "COLUMN=FIELD, as in Price=price.amount")
		case from[m.Name]:
			f.add("map", "the column %q is given twice", model.Printable(m.Name))
		case to[m.Value]:
			f.add("map", "the field %q is given twice", model.Printable(m.Value))
		}
		from[m.Name], to[m.Value] = true, true
	}
}

func (f *faults) path(t *model.Transfer) {
	places := len(calls.Places(t.Target.Path)) > 0
	switch w := &t.Write; {
	case t.Target.Path == "":
		f.add("path", "the path that records are sent to, as in /products")
	case w.Upsert && !places:
		f.add("upsert", "the path needs a place that finds a record, as in /products/{sku}")
	case w.Batch > 1 && w.Upsert:
		f.add("batch", "records that are looked for first go one by one")
	case w.Batch > 1 && places:
		f.add("batch", "a batch goes to one path, so that this cannot have {places}")
	}
	if t.Write.CreatePath != "" && !t.Write.Upsert {
		f.add("create_path", "it is used with --upsert only")
	}
}

func (f *faults) numbers(w *model.Writing) {
	if w.Batch < 0 || w.Batch > maxBatch {
		f.add("batch", "0 to %d", maxBatch)
	}
	if w.BatchField != "" && w.Batch <= 1 {
		f.add("batch_field", "it is used with --batch only")
	}
	if w.Parallel < 0 || w.Parallel > model.MaxParallel {
		f.add("parallel", "1 to %d", model.MaxParallel)
	}
	if w.MaxRejects < 0 {
		f.add("max_rejects", "0 or more")
	}
}
