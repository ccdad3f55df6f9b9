package resource

import (
	"context"
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
