package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/itchyny/gojq"

	"ferry/model"
)

// maxResults bounds what a filter may produce, so that an endless one ends.
const maxResults = 1_000_000

// compileJQ compiles a filter; "" gives nil. The filter sees the body only: no
// environment, no file, no module.
func compileJQ(expr string) (*gojq.Code, error) {
	if expr == "" {
		return nil, nil
	}
	query, err := gojq.Parse(expr)
	if err != nil {
		return nil, badFilter(err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, badFilter(err)
	}
	return code, nil
}

func badFilter(err error) error {
	return model.Errorf(model.EUsage, "the jq filter cannot be used: %s", model.Printable(err.Error())).WithField("jq").
		WithNext("try it on a saved answer: ferry call CLIENT PATH -o answer.json")
}

// filter runs a filter over the body of an answer.
func (a *app) filter(ctx context.Context, expr string, resp *model.Response) ([]any, error) {
	code, err := compileJQ(expr)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(resp.Body))
	dec.UseNumber() // large integers keep every digit
	var body any
	if err := dec.Decode(&body); err != nil || dec.Decode(new(any)) != io.EOF {
		return nil, model.Errorf(model.EUpstream, "the body is not JSON, so --jq cannot filter it (status %d)", resp.Status).
			WithField("jq").WithNext("look at it without --jq")
	}
	var out []any
	for it := code.RunWithContext(ctx, body); ; {
		v, ok := it.Next()
		if !ok {
			return out, nil
		}
		if failed, isErr := v.(error); isErr {
			var halt *gojq.HaltError
			if errors.As(failed, &halt) && halt.Value() == nil {
				return out, nil
			}
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, model.Errorf(model.EInvalid, "the jq filter does not fit the body: %s", model.Printable(failed.Error())).
				WithField("jq").WithNext("look at the body without --jq")
		}
		if out = append(out, v); len(out) > maxResults {
			return nil, model.Errorf(model.EInvalid, "the jq filter gives more than %d results", maxResults).WithField("jq")
		}
	}
}

// lineOf is one result on one line: a string as it is, anything else as JSON.
func lineOf(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return string(marshalled(v))
}

func jsonList(results []any) json.RawMessage {
	out := []byte{'['}
	for i, r := range results {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, marshalled(r)...)
	}
	return append(out, ']')
}

// marshalled is a result of a filter as JSON; results are made of JSON's types only.
func marshalled(v any) []byte {
	b, err := gojq.Marshal(v)
	if err != nil {
		return []byte("null")
	}
	return b
}
