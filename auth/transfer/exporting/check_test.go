package exporting

import (
	"errors"
	"slices"
	"testing"

	"ferry/model"
)

func TestCheck(t *testing.T) {
	e := engine(&pages{})
	csv := func(f model.TransferFile) model.TransferFile {
		f.Path, f.Format = "/d/out.csv", model.CSV
		return f
	}
	for name, c := range map[string]struct {
		t      model.Transfer
		fields []string
	}{
		"fine":                  {model.Transfer{File: csv(model.TransferFile{Columns: []string{"a", "b.c"}, Comma: ";"})}, nil},
		"nothing":               {model.Transfer{}, []string{"file", "format"}},
		"format":                {model.Transfer{File: model.TransferFile{Path: "/d/out", Format: "xml"}}, []string{"format"}},
		"columns of NDJSON":     {model.Transfer{File: model.TransferFile{Path: "/d/out", Format: model.NDJSON, Columns: []string{"a"}, Comma: ",", CSVRaw: true}}, []string{"columns", "csv_separator", "csv_raw"}},
		"a column twice":        {model.Transfer{File: csv(model.TransferFile{Columns: []string{"a", "a"}})}, []string{"columns"}},
		"a column without name": {model.Transfer{File: csv(model.TransferFile{Columns: []string{"a", ""}})}, []string{"columns"}},
		"a long separator":      {model.Transfer{File: csv(model.TransferFile{Comma: "::"})}, []string{"csv_separator"}},
		"a quote between cells": {model.Transfer{File: csv(model.TransferFile{Comma: `"`})}, []string{"csv_separator"}},
		"a line end between":    {model.Transfer{File: csv(model.TransferFile{Comma: "\n"})}, []string{"csv_separator"}},
		"half a character":      {model.Transfer{File: csv(model.TransferFile{Comma: "\xc3"})}, []string{"csv_separator"}},
		"no filter":             {model.Transfer{File: csv(model.TransferFile{}), Shape: ".a |"}, []string{"jq"}},
		"several":               {model.Transfer{File: csv(model.TransferFile{Comma: "::"}), Shape: "]"}, []string{"csv_separator", "jq"}},
		"paging":                {model.Transfer{File: csv(model.TransferFile{}), Read: model.Reading{Paging: "leaps"}}, []string{"paging"}},
		"items":                 {model.Transfer{File: csv(model.TransferFile{}), Read: model.Reading{Items: ".["}}, []string{"items"}},
	} {
		c.t.Source.Path = "/records"
		err := e.Check(&c.t)
		var fields []string
		var me *model.Error
		if errors.As(err, &me) {
			for _, f := range me.Fields {
				fields = append(fields, f.Field)
			}
			if me.Code != model.EInvalid {
				t.Errorf("%s: %s", name, me.Code)
			}
		}
		if !slices.Equal(fields, c.fields) {
			t.Errorf("%s: %v (%v), expected %v", name, fields, err, c.fields)
		}
	}
	if err := e.Check(&model.Transfer{File: csv(model.TransferFile{})}); model.AsError(err).Field != "path" {
		t.Errorf("no path: %v", err)
	}
	if err := e.Run(t.Context(), model.Job{}); model.CodeOf(err) != model.EInvalid {
		t.Errorf("a job that cannot be runs: %v", err)
	}
}
