package resource

import (
	"ferry/model"
)

// The shapes of a transfer: as an answer has it, as a request gives a sync, and as a merge
// patch of one. A request may repeat an answer.
var (
	transferShape = record("Transfer", "An export, an import or a sync", transferRequired, stamps(), transferMembers(nil), transferShown())
	transferInput = record("SyncInput", "What a sync is to be. Exports and imports name files of the hub's host, so they cannot be made here",
		[]string{"name", "source", "target", "sync"}, stamps(), transferMembers([]string{"client", "path"}), transferShown())
	transferPatch = transferInput.patch("SyncPatch")
	runShape      = record("TransferRun", "One run of a transfer", []string{
		"id", "trigger", "by", "started_at", "ended_at", "phase", "progress", "code", "message",
	}, map[string]*Schema{
		"id": text(""), "by": text("who asked for it"), "started_at": instant(""), "ended_at": instant("null while it runs").or("null"),
		"trigger": oneOf("", string(model.TriggerPerson), string(model.TriggerSchedule), string(model.TriggerWebhook), string(model.TriggerResume)),
		"phase":   transferPhase(), "progress": transferProgress(), "code": text("why it failed"), "message": text(""),
	})
	faultShape = record("TransferError", "A record with which something went wrong", []string{
		"at", "kind", "record", "row", "key", "status", "reason",
	}, map[string]*Schema{
		"at": instant(""), "record": count("its number in the file or the source, from 1"), "row": count("the line of the file, 0 when there is none"),
		"kind": oneOf("", string(model.FaultRejected), string(model.FaultUncertain), string(model.FaultConflict), string(model.FaultFailed)),
		"key":  text("of a sync"), "status": count("of the answer, 0 when there was none"), "reason": text(""),
	})
	hookShape = record("Triggered", "A sync that will run", []string{"id", "phase"}, map[string]*Schema{
		"id": text("of the sync"), "phase": transferPhase(),
	})
)

var transferRequired = append([]string{
	"space", "kind", "name", "title", "source", "target", "file", "read", "write", "jq", "sync", "phase", "progress",
	"records_per_second", "seconds_left", "started_at", "ended_at", "next_at", "error",
}, stamped...)

// transferVolatile are the members that change by themselves.
var transferVolatile = []string{
	"title", "phase", "progress", "records_per_second", "seconds_left", "started_at", "ended_at", "next_at", "error",
}

func transferPhase() *Schema {
	return oneOf("", string(model.PhaseWaiting), string(model.PhaseRunning), string(model.PhasePaused), string(model.PhaseDone),
		string(model.PhaseFailed), string(model.PhaseCancelled), string(model.PhaseInterrupted))
}

// transferMembers are the members that are the same in an answer and in a request. Of a
// side a request needs those that are named.
func transferMembers(sideNeeds []string) map[string]*Schema {
	side := func(description string) *Schema {
		s := record("", description, sideNeeds, map[string]*Schema{
			"client": text("the name of an API client of this space"), "path": text("below its base URL; {field} stands for a field of the record"),
			"query": texts(`as in "k=v"`, 50), "headers": texts(`as in "K: v"; none that carries a credential`, 50),
		})
		return s.or("null")
	}
	return map[string]*Schema{
		"space": text("the space's name").fixed(), "title": text("what a list shows").fixed(),
		"name": text("of a sync: unique in its space"), "source": side("null for an import"), "target": side("null for an export"),
		"read": transferRead(), "write": transferWrite(), "sync": transferSync(sideNeeds != nil),
		"jq": text("applied to each record on its way").normally(""),
	}
}

func transferRead() *Schema {
	paging := []any{""}
	for _, p := range model.Pagings() {
		paging = append(paging, string(p))
	}
	return record("", "how the source is read; null for an import", nil, map[string]*Schema{
		"paging": oneOf(`"" finds out`, paging...), "items": text(`jq from a page to its records; "" finds them`), "page_size": count(""),
		"page_param": text(""), "size_param": text(""), "cursor_param": text(""), "cursor_field": text(""),
		"first_page": {Type: []string{"integer", "null"}}, "since_param": text("asks for what changed since"), "since": text(""), "limit": count(""),
	}).or("null")
}

