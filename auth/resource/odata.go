package resource

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"ferry/auth/odata"
	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/audit"
	"ferry/model/clients"
	"ferry/model/keys"
	"ferry/model/spaces"
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

type clientRow = clients.ListedView

func clientSet(c *call) *odata.Set {
	return entities("Clients", "Client", []column[clientRow]{
		stringOf("id", func(v *clientRow) string { return string(v.ID) }),
		stringOf("space", func(v *clientRow) string { return v.Space }),
		stringOf("name", func(v *clientRow) string { return v.Name }),
		stringOf("type", func(v *clientRow) string { return string(v.Type) }),
		stringOf("base_url", func(v *clientRow) string { return v.BaseURL }),
		stringOf("auth", func(v *clientRow) string { return string(v.Auth) }),
		stringOf("grant", func(v *clientRow) string { return string(v.Grant) }),
		stringOf("token_url", func(v *clientRow) string { return v.TokenURL }),
		stringOf("issuer", func(v *clientRow) string { return v.Issuer }),
		stringOf("client_id", func(v *clientRow) string { return v.ClientID }),
		stringOf("username", func(v *clientRow) string { return v.Username }),
		stringOf("scopes", func(v *clientRow) string { return strings.Join(v.Scopes, ",") }),
		stringOf("audience", func(v *clientRow) string { return v.Audience }),
		stringOf("state", func(v *clientRow) string { return string(v.State) }),
		boolOf("protected", func(v *clientRow) bool { return v.Protected }),
		boolOf("allow_http", func(v *clientRow) bool { return v.AllowHTTP }),
		stringOf("timeout", func(v *clientRow) string { return v.Timeout }),
		stringOf("missing", func(v *clientRow) string { return strings.Join(v.Missing, ",") }),
		maybeOf("token_expires_at", func(v *clientRow) *time.Time { return v.TokenExpiresAt }),
		maybeOf("last_call_at", func(v *clientRow) *time.Time { return v.LastCallAt }),
		intOf("last_status", func(v *clientRow) int64 { return int64(v.LastStatus) }),
		intOf("revision", func(v *clientRow) int64 { return int64(v.Revision) }), //nolint:gosec // counts saves
		timeOf("created_at", func(v *clientRow) time.Time { return v.CreatedAt }),
		stringOf("created_by", func(v *clientRow) string { return v.CreatedBy }),
		timeOf("updated_at", func(v *clientRow) time.Time { return v.UpdatedAt }),
		stringOf("updated_by", func(v *clientRow) string { return v.UpdatedBy }),
	}, loaded(func() ([]clientRow, error) { return c.hub.Clients.Views(c.ctx, c.hub.Space, "") },
		func(v *clientRow) model.ID { return v.ID }))
}

type userRow = apiusers.ListedView

func userSet(c *call) *odata.Set {
	return entities("ApiUsers", "ApiUser", []column[userRow]{
		stringOf("id", func(v *userRow) string { return string(v.ID) }),
		stringOf("space", func(v *userRow) string { return v.Space }),
		stringOf("username", func(v *userRow) string { return v.Username }),
		stringOf("description", func(v *userRow) string { return v.Description }),
		stringOf("state", func(v *userRow) string { return string(v.State) }),
		boolOf("oauth2", func(v *userRow) bool { return v.OAuth }),
		intOf("ttl_minutes", func(v *userRow) int64 { return int64(v.TTL) }),
		stringOf("permissions", func(v *userRow) string { return strings.Join(v.Permissions, ",") }),
		stringOf("from", func(v *userRow) string { return strings.Join(v.From, ",") }),
		maybeOf("expires_at", func(v *userRow) *time.Time { return v.Expires }),
		intOf("keys", func(v *userRow) int64 { return int64(v.Keys) }),
		maybeOf("key_expires_at", func(v *userRow) *time.Time { return v.KeyExpires }),
		maybeOf("last_used_at", func(v *userRow) *time.Time { return v.LastUsedAt }),
		intOf("revision", func(v *userRow) int64 { return int64(v.Revision) }), //nolint:gosec // counts saves
		timeOf("created_at", func(v *userRow) time.Time { return v.CreatedAt }),
		stringOf("created_by", func(v *userRow) string { return v.CreatedBy }),
		timeOf("updated_at", func(v *userRow) time.Time { return v.UpdatedAt }),
		stringOf("updated_by", func(v *userRow) string { return v.UpdatedBy }),
	}, loaded(func() ([]userRow, error) { return c.hub.Users.Views(c.ctx, c.hub.Space, "") },
		func(v *userRow) model.ID { return v.ID }))
}

