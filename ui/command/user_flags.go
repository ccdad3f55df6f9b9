package command

import (
	"slices"
	"time"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/keys"
)

// anywhere is the value of --from that takes every network away again.
const anywhere = "any"

// userFlags are the flags of create and update. A flag that was not given leaves its
// field as it is.
type userFlags struct {
	username              string // update's only
	oauth, bearerKeys     bool
	ttl                   int
	permits, added, taken []string // added and taken are update's only
	from                  []string
	description, expires  string
}

func (f *userFlags) add(a *app, cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.BoolVar(&f.oauth, "oauth2", false, "it may ask the token endpoint for access tokens (default false)")
	fs.BoolVar(&f.bearerKeys, "bearer-keys", false, "it may present an API key itself at the gateway, in place of an access token (default false)")
	fs.IntVar(&f.ttl, "ttl", 0, "how many `MINUTES` its access tokens live, 1 to 1440 (default: the hub's)")
	fs.StringArrayVar(&f.permits, "permit", nil, "a `PERMISSION`: clients:view, call:CLIENT …; again for more; on update these replace all")
	fs.StringArrayVar(&f.from, "from", nil, "a network `CIDR` or address it may come from, or any; again for more; on update these replace all")
	fs.StringVar(&f.description, "description", "", "what it is for, in one line of `TEXT`")
	fs.StringVar(&f.expires, "expires", "", "when it stops working: a span (90d, 12h), a `DATE` (2027-01-31) or never")
	fs.Lookup("ttl").DefValue = "0" // so that help shows no default
	a.value(cmd, "permit", a.settings, permissionNames(), listCallPermissions)
	complete(cmd, "oauth2", "true", "false")
	complete(cmd, "bearer-keys", "true", "false")
	complete(cmd, "from", anywhere)
	complete(cmd, "expires", "30d", "90d", "365d", "never")
}

func (f *userFlags) addUpdate(a *app, cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.username, "username", "", "rename it to `NAME`: that is its client_id")
	fs.StringArrayVar(&f.added, "add-permit", nil, "give it this `PERMISSION` too; again for more")
	fs.StringArrayVar(&f.taken, "remove-permit", nil, "take this `PERMISSION` away; again for more")
	a.value(cmd, "add-permit", a.settings, permissionNames(), listCallPermissions)
	a.value(cmd, "remove-permit", a.settings, permissionNames(), listCallPermissions)
}

// apply puts what the flags say into a draft.
func (f *userFlags) apply(cmd *cobra.Command, d *apiusers.Draft, now model.Clock) error {
	set := cmd.Flags().Changed
	if set("oauth2") {
		d.OAuth = f.oauth
	}
	if set("bearer-keys") {
		d.BearerKeys = f.bearerKeys
	}
	if set("ttl") {
		d.TTL = minutes(f.ttl)
	}
	if set("description") {
		d.Description = f.description
	}
	if set("from") {
		// An empty network, of a variable that is not set perhaps, goes to the rules, which
		// refuse it: it would otherwise open what was meant to be held to a network.
		if d.Networks = f.from; len(f.from) == 1 && f.from[0] == anywhere {
			d.Networks = nil
		}
	}
	if set("permit") {
		d.Permissions = nonEmpty(f.permits)
	}
	if set("expires") {
		at, err := keys.ParseExpiry(f.expires, now())
		if err != nil {
			return asField(err, "expires_at")
		}
		d.Expires = at
	}
	return nil
}

// applyUpdate is apply with what only update takes.
func (f *userFlags) applyUpdate(cmd *cobra.Command, d *apiusers.Draft, now model.Clock) error {
	set := cmd.Flags().Changed
	if set("permit") && (set("add-permit") || set("remove-permit")) {
		return usagef(cmd, "--permit replaces every permission, so it does not go with --add-permit or --remove-permit").
			WithField("permissions")
	}
	if set("username") {
		d.Username = f.username
	}
	for _, p := range f.added {
		if !slices.Contains(d.Permissions, p) {
			d.Permissions = append(d.Permissions, p)
		}
	}
	for _, p := range f.taken {
		i := slices.Index(d.Permissions, p)
		if i < 0 {
			return model.Errorf(model.ENotFound, "%s does not have the permission %s", model.Printable(d.Username), model.Printable(p)).
				WithField("permissions").WithNext("see what it has with: ferry user show %s", model.Printable(d.Username))
		}
		d.Permissions = slices.Delete(d.Permissions, i, i+1)
	}
	return f.apply(cmd, d, now)
}

// minutes is a number of minutes as a span that the rules judge: 0 asks for the default
// there, so a 0 that was given is passed on as what cannot be, and so is one too large to
// count.
func minutes(n int) time.Duration {
	const many = 1 << 30
	if n <= 0 || n > many {
		return -time.Minute
	}
	return time.Duration(n) * time.Minute
}

// asField names the field that an error of a parser is about.
func asField(err error, field string) error {
	e := *model.AsError(err)
	e.Field, e.Fields = field, nil
	return &e
}
