// Package jq runs a jq filter over the body of an answer, for the console and the
// command line alike. A filter sees the body only: no environment, no file, no module.
//
// It imports model and gojq. It runs inside commands, never in Update or View.
package jq

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/itchyny/gojq"

	"ferry/model"
)

// MaxResults bounds what a filter may produce, so that an endless one ends.
const MaxResults = 1_000_000

// Filter is a compiled filter.
type Filter struct{ code *gojq.Code }

// Compile returns the filter that expr writes down. EInvalid with the reason.
func Compile(expr string) (*Filter, error) {
	query, err := gojq.Parse(expr)
	if err != nil {
		return nil, bad("the filter does not parse", err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, bad("the filter cannot be used", err)
	}
	return &Filter{code}, nil
}

// Each hands every result over body to yield, one after the other, as JSON's types.
// EInvalid, with the reason, for a filter that does not fit the body or does not end;
// EUpstream for a body that is not JSON; EInterrupted when ctx ends; yield's own error.
func (f *Filter) Each(ctx context.Context, body []byte, yield func(v any) error) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber() // large integers keep every digit
	var in any
	if err := dec.Decode(&in); err != nil || dec.Decode(new(any)) != io.EOF {
		return model.Errorf(model.EUpstream, "the body is not JSON, so there is nothing to filter").
			WithField("jq").WithNext("look at the body without the filter")
	}
	it := f.code.RunWithContext(ctx, in)
	for range MaxResults {
		v, ok := it.Next()
		if !ok {
			return nil
		}
		if err, failed := v.(error); failed {
			var halt *gojq.HaltError
			switch {
			case errors.As(err, &halt) && halt.Value() == nil:
				return nil
			case ctx.Err() != nil:
				return ctx.Err()
			}
			return bad("the filter does not fit the body", err)
		}
		if err := yield(v); err != nil {
			return err
		}
	}
	return model.Errorf(model.EInvalid, "the filter gives more than %d results", MaxResults).WithField("jq")
}

// Lines returns the filter as a model.Filter, which gives every result as JSON on one line.
func (f *Filter) Lines() model.Filter { return lines{f} }

type lines struct{ *Filter }

// Each implements model.Filter.
func (l lines) Each(ctx context.Context, document []byte, yield func(result []byte) error) error {
	return l.Filter.Each(ctx, document, func(v any) error { return yield(Marshal(v)) })
}

// Indented returns all results over body as indented JSON, a line end behind each, for
// a person to read. It is bounded by MaxShownBody bytes. Errors are those of Each.
func (f *Filter) Indented(ctx context.Context, body []byte) ([]byte, error) {
	var out bytes.Buffer
	err := f.Each(ctx, body, func(v any) error {
		text := Marshal(v)
		if indented, ok := Indent(text); ok {
			text = indented
		}
		out.Write(text)
		out.WriteByte('\n')
		if out.Len() > model.MaxShownBody {
			return model.Errorf(model.EInvalid, "the filter gives more than %d MiB", model.MaxShownBody>>20).WithField("jq")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Marshal returns a result as JSON on one line.
func Marshal(v any) []byte {
	b, err := gojq.Marshal(v)
	if err != nil {
		return []byte("null") // results are made of JSON's types only
	}
	return b
}

func bad(what string, err error) error {
	return model.Errorf(model.EInvalid, "%s: %s", what, model.Printable(err.Error())).WithField("jq").
		WithNext("try . first, which shows the whole body")
}
