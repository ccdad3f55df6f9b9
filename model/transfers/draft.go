package transfers

import (
	"context"
	"path"
	"slices"
	"strings"

	"ferry/model"
)

// stream is the TransferFile.Path of a standard stream.
const stream = "-"

// Check refuses a draft that cannot run: EInvalid with every field at fault, ENotFound
// for a client that is not there or a file that cannot be imported. It stores nothing.
func (s *Service) Check(ctx context.Context, space model.Space, d Draft) error {
	_, err := s.compose(ctx, space, d)
	return err
}

// plan is a draft with its clients found.
type plan struct {
	t              model.Transfer
	source, target *model.Client // nil where it has none
}

// names returns the names of the clients by id.
func (p *plan) names() map[model.ID]string { return namesOf(p.source, p.target) }

func namesOf(list ...*model.Client) map[model.ID]string {
	out := map[model.ID]string{}
	for _, c := range list {
		if c != nil {
			out[c.ID] = c.Name
		}
	}
	return out
}

// compose turns a draft into a transfer, with every rule that can be looked at before
// anything runs. Id, stamps and revision are left to whoever stores it.
func (s *Service) compose(ctx context.Context, space model.Space, d Draft) (plan, error) {
	var p problems
	t := s.build(&p, d)
	if err := s.p.Mover.Check(&t); err != nil {
		if !p.take(err) {
			return plan{}, err
		}
	}
	if err := p.err(); err != nil {
		return plan{}, err
	}
	out := plan{t: t}
	err := s.p.Store.View(ctx, func(tx model.Tx) (err error) {
		if out.source, err = byName(tx, space, d.Source.Client, field(d.Kind, "source")); err != nil {
			return err
		}
		out.target, err = byName(tx, space, d.Target.Client, field(d.Kind, "target"))
		return err
	})
	if err != nil {
		return plan{}, err
	}
	if out.source != nil {
		out.t.Source.Client = out.source.ID
	}
	if out.target != nil {
		out.t.Target.Client = out.target.ID
	}
	out.t.Space = space.ID
	return out, nil
}

func byName(tx model.Tx, space model.Space, name, field string) (*model.Client, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // a transfer without this side
	}
	c, err := tx.Clients().ByName(space.ID, name)
	if model.CodeOf(err) == model.ENotFound {
		return nil, model.Errorf(model.ENotFound, "no API client %q in space %s", model.Printable(name), space.Name).
			WithField(field).WithNext("see the names with: ferry client list")
	}
	return &c, err
}

// field is the name of the field with the client of a side: the commands for files know
// one client only.
func field(kind model.TransferKind, side string) string {
	if kind == model.KindSync {
		return side
	}
	return "client"
}

// build returns what the draft describes, but for the ids of clients. What does not
// belong to its kind is left out.
func (s *Service) build(p *problems, d Draft) model.Transfer {
	t := model.Transfer{Kind: d.Kind, Shape: d.Shape}
	reads, writes := d.Kind != model.KindImport, d.Kind != model.KindExport
	switch d.Kind {
	case model.KindExport, model.KindImport:
		t.File = s.file(p, d)
	case model.KindSync:
		t.Name, t.Sync = d.Name, d.Sync
		t.Sync.Paused, t.Sync.Confirmed = false, false
		if msg := model.NameProblem(d.Name); msg != "" {
			p.addf("name", "%s", msg)
		}
		s.checkSync(p, &t.Sync)
	default:
		p.addf("kind", "export, import or sync")
		return t
	}
	if reads {
		t.Source = endpoint(p, d.Kind, "source", d.Source)
		t.Read = d.Read
		checkReading(p, d.Kind, &d)
	}
	if writes {
		t.Target = endpoint(p, d.Kind, "target", d.Target)
		t.Write = writing(p, d)
	}
	return t
}