func transferWrite() *Schema {
	parallel := count("requests at once; 0 is the usual number")
	parallel.Maximum = new(int64(model.MaxParallel))
	return record("", "how the target is written; null for an export", nil, map[string]*Schema{
		"method": oneOf("", "", "POST", "PUT", "PATCH"), "batch": count(""), "batch_field": text(""), "parallel": parallel,
		"idempotency_header": text(`"none" sends none`), "upsert": flag(""), "create_path": text(""), "max_rejects": count(""), "all_or_nothing": flag(""),
	}).or("null")
}

// transferSync describes what makes a transfer a sync. A request says whether there is a
// webhook; an answer says where.
func transferSync(given bool) *Schema {
	var needed []string
	webhook := text("the path to POST to, \"\" for none")
	if given {
		needed = []string{"key"}
		webhook = text("true, or its path: POST /hooks/{id} runs it").or("boolean")
	}
	percent := count("stops a run that would delete more than this share; 0 is the usual one")
	percent.Maximum = new(int64(100))
	return record("", "null but for a sync", needed, map[string]*Schema{
		"key":     text("the dotted field that tells records apart"),
		"detect":  oneOf(`how changes are found; "" compares`, string(model.DetectCompare), string(model.DetectSince), string(model.DetectModified)),
		"deletes": flag("what is gone from the source is deleted"), "max_deletes_percent": percent,
		"overwrite": flag("what somebody changed at the target is overwritten"),
		"schedule":  text(`"every 30s", five fields of cron, or "": only when asked to`), "webhook": webhook,
		"paused":    flag("changed by /pause and /resume").fixed(),
		"confirmed": flag("the name of a protected target was given").fixed(),
	}).or("null")
}

// transferShown are the members that a request may repeat, and cannot set.
func transferShown() map[string]*Schema {
	reason := record("", "why it failed or was paused", []string{"code", "message", "next"}, map[string]*Schema{
		"code": text(""), "message": text(""), "next": text("what to do next"),
	})
	return map[string]*Schema{
		"kind": oneOf("", string(model.KindExport), string(model.KindImport), string(model.KindSync)).fixed(),
		"file": record("", "null for a sync", nil, map[string]*Schema{
			"path": text("on the hub's host"), "format": text(""), "gzip": flag(""), "columns": texts("", 0), "csv_raw": flag(""),
			"csv_separator": text(""), "map": texts(`as in "COLUMN=FIELD"`, 0), "rejects": text(""),
		}).or("null").fixed(),
		"phase": transferPhase().fixed(), "progress": transferProgress().fixed(),
		"records_per_second": (&Schema{Type: []string{"number"}, Description: "lately; 0 when it does not run"}).fixed(),
		"seconds_left":       (&Schema{Type: []string{"number", "null"}, Description: "null where that is not known"}).fixed(),
		"started_at":         instant("of the newest run").or("null").fixed(), "ended_at": instant("").or("null").fixed(),
		"next_at": instant("when a sync is due; null: when it is asked to").or("null").fixed(),
		"error":   reason.or("null").fixed(),
	}
}

func transferProgress() *Schema {
	members := map[string]*Schema{
		"total": count("null while it is not known").or("null"), "size": count("of the file that is imported").or("null"),
		"waiting": text("why nothing moves right now"), "notes": texts("", 0),
	}
	required := []string{"total", "size", "notes"}
	for _, name := range []string{
		"records", "bytes", "pages", "requests", "retries", "created", "updated", "unchanged", "deleted", "rejected", "uncertain", "conflicts",
	} {
		members[name] = count("")
		required = append(required, name)
	}
	return record("", "what the newest run did", required, members)
}
