package apiusers

import (
	"strconv"
	"strings"

	"ferry/model"
	"ferry/model/keys"
)

const fieldState = "state"

// changes lists the fields in which two users differ, was nil for a new one. Names are
// those of the clients of call permissions.
func changes(was, is *model.APIUser, names map[model.ID]string) []model.Change {
	if was == nil {
		was = &model.APIUser{}
	}
	var out []model.Change
	text := func(field, a, b string) {
		if a != b {
			out = append(out, model.Change{Field: field, From: a, To: b})
		}
	}
	text("username", was.Username, is.Username)
	text("description", was.Description, is.Description)
	text(fieldState, string(was.State), string(is.State))
	text("oauth2", strconv.FormatBool(was.OAuth), strconv.FormatBool(is.OAuth))
	text("bearer_keys", strconv.FormatBool(was.BearerKeys), strconv.FormatBool(is.BearerKeys))
	text("ttl_minutes", minutes(was), minutes(is))
	text("permissions", strings.Join(shown(was.Permissions, names), " "), strings.Join(shown(is.Permissions, names), " "))
	text("from", strings.Join(networkTexts(was.Networks), " "), strings.Join(networkTexts(is.Networks), " "))
	if !was.Expires.Equal(is.Expires) {
		out = append(out, model.Change{Field: "expires_at", From: keys.ExpiryText(was.Expires), To: keys.ExpiryText(is.Expires)})
	}
	return out
}

func minutes(u *model.APIUser) string {
	if u.TTL == 0 {
		return ""
	}
	return strconv.Itoa(int(u.TTL.Minutes()))
}
