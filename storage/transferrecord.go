package storage

import "ferry/model"

type transferRecord struct {
	ID     string             `cbor:"1,keyasint"`
	Space  string             `cbor:"2,keyasint"`
	Kind   string             `cbor:"3,keyasint,omitempty"`
	Name   string             `cbor:"4,keyasint,omitempty"`
	Source endpointRecord     `cbor:"5,keyasint"`
	Target endpointRecord     `cbor:"6,keyasint"`
	File   transferFileRecord `cbor:"7,keyasint"`
	Read   readingRecord      `cbor:"8,keyasint"`
	Write  writingRecord      `cbor:"9,keyasint"`
	Shape  string             `cbor:"10,keyasint,omitempty"`
	Sync   syncingRecord      `cbor:"11,keyasint"`

	Revision  uint64  `cbor:"12,keyasint,omitempty"`
	CreatedAt instant `cbor:"13,keyasint,omitempty"`
	CreatedBy string  `cbor:"14,keyasint,omitempty"`
	UpdatedAt instant `cbor:"15,keyasint,omitempty"`
	UpdatedBy string  `cbor:"16,keyasint,omitempty"`
}

func transferRecordOf(t *model.Transfer) transferRecord {
	return transferRecord{
		ID: string(t.ID), Space: string(t.Space), Kind: string(t.Kind), Name: t.Name,
		Source: endpointRecordOf(&t.Source), Target: endpointRecordOf(&t.Target), File: transferFileRecordOf(&t.File),
		Read: readingRecordOf(&t.Read), Write: writingRecordOf(&t.Write), Shape: t.Shape, Sync: syncingRecordOf(&t.Sync),
		Revision: t.Revision, CreatedAt: at(t.Created.At), CreatedBy: t.Created.By, UpdatedAt: at(t.Updated.At), UpdatedBy: t.Updated.By,
	}
}

func (r transferRecord) model() model.Transfer {
	return model.Transfer{
		ID: model.ID(r.ID), Space: model.ID(r.Space), Kind: model.TransferKind(r.Kind), Name: r.Name,
		Source: r.Source.model(), Target: r.Target.model(), File: r.File.model(), Read: r.Read.model(), Write: r.Write.model(),
		Shape: r.Shape, Sync: r.Sync.model(), Revision: r.Revision,
		Created: model.Stamp{At: r.CreatedAt.time(), By: r.CreatedBy},
		Updated: model.Stamp{At: r.UpdatedAt.time(), By: r.UpdatedBy},
	}
}

type endpointRecord struct {
	Client  string        `cbor:"1,keyasint,omitempty"`
	Path    string        `cbor:"2,keyasint,omitempty"`
	Query   []paramRecord `cbor:"3,keyasint,omitempty"`
	Headers []paramRecord `cbor:"4,keyasint,omitempty"`
}

func endpointRecordOf(e *model.Endpoint) endpointRecord {
	return endpointRecord{Client: string(e.Client), Path: e.Path, Query: paramRecords(e.Query), Headers: paramRecords(e.Headers)}
}

func (r endpointRecord) model() model.Endpoint {
	return model.Endpoint{Client: model.ID(r.Client), Path: r.Path, Query: params(r.Query), Headers: params(r.Headers)}
}

type transferFileRecord struct {
	Path    string        `cbor:"1,keyasint,omitempty"`
	Format  string        `cbor:"2,keyasint,omitempty"`
	Gzip    bool          `cbor:"3,keyasint,omitempty"`
	Columns []string      `cbor:"4,keyasint,omitempty"`
	CSVRaw  bool          `cbor:"5,keyasint,omitempty"`
	Comma   string        `cbor:"6,keyasint,omitempty"`
	Map     []paramRecord `cbor:"7,keyasint,omitempty"`
	Rejects string        `cbor:"8,keyasint,omitempty"`
}

func transferFileRecordOf(f *model.TransferFile) transferFileRecord {
	return transferFileRecord{
		Path: f.Path, Format: string(f.Format), Gzip: f.Gzip, Columns: f.Columns, CSVRaw: f.CSVRaw, Comma: f.Comma,
		Map: paramRecords(f.Map), Rejects: f.Rejects,
	}
}

