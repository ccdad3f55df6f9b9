package apiusers

import (
	"context"
	"time"

	"ferry/model"
)

// Draft is what a form, a command line or a request says about an API user. Check it
// with Check, save it with Create or Update.
type Draft struct {
	Username    string
	Description string
	OAuth       bool
	BearerKeys  bool          // an API key itself is taken at the gateway, in place of an access token
	TTL         time.Duration // 0: what is stored, else the hub's default
	Permissions []string      // as people write them: "clients:view", "call:erp"
	Networks    []string      // "10.0.0.0/8", or one address
	Expires     time.Time     // zero: never
	State       model.State   // "" leaves it as it is; a new user is active
	Revision    uint64        // the revision that was edited; 0: whatever is stored

	kept time.Time // the stored expiry, which may be over
}

// DraftOf returns the draft that changes nothing in u.
func (s *Service) DraftOf(ctx context.Context, space model.Space, u model.APIUser) (Draft, error) {
	names, err := s.callees(ctx, space, u.Permissions)
	if err != nil {
		return Draft{}, err
	}
	return Draft{
		Username: u.Username, Description: u.Description, OAuth: u.OAuth, BearerKeys: u.BearerKeys, TTL: u.TTL, Permissions: shown(u.Permissions, names),
		Networks: networkTexts(u.Networks), Expires: u.Expires, Revision: u.Revision, kept: u.Expires,
	}, nil
}