func keySet(c *call) *odata.Set {
	return entities("Keys", "Key", []column[keys.View]{
		stringOf("id", func(v *keys.View) string { return string(v.ID) }),
		stringOf("space", func(v *keys.View) string { return v.Space }),
		stringOf("user", func(v *keys.View) string { return v.User }),
		stringOf("user_id", func(v *keys.View) string { return string(v.UserID) }),
		stringOf("label", func(v *keys.View) string { return v.Label }),
		stringOf("state", func(v *keys.View) string { return string(v.State) }),
		timeOf("created_at", func(v *keys.View) time.Time { return v.CreatedAt }),
		stringOf("created_by", func(v *keys.View) string { return v.CreatedBy }),
		maybeOf("expires_at", func(v *keys.View) *time.Time { return v.ExpiresAt }),
		maybeOf("revoked_at", func(v *keys.View) *time.Time { return v.RevokedAt }),
		stringOf("revoked_by", func(v *keys.View) string { return v.RevokedBy }),
		maybeOf("last_used_at", func(v *keys.View) *time.Time { return v.LastUsed }),
		stringOf("last_used_from", func(v *keys.View) string { return v.LastFrom }),
		intOf("tokens_issued", func(v *keys.View) int64 { return int64(v.Tokens) }), //nolint:gosec // a count
		stringOf("replaces", func(v *keys.View) string { return string(v.Replaces) }),
		intOf("revision", func(v *keys.View) int64 { return int64(v.Revision) }), //nolint:gosec // counts saves
	}, loaded(func() ([]keys.View, error) {
		rows, err := c.hub.Keys.List(c.ctx, c.hub.Space, "")
		out := make([]keys.View, len(rows))
		for i := range rows {
			out[i] = keys.ViewOf(c.hub.Space, rows[i])
		}
		return out, err
	}, func(v *keys.View) model.ID { return v.ID }))
}

func spaceSet(c *call) *odata.Set {
	return entities("Spaces", "Space", []column[spaces.View]{
		stringOf("id", func(v *spaces.View) string { return string(v.ID) }),
		stringOf("name", func(v *spaces.View) string { return v.Name }),
		boolOf("protected", func(v *spaces.View) bool { return v.Protected }),
		boolOf("deleting", func(v *spaces.View) bool { return v.Deleting }),
		intOf("revision", func(v *spaces.View) int64 { return int64(v.Revision) }), //nolint:gosec // counts saves
		timeOf("created_at", func(v *spaces.View) time.Time { return v.CreatedAt }),
		stringOf("created_by", func(v *spaces.View) string { return v.CreatedBy }),
		timeOf("updated_at", func(v *spaces.View) time.Time { return v.UpdatedAt }),
		stringOf("updated_by", func(v *spaces.View) string { return v.UpdatedBy }),
	}, loaded(func() ([]spaces.View, error) {
		list, err := c.visibleSpaces()
		out := make([]spaces.View, len(list))
		for i, sp := range list {
			out[i] = spaces.ViewOf(sp)
		}
		return out, err
	}, func(v *spaces.View) model.ID { return v.ID }))
}

// auditSet reads the log as far as it has to, a part at a time: it may be longer than
// what fits into memory.
func auditSet(c *call) *odata.Set {
	set := entities("Audit", "AuditEntry", []column[audit.View]{
		stringOf("id", func(v *audit.View) string { return string(v.ID) }),
		timeOf("at", func(v *audit.View) time.Time { return v.At }),
		stringOf("action", func(v *audit.View) string { return v.Action }),
		stringOf("space", func(v *audit.View) string { return v.Space }),
		stringOf("target_id", func(v *audit.View) string { return string(v.TargetID) }),
		stringOf("target", func(v *audit.View) string { return v.Target }),
		intOf("revision", func(v *audit.View) int64 { return int64(v.Revision) }), //nolint:gosec // counts saves
		intOf("actor_uid", func(v *audit.View) int64 { return int64(v.Actor.UID) }),
		stringOf("actor_user", func(v *audit.View) string { return v.Actor.User }),
		stringOf("actor_api_user", func(v *audit.View) string { return string(v.Actor.APIUser) }),
		stringOf("actor_addr", func(v *audit.View) string { return v.Actor.Addr }),
		stringOf("actor_slot", func(v *audit.View) string { return v.Actor.Slot }),
		stringOf("actor_ssh_claimed", func(v *audit.View) string { return v.Actor.SSH }),
		stringOf("changes", func(v *audit.View) string {
			fields := make([]string, len(v.Changes))
			for i, ch := range v.Changes {
				fields[i] = ch.Field
			}
			return strings.Join(fields, ",")
		}),
	}, func(ctx context.Context, after string, yield func(*audit.View) bool) error {
		for before := model.ID(after); ; {
			entries, next, err := c.hub.Audit.List(ctx, c.hub.Space, before, audit.MaxPage)
			if err != nil {
				return err
			}
			for _, e := range entries {
				if v := audit.ViewOf(e); !yield(&v) {
					return nil
				}
			}
			if before = next; next == "" {
				return nil
			}
		}
	})
	set.Newest = true
	return set
}
