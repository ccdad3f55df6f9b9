package command

import (
	"context"
	"encoding/json"

	"ferry/model"
	"ferry/ui/jq"
)

// filter runs the filter of --jq over the body of an answer.
func filter(ctx context.Context, expr string, resp *model.Response) ([]any, error) {
	f, err := jq.Compile(expr)
	if err != nil {
		return nil, err
	}
	var out []any
	err = f.Each(ctx, resp.Body, func(v any) error {
		out = append(out, v)
		return nil
	})
	return out, err
}

// lineOf is one result on one line: a string as it is, anything else as JSON.
func lineOf(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return string(jq.Marshal(v))
}

func jsonList(results []any) json.RawMessage {
	out := []byte{'['}
	for i, r := range results {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, jq.Marshal(r)...)
	}
	return append(out, ']')
}
