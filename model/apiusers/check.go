package apiusers

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ferry/model"
	"ferry/model/keys"
)

// Limits on a user.
const (
	MaxNetworks    = 50
	MaxPermissions = 500
)

// Report is what is to be said about a draft.
type Report struct{ Problems []model.FieldError }

// Err returns the problems as one EInvalid error, nil when there are none.
func (r Report) Err() error { return model.Invalid(r.Problems) }

func (r *Report) addf(field, format string, args ...any) {
	r.Problems = append(r.Problems, model.FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
}

// Check says what is wrong with a draft. The fields are username, description, ttl_minutes,
// state, permissions, from and expires_at. Whether the name is free and whether the clients
// of call permissions exist is found out on saving. Without a clock the expiry is not looked at.
func Check(d Draft, now model.Clock) Report {
	var r Report
	if now == nil {
		d.kept = d.Expires
		now = func() time.Time { return time.Time{} }
	}
	d.parse(&r, now())
	return r
}

// parsed is what of a draft has to be read.
type parsed struct {
	permissions []model.Permission // call permissions with names, as they were typed
	networks    []netip.Prefix
}

// parse reads the draft and adds to r what is wrong with it.
func (d *Draft) parse(r *Report, now time.Time) parsed {
	if msg := usernameProblem(d.Username); msg != "" {
		r.addf("username", "%s", msg)
	}
	if msg := noteProblem(d.Description); msg != "" {
		r.addf("description", "%s", msg)
	}
	if d.TTL != 0 && (d.TTL < model.MinTTL || d.TTL > model.MaxTTL || d.TTL%time.Minute != 0) {
		r.addf("ttl_minutes", "a whole number between %d and %d", int(model.MinTTL.Minutes()), int(model.MaxTTL.Minutes()))
	}
	if d.State != "" && d.State != model.Active && d.State != model.Disabled {
		r.addf("state", "active or disabled")
	}
	p := parsed{permissions: parsePermissions(r, d.Permissions), networks: parseNetworks(r, d.Networks)}
	if !d.Expires.Equal(d.kept) {
		if msg := keys.ExpiryProblem(d.Expires, now); msg != "" {
			r.addf("expires_at", "%s", msg)
		}
	}
	return p
}

func usernameProblem(name string) string {
	if msg := keys.SecretProblem(name); msg != "" {
		return msg
	}
	return model.UsernameProblem(name)
}

func noteProblem(text string) string {
	if msg := keys.SecretProblem(text); msg != "" {
		return msg
	}
	return model.LineProblem(text, model.MaxUserNote)
}

// parsePermissions reads permissions as people write them.
func parsePermissions(r *Report, texts []string) []model.Permission {
	var out []model.Permission
	for _, text := range texts {
		text = strings.TrimSpace(text)
		p := model.Permission(text)
		callee, call := p.Callee()
		switch {
		case call && model.NameProblem(callee) != "":
			r.addf("permissions", "%s: after call: stands the name of an API client", keys.Quoted(text))
		case !p.Known():
			r.addf("permissions", "%s", unknown(text))
		default:
			out = append(out, p)
		}
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) > MaxPermissions {
		r.addf("permissions", "at most %d", MaxPermissions)
	}
	return out
}

// unknown says that there is no such permission, and which one might have been meant.
func unknown(text string) string {
	for _, p := range model.Permissions() {
		if strings.EqualFold(string(p), text) {
			return fmt.Sprintf("there is no permission %s: it is written %s", keys.Quoted(text), p)
		}
	}
	return fmt.Sprintf("there is no permission %s: they are such as clients:view, audit:view or call:NAME", keys.Quoted(text))
}

// parseNetworks reads networks and single addresses. What a list has twice is left out,
// but not what is empty: a list of nothing else would mean anywhere.
func parseNetworks(r *Report, texts []string) []netip.Prefix {
	var out []netip.Prefix
	for _, text := range texts {
		text = strings.TrimSpace(text)
		p, err := model.ParseNetwork(text)
		if err != nil {
			r.addf("from", "%s: %s", keys.Quoted(text), err)
		} else if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	if len(out) > MaxNetworks {
		r.addf("from", "at most %d networks", MaxNetworks)
	}
	return out
}

func networkTexts(list []netip.Prefix) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.String()
		if p.IsSingleIP() {
			out[i] = p.Addr().String()
		}
	}
	return out
}