func (r transferFileRecord) model() model.TransferFile {
	return model.TransferFile{
		Path: r.Path, Format: model.FileFormat(r.Format), Gzip: r.Gzip, Columns: r.Columns, CSVRaw: r.CSVRaw, Comma: r.Comma,
		Map: params(r.Map), Rejects: r.Rejects,
	}
}

type readingRecord struct {
	Paging      string `cbor:"1,keyasint,omitempty"`
	Items       string `cbor:"2,keyasint,omitempty"`
	PageParam   string `cbor:"3,keyasint,omitempty"`
	SizeParam   string `cbor:"4,keyasint,omitempty"`
	PageSize    int    `cbor:"5,keyasint,omitempty"`
	FirstPage   *int   `cbor:"6,keyasint,omitempty"`
	CursorParam string `cbor:"7,keyasint,omitempty"`
	CursorField string `cbor:"8,keyasint,omitempty"`
	SinceParam  string `cbor:"9,keyasint,omitempty"`
	Since       string `cbor:"10,keyasint,omitempty"`
	Limit       int64  `cbor:"11,keyasint,omitempty"`
}

func readingRecordOf(r *model.Reading) readingRecord {
	return readingRecord{
		Paging: string(r.Paging), Items: r.Items, PageParam: r.PageParam, SizeParam: r.SizeParam, PageSize: r.PageSize,
		FirstPage: r.FirstPage, CursorParam: r.CursorParam, CursorField: r.CursorField, SinceParam: r.SinceParam, Since: r.Since, Limit: r.Limit,
	}
}

func (r readingRecord) model() model.Reading {
	return model.Reading{
		Paging: model.Paging(r.Paging), Items: r.Items, PageParam: r.PageParam, SizeParam: r.SizeParam, PageSize: r.PageSize,
		FirstPage: r.FirstPage, CursorParam: r.CursorParam, CursorField: r.CursorField, SinceParam: r.SinceParam, Since: r.Since, Limit: r.Limit,
	}
}

type writingRecord struct {
	Method      string `cbor:"1,keyasint,omitempty"`
	Batch       int    `cbor:"2,keyasint,omitempty"`
	BatchField  string `cbor:"3,keyasint,omitempty"`
	Parallel    int    `cbor:"4,keyasint,omitempty"`
	Idempotency string `cbor:"5,keyasint,omitempty"`
	Upsert      bool   `cbor:"6,keyasint,omitempty"`
	CreatePath  string `cbor:"7,keyasint,omitempty"`
	MaxRejects  int64  `cbor:"8,keyasint,omitempty"`
	WholeOnly   bool   `cbor:"9,keyasint,omitempty"`
}

func writingRecordOf(w *model.Writing) writingRecord { return writingRecord(*w) }

func (r writingRecord) model() model.Writing { return model.Writing(r) }

type syncingRecord struct {
	Key        string `cbor:"1,keyasint,omitempty"`
	Detect     string `cbor:"2,keyasint,omitempty"`
	Deletes    bool   `cbor:"3,keyasint,omitempty"`
	MaxDeletes int    `cbor:"4,keyasint,omitempty"`
	Overwrite  bool   `cbor:"5,keyasint,omitempty"`
	Schedule   string `cbor:"6,keyasint,omitempty"`
	Webhook    bool   `cbor:"7,keyasint,omitempty"`
	Paused     bool   `cbor:"8,keyasint,omitempty"`
	Confirmed  bool   `cbor:"9,keyasint,omitempty"`
}

func syncingRecordOf(s *model.Syncing) syncingRecord {
	return syncingRecord{
		Key: s.Key, Detect: string(s.Detect), Deletes: s.Deletes, MaxDeletes: s.MaxDeletes, Overwrite: s.Overwrite,
		Schedule: s.Schedule, Webhook: s.Webhook, Paused: s.Paused, Confirmed: s.Confirmed,
	}
}

func (r syncingRecord) model() model.Syncing {
	return model.Syncing{
		Key: r.Key, Detect: model.SyncDetect(r.Detect), Deletes: r.Deletes, MaxDeletes: r.MaxDeletes, Overwrite: r.Overwrite,
		Schedule: r.Schedule, Webhook: r.Webhook, Paused: r.Paused, Confirmed: r.Confirmed,
	}
}
