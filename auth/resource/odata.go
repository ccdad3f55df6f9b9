package resource

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"ferry/auth/odata"
	"ferry/model"
)

// column is one property of an entity set, and how a row has it.
type column[T any] struct {
	odata.Property
	of func(*T) any
}

func stringOf[T any](name string, of func(*T) string) column[T] {
	return column[T]{odata.Property{Name: name, Kind: odata.String}, func(v *T) any { return of(v) }}
}

func boolOf[T any](name string, of func(*T) bool) column[T] {
	return column[T]{odata.Property{Name: name, Kind: odata.Boolean}, func(v *T) any { return of(v) }}
}

func intOf[T any](name string, of func(*T) int64) column[T] {
	return column[T]{odata.Property{Name: name, Kind: odata.Int64}, func(v *T) any { return of(v) }}
}

func timeOf[T any](name string, of func(*T) time.Time) column[T] {
	return column[T]{odata.Property{Name: name, Kind: odata.DateTimeOffset}, func(v *T) any { return of(v).UTC() }}
}

// maybeOf is timeOf for what may be null.
func maybeOf[T any](name string, of func(*T) *time.Time) column[T] {
	return column[T]{odata.Property{Name: name, Kind: odata.DateTimeOffset, Nullable: true}, func(v *T) any {
		if t := of(v); t != nil {
			return t.UTC()
		}
		return nil
	}}
}

// entities makes an entity set. Its rows come from load, or in any order from all.
func entities[T any](name, kind string, columns []column[T], feed func(ctx context.Context, after string, yield func(*T) bool) error) *odata.Set {
	set := &odata.Set{Name: name, Type: kind, Key: "id"}
	for _, col := range columns {
		set.Properties = append(set.Properties, col.Property)
	}
	set.Each = func(ctx context.Context, after string, yield func([]any) bool) error {
		return feed(ctx, after, func(v *T) bool {
			row := make([]any, len(columns))
			for i, col := range columns {
				row[i] = col.of(v)
			}
			return yield(row)
		})
	}
	return set
}

// loaded feeds what is read at once, in the order of ids.
func loaded[T any](load func() ([]T, error), id func(*T) model.ID) func(context.Context, string, func(*T) bool) error {
	return func(_ context.Context, after string, yield func(*T) bool) error {
		all, err := load()
		if err != nil {
			return err
		}
		slices.SortFunc(all, func(a, b T) int { return cmp.Compare(id(&a), id(&b)) })
		for i := range all {
			if after != "" && string(id(&all[i])) <= after {
				continue
			}
			if !yield(&all[i]) {
				return nil
			}
		}
		return nil
	}
}

// feed is an entity set with the permission that it needs.
type feed struct {
	name       string
	permission model.Permission
	set        func(*call) *odata.Set
}

// feeds are the entity sets.
var feeds = []feed{
	{"Clients", model.Permit(areaClients, model.VerbView), clientSet},
	{"ApiUsers", model.Permit(areaUsers, model.VerbView), userSet},
	{"Keys", model.Permit(areaKeys, model.VerbView), keySet},
	{"Spaces", model.Permit(areaSpaces, model.VerbView), spaceSet},
	{"Transfers", model.Permit(areaTransfers, model.VerbView), transferSet},
	{"Audit", model.AuditView, auditSet},
}

// odataRoutes are a route for each set, and those that any access token may use. The
// last answers what OData has and this service has not.
func (a *API) odataRoutes() []Route {
	result := &Schema{Type: []string{"object"}, Rest: &Schema{}}
	get := func(pattern, summary string, p model.Permission) Route {
		return Route{
			Method: http.MethodGet, Pattern: pattern, Permission: p, Summary: summary,
			Status: http.StatusOK, Response: result, handle: serveOData,
		}
	}
	document := get(odataPath, "OData: the entity sets that the access token may read", "")
	slash := document
	slash.Pattern, slash.Hidden = odataPath+"/{$}", true
	metadata := get(odataPath+"/$metadata", "OData: what the entity sets hold", "")
	metadata.Media = "application/xml"
	out := []Route{document, slash, metadata}
	for _, f := range feeds {
		r := get(odataPath+"/"+f.name, "OData: "+f.name, f.permission)
		r.Query = odataQuery
		out = append(out, r)
	}
	rest := get(odataPath+"/", "Nothing", "")
	rest.Hidden = true
	return append(out, rest)
}

var odataQuery = []Param{
	{"$select", "properties, separated by commas", &Schema{Type: []string{"string"}}},
	{"$filter", "a condition", &Schema{Type: []string{"string"}}},
	{"$orderby", "properties, each with asc or desc", &Schema{Type: []string{"string"}}},
	{"$top", "the most rows in all", &Schema{Type: []string{"integer"}, Minimum: new(int64(0))}},
	{"$skip", "rows to leave out at the beginning", &Schema{Type: []string{"integer"}, Minimum: new(int64(0))}},
	{"$count", "whether to count all that match", &Schema{Type: []string{"boolean"}}},
	{"$skiptoken", "where to go on, as @odata.nextLink has it", &Schema{Type: []string{"string"}}},
}

// serveOData answers from the sets that the caller may view, and from no other.
func serveOData(c *call) error {
	s := odata.Service{Origin: c.a.o.PublicURL, Path: odataPath, Namespace: "Ferry", Fault: func(err error) *odata.Error {
		p := problemOf(err)
		failed(c.r, p, err)
		return &odata.Error{Status: p.Status, Message: p.Detail}
	}}
	for _, f := range feeds {
		if c.may.Permits.Has(f.permission) {
			s.Sets = append(s.Sets, f.set(c))
		}
	}
	s.ServeHTTP(c.w, c.r)
	return nil
}
