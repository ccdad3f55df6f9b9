package exporting

import (
	"errors"
	"slices"
	"unicode/utf8"

	"ferry/auth/transfer/paging"
	"ferry/model"
)

// Check refuses what cannot run. EInvalid with every field at fault.
func (e Engine) Check(t *model.Transfer) error {
	var fields []model.FieldError
	bad := func(field, message string) { fields = append(fields, model.FieldError{Field: field, Message: message}) }
	if t.Source.Path == "" {
		bad("path", "a path below the base URL is needed")
	}
	checkFile(&t.File, bad)
	if t.Shape != "" {
		if _, err := e.Compile(t.Shape); err != nil {
			bad("jq", model.AsError(err).Message)
		}
	}
	if err := paging.Check(&t.Read, e.Compile); err != nil {
		var me *model.Error
		if !errors.As(err, &me) || me.Code != model.EInvalid {
			return err
		}
		if len(me.Fields) == 0 {
			bad(me.Field, me.Message)
		}
		fields = append(fields, me.Fields...)
	}
	return model.Invalid(fields)
}

func checkFile(f *model.TransferFile, bad func(field, message string)) {
	if f.Path == "" {
		bad("file", "a file is needed, - for the standard output")
	}
	switch f.Format {
	case model.NDJSON, model.JSONArray, model.CSV:
	default:
		bad("format", "must be ndjson, json or csv")
	}
	if f.Format != model.CSV {
		if len(f.Columns) > 0 {
			bad("columns", "only CSV has columns")
		}
		if f.Comma != "" {
			bad("csv_separator", "only CSV has a separator")
		}
		if f.CSVRaw {
			bad("csv_raw", "only CSV has cells")
		}
		return
	}
	for i, c := range f.Columns {
		if c == "" {
			bad("columns", "a column has no name")
			break
		}
		if slices.Contains(f.Columns[:i], c) {
			bad("columns", "the column "+model.Printable(c)+" is named twice")
			break
		}
	}
	checkComma(f.Comma, bad)
}

func checkComma(comma string, bad func(field, message string)) {
	if comma == "" {
		return
	}
	c, n := utf8.DecodeRuneInString(comma)
	if n != len(comma) || c == utf8.RuneError || c == '"' || c == '\'' || c == '\r' || c == '\n' || c == 0 {
		bad("csv_separator", "must be one character, and neither a quote nor a line end")
	}
}
