package userform

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/keys"
	"ferry/ui/widget/field"
)

// inputs is everything that can be typed or chosen.
type inputs struct {
	username, description, ttl, expires, networks *field.Line
	find                                          *field.Line // narrows the list of clients
	oauth, bearerKeys                             bool
	permits                                       map[string]bool // by their names
	stored                                        apiusers.Draft  // what was filled in; it knows an expiry that is over
}

// fill makes the inputs show d.
func (f *Form) fill(d apiusers.Draft) {
	find := field.NewLine("")
	if f.in.find != nil {
		find = f.in.find
	}
	in := inputs{
		username: field.NewLine(d.Username), description: field.NewLine(d.Description), ttl: field.NewLine(minutesText(d.TTL)),
		expires: field.NewLine(expiryText(d.Expires)), networks: field.NewLine(strings.Join(d.Networks, ", ")), find: find,
		oauth: d.OAuth, bearerKeys: d.BearerKeys, permits: map[string]bool{}, stored: d,
	}
	for _, p := range d.Permissions {
		in.permits[p] = true
	}
	f.in = in
	in.username.Placeholder = "(letters, digits, . _ - @)"
	in.description.Placeholder = "(optional)"
	in.expires.Placeholder = "never (or 90d, 2w, 2027-01-31)"
	in.networks.Placeholder = "anywhere (or 10.0.0.0/8, 192.0.2.7)"
	in.find.Placeholder = "(type to find an API client)"
	f.hintTTL()
}

func (f *Form) hintTTL() { f.in.ttl.Placeholder = "(" + minutesText(f.ttl) + ")" }

func minutesText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return strconv.Itoa(int(d / time.Minute))
}

func expiryText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return keys.ExpiryText(t)
}

// draft returns what the form says about the user.
func (f *Form) draft() apiusers.Draft {
	in := &f.in
	d := in.stored
	d.Username, d.Description = in.username.Text(), in.description.Text()
	d.OAuth, d.BearerKeys, d.TTL = in.oauth, in.bearerKeys, minutes(in.ttl.Text())
	d.Networks = in.networks.List()
	d.Permissions = in.permissions()
	d.Expires, _ = in.expiry(f.Env.Hub.Now())
	return d
}

// permissions are those that are checked, the calls last and by name.
func (in *inputs) permissions() []string {
	var out []string
	for _, p := range model.Permissions() {
		if in.permits[string(p)] {
			out = append(out, string(p))
		}
	}
	var calls []string
	for p, on := range in.permits {
		if _, call := model.Permission(p).Callee(); call && on {
			calls = append(calls, p)
		}
	}
	slices.Sort(calls)
	return append(out, calls...)
}

// minutes reads a number of minutes. What is none becomes a TTL that the check refuses.
func minutes(s string) time.Duration {
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n <= 0 || n > 1e6 {
		return -time.Minute
	}
	return time.Duration(n) * time.Minute
}

// expiry reads when the user expires; text that was not changed is what is stored, even
// when that is over.
func (in *inputs) expiry(now time.Time) (time.Time, error) {
	text := in.expires.Text()
	if text == expiryText(in.stored.Expires) {
		return in.stored.Expires, nil
	}
	return keys.ParseExpiry(text, now)
}

func (in *inputs) expiryProblem(now time.Time) string {
	_, err := in.expiry(now)
	if err == nil {
		return ""
	}
	e := model.AsError(err)
	return e.Message + "; " + e.Next
}
