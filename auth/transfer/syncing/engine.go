// Package syncing runs one sync: it reads the source, finds what changed since it was last
// written to the target, and sends that and nothing else.
//
// What it knows of the target lies in Job.Memory, one entry a key. Before a record is sent
// its entry is marked unsure, and afterwards it gets the digest of what was written: a run
// that is cut off anywhere costs look-ups at the target, never a write that is not needed.
//
// It imports model, its rules, and its neighbours below auth/transfer. It must never delete
// anything unless the source was read to its end in this very run.
package syncing

import (
	"context"
	"slices"
	"strings"
	"time"

	"ferry/auth/transfer/paging"
	"ferry/model"
	"ferry/model/calls"
)

// Engine runs syncs; it keeps nothing between them.
type Engine struct {
	Compile model.FilterCompiler
	Now     model.Clock
	// wait is sending.Wait; tests let no time pass.
	wait func(ctx context.Context, stop <-chan struct{}, d time.Duration) error
}

// Check refuses what cannot run. EInvalid with every field at fault.
func (e Engine) Check(t *model.Transfer) error {
	var bad []model.FieldError
	no := func(field, message string) { bad = append(bad, model.FieldError{Field: field, Message: message}) }
	take := func(err error, field string) {
		if err == nil {
			return
		}
		f := model.AsError(err)
		if bad = append(bad, f.Fields...); len(f.Fields) == 0 {
			if f.Field != "" {
				field = f.Field
			}
			no(field, f.Message)
		}
	}
	if t.Sync.Key == "" {
		no("key", "name the field that tells records apart, such as id or sku")
	}
	if t.Shape != "" {
		_, err := e.Compile(t.Shape)
		take(err, "jq")
	}
	take(paging.Check(&t.Read, e.Compile), "source_path")
	checkWriting(t, no)
	checkDetecting(t, no)
	if t.Sync.Schedule != "" {
		_, err := NextRun(t.Sync.Schedule, e.Now())
		take(err, "schedule")
	}
	return model.Invalid(bad)
}

func checkWriting(t *model.Transfer, no func(field, message string)) {
	if !slices.Contains([]string{"", "PUT", "POST", "PATCH"}, t.Write.Method) {
		no("method", "write PUT, POST or PATCH")
	}
	places := calls.Places(t.Target.Path)
	switch {
	case t.Target.Path == "":
		no("target_path", "say where a record lies at the target, such as /products/{sku}")
	case t.Sync.Key != "" && !slices.Contains(places, t.Sync.Key) && strings.Contains(t.Target.Path, "{"+t.Sync.Key+"}"):
		no("key", "this name cannot stand in a path: give the field another one with --jq")
	case t.Sync.Key != "" && !slices.Contains(places, t.Sync.Key):
		no("target_path", "put {"+model.Printable(t.Sync.Key)+"} into the path, so that each record has a place of its own")
	case t.Sync.Deletes && len(places) > 1:
		no("target_path", "with --deletes the path may hold {"+model.Printable(t.Sync.Key)+"} only: of a record that is gone, the key is all that is known")
	}
	if t.Write.Batch > 1 {
		no("batch", "a sync sends each record by itself")
	}
	if t.Write.Parallel < 0 || t.Write.Parallel > model.MaxParallel {
		no("parallel", "write a number from 1 to 64")
	}
	if t.Sync.MaxDeletes < 0 || t.Sync.MaxDeletes > 100 {
		no("max_deletes", "write a share from 1 to 100 per cent")
	}
}

func checkDetecting(t *model.Transfer, no func(field, message string)) {
	since := t.Sync.Detect == model.DetectSince
	switch {
	case !slices.Contains([]model.SyncDetect{model.DetectCompare, "compare", model.DetectSince, model.DetectModified}, t.Sync.Detect):
		no("detect", "write compare, since or modified")
	case since && t.Read.SinceParam == "":
		no("since_param", "name the parameter that asks the source for what changed since a time")
	case t.Sync.Deletes && (since || t.Read.Since != ""):
		no("deletes", "what is gone shows only where the whole source is read: detect changes by compare or modified")
	case t.Sync.Deletes && t.Read.Limit > 0:
		no("deletes", "what is gone shows only where the whole source is read: take the limit away")
	}
}

// Run implements model.Mover.Sync. EConflict when more would be deleted than MaxDeletes
// allows; nothing was deleted then.
func (e Engine) Run(ctx context.Context, j model.Job) error {
	r, err := e.prepare(ctx, &j)
	if err != nil {
		return err
	}
	defer r.halt()
	err = r.read(ctx)
	if err == nil {
		err = r.deleteGone(ctx)
	}
	return r.finish(ctx, err)
}

// method returns how records are written.
func method(t *model.Transfer) string {
	if t.Write.Method == "" {
		return "PUT"
	}
	return strings.ToUpper(t.Write.Method)
}
