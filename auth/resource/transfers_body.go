package resource

import (
	"encoding/json"
	"strings"

	"ferry/model"
	"ferry/model/transfers"
)

// transferBody is what a request says about a sync; its schema has seen it.
type transferBody struct {
	Name   string   `json:"name"`
	Source sideBody `json:"source"`
	Target sideBody `json:"target"`
	Read   struct {
		Paging      model.Paging `json:"paging"`
		Items       string       `json:"items"`
		PageSize    wholeNumber  `json:"page_size"`
		PageParam   string       `json:"page_param"`
		SizeParam   string       `json:"size_param"`
		CursorParam string       `json:"cursor_param"`
		CursorField string       `json:"cursor_field"`
		FirstPage   *wholeNumber `json:"first_page"`
		SinceParam  string       `json:"since_param"`
		Since       string       `json:"since"`
		Limit       wholeNumber  `json:"limit"`
	} `json:"read"`
	Write struct {
		Method      string      `json:"method"`
		Batch       wholeNumber `json:"batch"`
		BatchField  string      `json:"batch_field"`
		Parallel    wholeNumber `json:"parallel"`
		Idempotency string      `json:"idempotency_header"`
		Upsert      bool        `json:"upsert"`
		CreatePath  string      `json:"create_path"`
		MaxRejects  wholeNumber `json:"max_rejects"`
		WholeOnly   bool        `json:"all_or_nothing"`
	} `json:"write"`
	JQ   string `json:"jq"`
	Sync struct {
		Key        string           `json:"key"`
		Detect     model.SyncDetect `json:"detect"`
		Deletes    bool             `json:"deletes"`
		MaxDeletes wholeNumber      `json:"max_deletes_percent"`
		Overwrite  bool             `json:"overwrite"`
		Schedule   string           `json:"schedule"`
		Webhook    webhookBody      `json:"webhook"`
		Paused     *bool            `json:"paused"`
	} `json:"sync"`
}

type sideBody struct {
	Client  string   `json:"client"`
	Path    string   `json:"path"`
	Query   []string `json:"query"`
	Headers []string `json:"headers"`
}

// webhookBody is whether there is a webhook: true, or the path that an answer showed.
type webhookBody bool

// UnmarshalJSON reads what sync.webhook may be.
func (b *webhookBody) UnmarshalJSON(raw []byte) error {
	var on bool
	if json.Unmarshal(raw, &on) == nil {
		*b = webhookBody(on)
		return nil
	}
	var path string
	err := json.Unmarshal(raw, &path)
	*b = path != ""
	return err
}

// transferDraft returns the draft that a request describes; stored is nil for a new sync.
func transferDraft(want object, stored *model.Transfer) (transfers.Draft, error) {
	var b transferBody
	if err := want.into(&b); err != nil {
		return transfers.Draft{}, err
	}
	if p := b.Sync.Paused; p != nil && *p != (stored != nil && stored.Sync.Paused) {
		return transfers.Draft{}, faulty("sync.paused", "is changed by POST …/pause and …/resume")
	}
	d := transfers.Draft{
		Kind: model.KindSync, Name: b.Name, Shape: b.JQ,
		Read: model.Reading{
			Paging: b.Read.Paging, Items: b.Read.Items, PageSize: int(b.Read.PageSize), PageParam: b.Read.PageParam, SizeParam: b.Read.SizeParam,
			CursorParam: b.Read.CursorParam, CursorField: b.Read.CursorField, SinceParam: b.Read.SinceParam, Since: b.Read.Since,
			Limit: int64(b.Read.Limit),
		},
		Write: model.Writing{
			Method: b.Write.Method, Batch: int(b.Write.Batch), BatchField: b.Write.BatchField, Parallel: int(b.Write.Parallel),
			Idempotency: b.Write.Idempotency, Upsert: b.Write.Upsert, CreatePath: b.Write.CreatePath, MaxRejects: int64(b.Write.MaxRejects),
			WholeOnly: b.Write.WholeOnly,
		},
		Sync: model.Syncing{
			Key: b.Sync.Key, Detect: b.Sync.Detect, Deletes: b.Sync.Deletes, MaxDeletes: int(b.Sync.MaxDeletes), Overwrite: b.Sync.Overwrite,
			Schedule: b.Sync.Schedule, Webhook: bool(b.Sync.Webhook),
		},
	}
	if n := b.Read.FirstPage; n != nil {
		d.Read.FirstPage = new(int(*n))
	}
	var err error
	if d.Source, err = b.Source.side("source"); err != nil {
		return d, err
	}
	d.Target, err = b.Target.side("target")
	return d, err
}

func (b *sideBody) side(of string) (transfers.Side, error) {
	s := transfers.Side{Client: b.Client, Path: b.Path}
	for _, text := range b.Query {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return s, faulty(of+".query", `each is written as "k=v"`)
		}
		s.Query = append(s.Query, model.Param{Name: name, Value: value})
	}
	for _, text := range b.Headers {
		name, value, ok := strings.Cut(text, ":")
		if !ok {
			return s, faulty(of+".headers", `each is written as "K: v"`)
		}
		s.Headers = append(s.Headers, model.Param{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	return s, nil
}

// placeOf are the members in which a request has what a rule of the model calls otherwise.
var placeOf = map[string]string{
	"source": "source.client", "source_path": "source.path", "source_query": "source.query", "source_headers": "source.headers",
	"target": "target.client", "target_path": "target.path", "target_query": "target.query", "target_headers": "target.headers",
	"key": "sync.key", "detect": "sync.detect", "deletes": "sync.deletes", "max_deletes": "sync.max_deletes_percent", "schedule": "sync.schedule",
	"overwrite": "sync.overwrite", "webhook": "sync.webhook",
	"paging": "read.paging", "items": "read.items", "page_size": "read.page_size", "page_param": "read.page_param", "size_param": "read.size_param",
	"cursor_param": "read.cursor_param", "cursor_field": "read.cursor_field", "first_page": "read.first_page", "since_param": "read.since_param",
	"since": "read.since", "limit": "read.limit",
	"method": "write.method", "batch": "write.batch", "batch_field": "write.batch_field", "parallel": "write.parallel",
	"idempotency_header": "write.idempotency_header", "upsert": "write.upsert", "create_path": "write.create_path",
	"max_rejects": "write.max_rejects", "all_or_nothing": "write.all_or_nothing",
}

// inTransfer says of an error where in the request the fault lies. A client that the
// request names, and that is not there, is a fault of the request: nothing else was asked for.
func inTransfer(err error) error {
	e := model.AsError(err)
	if err == nil || e.Field == "" {
		return err
	}
	fields := e.Fields
	if e.Code == model.ENotFound && (e.Field == "source" || e.Field == "target") || e.Code == model.EInvalid && len(fields) == 0 {
		fields = []model.FieldError{{Field: e.Field, Message: e.Message}}
	} else if e.Code != model.EInvalid {
		return err
	}
	var placed []model.FieldError
	for _, f := range fields {
		placed = append(placed, model.FieldError{Field: place(f.Field), Message: f.Message})
	}
	return model.Invalid(placed)
}

func place(field string) string {
	if at := placeOf[field]; at != "" {
		return at
	}
	return field
}
