// Package jq runs a jq filter over the body of an answer. A filter sees the body only:
// no environment, no file, no module.
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
const MaxResults = 100_000

// Run returns what expr makes of body, as indented JSON, one result after the other.
// EInvalid, with the reason, for a filter that does not parse or does not fit the body
// and for a body that is not JSON; EInterrupted when ctx ends.
func Run(ctx context.Context, expr string, body []byte) ([]byte, error) {
	query, err := gojq.Parse(expr)
	if err != nil {
		return nil, bad("the filter does not parse", err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, bad("the filter cannot be used", err)
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber() // large integers keep every digit
	var in any
	if err := dec.Decode(&in); err != nil || dec.Decode(new(any)) != io.EOF {
		return nil, model.Errorf(model.EInvalid, "the body is not JSON, so there is nothing to filter").WithField("jq")
	}
	return collect(ctx, code.RunWithContext(ctx, in))
}

func collect(ctx context.Context, it gojq.Iter) ([]byte, error) {
	var out bytes.Buffer
	for range MaxResults {
		v, ok := it.Next()
		if !ok {
			return out.Bytes(), nil
		}
		if err, failed := v.(error); failed {
			var halt *gojq.HaltError
			switch {
			case errors.As(err, &halt) && halt.Value() == nil:
				return out.Bytes(), nil
			case ctx.Err() != nil:
				return nil, ctx.Err()
			}
			return nil, bad("the filter does not fit the body", err)
		}
		text, err := gojq.Marshal(v)
		if err != nil {
			return nil, bad("a result cannot be shown", err)
		}
		if err := json.Indent(&out, text, "", "  "); err != nil {
			return nil, bad("a result cannot be shown", err)
		}
		out.WriteByte('\n')
		if out.Len() > model.MaxShownBody {
			return nil, model.Errorf(model.EInvalid, "the filter gives more than %d MiB", model.MaxShownBody>>20).WithField("jq")
		}
	}
	return nil, model.Errorf(model.EInvalid, "the filter gives more than %d results", MaxResults).WithField("jq")
}

func bad(what string, err error) error {
	return model.Errorf(model.EInvalid, "%s: %s", what, model.Printable(err.Error())).WithField("jq")
}