// endpoint checks one side and returns it without its client.
func endpoint(p *problems, kind model.TransferKind, side string, given Side) model.Endpoint {
	prefix := ""
	if kind == model.KindSync {
		prefix = side + "_"
	}
	if given.Client == "" {
		p.addf(field(kind, side), "the name of an API client is needed")
	}
	if msg := pathProblem(given.Path); msg != "" {
		p.addf(prefix+"path", "%s", msg)
	}
	checkParams(p, prefix+"query", given.Query)
	checkHeaders(p, prefix+"headers", given.Headers)
	return model.Endpoint{Path: given.Path, Query: slices.Clone(given.Query), Headers: slices.Clone(given.Headers)}
}

// file checks the file of an export or an import, and returns it with its name resolved
// and its format found.
func (s *Service) file(p *problems, d Draft) model.TransferFile {
	f := d.File
	if f.Path == "" {
		p.addf("file", "a file is needed, or - for the standard stream")
		return f
	}
	format, zipped := formatOf(f.Path)
	f.Gzip = f.Gzip || zipped
	if f.Format == "" {
		f.Format = format
	}
	checkFormat(p, &f, d.Kind)
	f.Path = s.resolve(p, "file", f.Path)
	if d.Kind == model.KindExport {
		f.Rejects, f.Map = "", nil
		return f
	}
	if f.Rejects != "" {
		f.Rejects = s.resolve(p, "rejects", f.Rejects)
		if f.Rejects == f.Path {
			p.addf("rejects", "the file of refused records is another than the one that is imported")
		}
	}
	if f.Path != stream && !p.has("file") && !s.p.Files.Exists(f.Path) {
		p.addf("file", "there is no file %s", model.Printable(f.Path))
		p.code = model.ENotFound
	}
	return f
}

func (s *Service) resolve(p *problems, field, name string) string {
	if name == stream && field == "file" {
		return name
	}
	out, err := s.p.Files.Resolve(name)
	if err != nil {
		p.addf(field, "%s", model.AsError(err).Message)
	}
	return out
}

// formatOf returns the format that the ending of a file's name says, "" where it says
// none. A standard stream is NDJSON.
func formatOf(name string) (format model.FileFormat, zipped bool) {
	if name == stream {
		return model.NDJSON, false
	}
	name, zipped = strings.CutSuffix(strings.ToLower(name), ".gz")
	switch path.Ext(name) {
	case ".ndjson", ".jsonl":
		return model.NDJSON, zipped
	case ".json":
		return model.JSONArray, zipped
	case ".csv":
		return model.CSV, zipped
	}
	return "", zipped
}

// DraftOf returns the draft that changes nothing. ENotFound when a client is gone is not
// its business: the name is "" then.
func (s *Service) DraftOf(ctx context.Context, space model.Space, t model.Transfer) (Draft, error) {
	names, err := s.clientNames(ctx, space, []model.ID{t.Source.Client, t.Target.Client})
	side := func(e model.Endpoint) Side {
		return Side{Client: names[e.Client], Path: e.Path, Query: slices.Clone(e.Query), Headers: slices.Clone(e.Headers)}
	}
	return Draft{
		Kind: t.Kind, Name: t.Name, Source: side(t.Source), Target: side(t.Target), File: t.File, Read: t.Read, Write: t.Write,
		Shape: t.Shape, Sync: t.Sync, Revision: t.Revision,
	}, err
}

// clientNames returns the names of clients by id; one that is gone is not in it.
func (s *Service) clientNames(ctx context.Context, space model.Space, ids []model.ID) (map[model.ID]string, error) {
	out := map[model.ID]string{}
	for chunk := range slices.Chunk(ids, 500) {
		err := s.p.Store.View(ctx, func(tx model.Tx) error {
			for _, id := range chunk {
				c, err := clientOf(tx, space.ID, id)
				if err != nil {
					return err
				}
				if c != nil {
					out[id] = c.Name
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// clientOf returns a client, nil when there is none with that id.
func clientOf(tx model.Tx, space, id model.ID) (*model.Client, error) {
	if id == "" {
		return nil, nil //nolint:nilnil // a transfer without this side
	}
	c, err := tx.Clients().Get(space, id)
	if model.CodeOf(err) == model.ENotFound {
		return nil, nil //nolint:nilnil // it is gone
	}
	return &c, err
}
