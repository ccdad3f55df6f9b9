package resource

import (
	"net/http"

	"ferry/model"
	"ferry/model/keys"
)

// The shapes of an API key.
var (
	keyShape = record("Key", "An API key, the client secret of an API user. Its text is never shown again", []string{
		"id", "space", "user", "user_id", "label", "state", "created_at", "created_by", "expires_at", "revoked_at",
		"last_used_at", "tokens_issued", "revision",
	}, keyMembers())
	keyIssued  = keyShape.extended("NewKey", "A new API key, the one time that it is shown", map[string]*Schema{"key": text("the client secret").fixed()})
	keyRotated = keyIssued.extended("RotatedKey", "A new API key, and the one that it replaces", map[string]*Schema{"old": keyShape})
	keyInput   = record("KeyInput", "What an API key is to be; only its label can change", nil, keyMembers())
	keyPatch   = keyInput.patch("KeyPatch")
	keyRequest = record("KeyRequest", "What a new API key is asked with", []string{"user"}, map[string]*Schema{
		"user": text("username or id of the API user"), "label": keyLabel(), "expires": expiry(),
	})
	keyRotation = record("KeyRotation", "How an API key is replaced", nil, map[string]*Schema{
		"overlap": text(`how long the old key stays valid: "24h", "7d", "0"`).normally(usualOverlap),
		"label":   text("of the new key; missing: that of the old one"), "expires": expiry(),
	})
)

// usualOverlap is model.DefaultOverlap, as a request would write it.
const usualOverlap = "24h"

func keyLabel() *Schema {
	s := text("for people").normally("")
	s.MaxLength = model.MaxLabel
	return s
}

func expiry() *Schema {
	return text(`when the key expires: "90d", "2027-01-31" or a time; missing or null: never`).or("null")
}

func keyMembers() map[string]*Schema {
	return map[string]*Schema{
		"id": text("").fixed(), "space": text("the space's name").fixed(),
		"user": text("the username").fixed(), "user_id": text("").fixed(), "label": keyLabel(),
		"state":      oneOf("", string(model.KeyActive), string(model.KeyExpired), string(model.KeyRevoked)).fixed(),
		"created_at": instant("").fixed(), "created_by": text("").fixed(),
		"expires_at": instant("null: never").or("null").fixed(),
		"revoked_at": instant("null: it is not").or("null").fixed(), "revoked_by": text("").fixed(),
		"last_used_at":   instant("null: never").or("null").fixed(),
		"last_used_from": text("an address").fixed(), "tokens_issued": count("access tokens issued for it").fixed(),
		"replaces": text("the key that it was made from by rotation").fixed(), "revision": count("").fixed(),
	}
}

// keyEditing is how API keys are read and changed.
func keyEditing() *editing[keys.Summary] {
	return &editing[keys.Summary]{
		find: func(c *call) (keys.Summary, error) {
			return find(c, func(id model.ID) (keys.Summary, error) { return c.hub.Keys.Get(c.ctx, c.hub.Space, id) }, nil)
		},
		show:     func(c *call, s keys.Summary) (any, error) { return keys.ViewOf(c.hub.Space, s), nil },
		revision: func(s keys.Summary) uint64 { return s.Key.Revision },
		input:    keyInput,
		volatile: []string{"state", "last_used_at", "last_used_from", "tokens_issued"},
		save: func(c *call, s keys.Summary, w wanted) (keys.Summary, error) {
			label, _ := w.members["label"].(string)
			if _, err := c.hub.Keys.Relabel(c.ctx, c.hub.Space, s.Key.ID, label, w.revision, c.confirm()); err != nil {
				return s, err
			}
			return c.hub.Keys.Get(c.ctx, c.hub.Space, s.Key.ID)
		},
	}
}

