package command

import (
	"context"
	"fmt"
	"io"

	"ferry/model"
	"ferry/model/hub"
)

// historyView is one remembered call.
type historyView struct {
	ID         model.ID   `json:"id"`
	At         string     `json:"at"`
	Method     string     `json:"method"`
	Path       string     `json:"path"`
	Query      []string   `json:"query"`
	Status     int        `json:"status"`
	Code       model.Code `json:"code"` // why no answer came, or ""
	DurationMS int64      `json:"duration_ms"`
	Size       int64      `json:"size"`
}

// callHistory lists the remembered calls of a client, newest first.
func (a *app) callHistory(ctx context.Context, h *hub.Hub, c *model.Client) error {
	entries, err := h.Calls.History(ctx, c)
	if err != nil {
		return err
	}
	views := make([]historyView, len(entries))
	rows := [][]string{{"AT", "METHOD", "PATH", "ANSWER", "TIME", "SIZE"}}
	for i, e := range entries {
		v := historyView{
			ID: e.ID, At: utc(e.At), Method: e.Method, Path: e.Path, Query: []string{}, Status: e.Status, Code: e.Code,
			DurationMS: e.Duration.Milliseconds(), Size: e.Size,
		}
		for _, q := range e.Query {
			v.Query = append(v.Query, q.Name+"="+q.Value)
		}
		views[i] = v
		answer := fmt.Sprint(e.Status)
		if e.Status == 0 {
			answer = string(e.Code)
		}
		rows = append(rows, []string{v.At, e.Method, e.Path, answer, fmt.Sprintf("%d ms", v.DurationMS), fmt.Sprint(e.Size)})
	}
	return a.show(listOf(views, ""), func(w io.Writer) { table(w, rows) })
}
