package resource

import (
	"net/http"
	"time"

	"ferry/model"
	"ferry/model/apiusers"
)

// The shapes of an API user.
var (
	userShape  = record("APIUser", "An API user: its username is the client_id of a token request", userRequired, stamps(), userMembers())
	userListed = userShape.extended("ListedAPIUser", "An API user in a list, and how its keys are", userKeys())
	userInput  = record("APIUserInput", "What an API user is to be", []string{"username"}, stamps(), userMembers(), userKeys())
	userPatch  = userInput.patch("APIUserPatch")
)

var userRequired = append([]string{
	"space", "username", "description", "state", "oauth2", "bearer_keys", "ttl_minutes", "permissions", "from", "expires_at",
}, stamped...)

func userMembers() map[string]*Schema {
	ttl := &Schema{
		Type: []string{"integer"}, Minimum: new(int64(model.MinTTL / time.Minute)), Maximum: new(int64(model.MaxTTL / time.Minute)),
		Description: "how long its access tokens live; missing: the hub's default",
	}
	return map[string]*Schema{
		"space":       text("the space's name").fixed(),
		"username":    text("the client_id, unique in the whole hub"),
		"description": text("one line").normally(""),
		"state":       states(),
		"oauth2":      flag("may ask the token endpoint for access tokens").normally(false),
		"bearer_keys": flag("the gateway takes an API key itself in place of an access token").normally(false),
		"ttl_minutes": ttl,
		"permissions": texts(`what it may do: "clients:view", "call:NAME" …`, 10_000),
		"from":        texts("networks that it may come from, as in 10.0.0.0/8; empty: anywhere", 1000),
		"expires_at":  instant("null: never").or("null"),
	}
}

func userKeys() map[string]*Schema {
	return map[string]*Schema{
		"keys":           count("how many API keys are active").fixed(),
		"key_expires_at": instant("of the active key that expires first; null: none does").or("null").fixed(),
		"last_used_at":   instant("of any of its keys; null: never").or("null").fixed(),
	}
}

// userBody is what a request says about an API user; its schema has seen it.
type userBody struct {
	Username    string      `json:"username"`
	Description string      `json:"description"`
	OAuth       bool        `json:"oauth2"`
	BearerKeys  bool        `json:"bearer_keys"`
	TTL         wholeNumber `json:"ttl_minutes"`
	Permissions []string    `json:"permissions"`
	From        []string    `json:"from"`
	Expires     *time.Time  `json:"expires_at"`
}

func userDraft(want object) (apiusers.Draft, error) {
	var b userBody
	if err := want.into(&b); err != nil {
		return apiusers.Draft{}, err
	}
	d := apiusers.Draft{
		Username: b.Username, Description: b.Description, OAuth: b.OAuth, BearerKeys: b.BearerKeys, TTL: time.Duration(b.TTL) * time.Minute,
		Permissions: b.Permissions, Networks: b.From,
	}
	if b.Expires != nil {
		d.Expires = *b.Expires
	}
	return d, nil
}

// userEditing is how API users are read and changed.
func userEditing() *editing[model.APIUser] {
	return &editing[model.APIUser]{
		find:     findUser,
		show:     func(c *call, u model.APIUser) (any, error) { return c.hub.Users.View(c.ctx, c.hub.Space, u) },
		revision: func(u model.APIUser) uint64 { return u.Revision },
		input:    userInput,
		volatile: []string{"keys", "key_expires_at", "last_used_at"},
		save:     saveUser,
	}
}

func saveUser(c *call, u model.APIUser, w wanted) (model.APIUser, error) {
	d, err := userEdit(c, u, w)
	if err != nil {
		return u, err
	}
	d.State, d.Revision = w.state, w.revision
	return c.hub.Users.Update(c.ctx, c.hub.Space, u.ID, d, c.confirm())
}

func userEdit(c *call, u model.APIUser, w wanted) (apiusers.Draft, error) {
	if w.members == nil {
		return c.hub.Users.DraftOf(c.ctx, c.hub.Space, u)
	}
	d, err := userDraft(w.members)
	if err != nil || d.TTL != 0 {
		return d, err
	}
	config, err := c.hub.Serving.Config(c.ctx) // a draft without one would keep the stored one
	d.TTL = config.DefaultTTL
	return d, err
}

func findUser(c *call) (model.APIUser, error) {
	return find(c,
		func(id model.ID) (model.APIUser, error) { return c.hub.Users.Get(c.ctx, c.hub.Space, id) },
		func(name string) (model.APIUser, error) { return c.hub.Users.ByName(c.ctx, c.hub.Space, name) })
}

func (a *API) userRoutes() []Route {
	e := userEditing()
	return []Route{
		rest(http.MethodGet, areaUsers, "", "List API users", listUsers).
			with(nil, listOf(userListed), paramLimit, paramAfter, paramQ),
		rest(http.MethodPost, areaUsers, "", "Create an API user", func(c *call) error { return createUser(c, e) }).
			with(userInput, userShape, paramSpace).tagged(),
		rest(http.MethodGet, areaUsers, "/{id}", "Show an API user", e.one).with(nil, userShape).tagged(),
		rest(http.MethodPut, areaUsers, "/{id}", "Replace an API user", e.handle).
			with(userInput, userShape, paramName).tagged(),
		rest(http.MethodPatch, areaUsers, "/{id}", "Change an API user", e.handle).
			with(userPatch, userShape, paramName).tagged(),
		rest(http.MethodDelete, areaUsers, "/{id}", "Delete an API user with its keys", e.remove(
			func(c *call, u model.APIUser, revision uint64) error {
				return c.hub.Users.Delete(c.ctx, c.hub.Space, u.ID, revision, c.confirm())
			})).with(nil, nil, paramSure),
	}
}

func listUsers(c *call) error {
	q, err := c.search()
	if err != nil {
		return err
	}
	all, err := c.hub.Users.Views(c.ctx, c.hub.Space, q)
	if err != nil {
		return err
	}
	return page(c, all, func(v *apiusers.ListedView) string { return named(v.Username, v.ID) })
}

func createUser(c *call, e *editing[model.APIUser]) error {
	body, err := e.newRecord(c)
	if err != nil {
		return err
	}
	d, err := userDraft(body)
	if err != nil {
		return err
	}
	d.State = stateOf(body)
	u, err := c.hub.Users.Create(c.ctx, c.hub.Space, d, c.confirm())
	if err != nil {
		return err
	}
	v, err := e.show(c, u)
	if err != nil {
		return err
	}
	return c.created(areaUsers, u.ID, u.Revision, v)
}