func (a *API) keyRoutes() []Route {
	e := keyEditing()
	ofUser := Param{"user", "only the keys of this API user, by username or id", &Schema{Type: []string{"string"}}}
	owner := Param{"confirm", "the username: needed when the space is protected", &Schema{Type: []string{"string"}}}
	rotate := rest(http.MethodPost, areaKeys, "/{id}/rotate", "Replace an API key by a new one", rotateKey).
		with(keyRotation, keyRotated, owner).tagged()
	return []Route{
		rest(http.MethodGet, areaKeys, "", "List API keys, the newest first", listKeys).
			with(nil, listOf(keyShape), paramLimit, paramAfter, paramQ, ofUser),
		rest(http.MethodPost, areaKeys, "", "Generate an API key", generateKey).with(keyRequest, keyIssued, owner).tagged(),
		rotate,
		rest(http.MethodGet, areaKeys, "/{id}", "Show an API key, without its text", e.one).with(nil, keyShape).tagged(),
		rest(http.MethodPut, areaKeys, "/{id}", "Give an API key another label", e.handle).with(keyInput, keyShape, owner).tagged(),
		rest(http.MethodPatch, areaKeys, "/{id}", "Give an API key another label", e.handle).with(keyPatch, keyShape, owner).tagged(),
		rest(http.MethodDelete, areaKeys, "/{id}", "Revoke an API key at once", e.remove(
			func(c *call, s keys.Summary, revision uint64) error {
				_, err := c.hub.Keys.Revoke(c.ctx, c.hub.Space, s.Key.ID, revision, c.confirm())
				return err
			})).with(nil, nil, owner),
	}
}

func listKeys(c *call) error {
	q, err := c.search()
	if err != nil {
		return err
	}
	var user model.ID
	if name := c.query("user"); name != "" {
		u, err := c.user(name)
		if err != nil {
			return asField(err, "user")
		}
		user = u.ID
	}
	rows, err := c.hub.Keys.List(c.ctx, c.hub.Space, user)
	if err != nil {
		return err
	}
	all := []keys.View{}
	for _, i := range keys.Filter(nil, rows, q) {
		all = append(all, keys.ViewOf(c.hub.Space, rows[i]))
	}
	return page(c, all, func(v *keys.View) string { return newest(v.ID) })
}

// user returns the API user of this space with that id or username.
func (c *call) user(text string) (model.APIUser, error) {
	if isID(text) {
		if u, err := c.hub.Users.Get(c.ctx, c.hub.Space, model.ID(text)); model.CodeOf(err) != model.ENotFound {
			return u, err
		}
	}
	return c.hub.Users.ByName(c.ctx, c.hub.Space, text)
}

// asField makes a record that a member or parameter names, and that is not there, a
// fault of the request: the resource itself was found.
func asField(err error, field string) error {
	if model.CodeOf(err) == model.ENotFound {
		return faulty(field, "there is no such API user in this space")
	}
	return err
}

func generateKey(c *call) error {
	body, err := c.body()
	if err != nil {
		return err
	}
	var b struct {
		User, Label, Expires string
	}
	if err := body.into(&b); err != nil {
		return err
	}
	expires, err := keys.ParseExpiry(b.Expires, c.hub.Now())
	if err != nil {
		return inField(err, "expires")
	}
	u, err := c.user(b.User)
	if err != nil {
		return asField(err, "user")
	}
	issued, err := c.hub.Keys.Generate(c.ctx, c.hub.Space, u.ID, keys.Request{Label: b.Label, Expires: expires}, c.confirm())
	if err != nil {
		return c.conflict(err)
	}
	return c.created(areaKeys, issued.Key.ID, issued.Key.Revision, keys.IssuedViewOf(c.hub.Space, issued, c.hub.Now()))
}

// inField says where in the request a value stood that cannot be.
func inField(err error, field string) error {
	e := model.AsError(err)
	if e.Code != model.EInvalid {
		return err
	}
	return faulty(field, reworded(e.Message))
}

// rotatedKey is a new key beside the one that it replaces.
type rotatedKey struct {
	keys.IssuedView
	Old keys.View `json:"old"`
}

func rotateKey(c *call) error {
	body, err := c.body()
	if err != nil {
		return err
	}
	old, err := keyEditing().find(c)
	if err != nil {
		return err
	}
	b := struct{ Overlap, Label, Expires string }{Overlap: usualOverlap}
	if err := body.into(&b); err != nil {
		return err
	}
	r := keys.Rotation{Label: b.Label}
	if r.Overlap, err = keys.ParseSpan(b.Overlap); err != nil {
		return inField(err, "overlap")
	}
	if r.Expires, err = keys.ParseExpiry(b.Expires, c.hub.Now()); err != nil {
		return inField(err, "expires")
	}
	issued, _, err := c.hub.Keys.Rotate(c.ctx, c.hub.Space, old.Key.ID, r, c.confirm())
	if err != nil {
		return c.conflict(err)
	}
	now := rotatedKey{IssuedView: keys.IssuedViewOf(c.hub.Space, issued, c.hub.Now())}
	if old, err = c.hub.Keys.Get(c.ctx, c.hub.Space, old.Key.ID); err != nil {
		return err
	}
	now.Old = keys.ViewOf(c.hub.Space, old)
	return c.created(areaKeys, issued.Key.ID, issued.Key.Revision, now)
}
