// Package audit reads the audit log. Entries are written by the use-case that makes
// a change, in the transaction of that change; there is no way to change one.
//
// It imports model only.
package audit

import (
	"context"
	"strings"
	"time"

	"ferry/model"
)

// Service is the use-cases on the audit log.
type Service struct{ store model.Store }

// New returns the use-cases on store.
func New(store model.Store) *Service { return &Service{store: store} }

// MaxPage is the most entries List returns at once. MaxScan is how many it looks at for
// them: the entries of one space may lie far apart.
const (
	MaxPage = 1000
	MaxScan = 10_000
)

// scanPage is how many entries one transaction reads when many may belong elsewhere.
const scanPage = 1000

// List returns up to limit entries (1–MaxPage) of one space, newest first, older than
// the entry before; "" starts at the newest. The zero space means all of them. Next
// continues the list, "" at its end. What was done to spaces themselves is listed in
// the space default too. A page is shorter than limit, or empty, beside a next only when
// MaxScan entries were looked at.
func (s *Service) List(ctx context.Context, space model.Space, before model.ID, limit int) (entries []model.AuditEntry, next model.ID, err error) {
	limit = min(max(limit, 1), MaxPage)
	size := min(limit+1, MaxPage)
	if space.ID != "" {
		size = scanPage
	}
	for scanned := 0; scanned < MaxScan; {
		var page []model.AuditEntry
		err = s.store.View(ctx, func(tx model.Tx) (err error) {
			page, err = tx.Audit().Page(before, size)
			return err
		})
		if err != nil {
			return nil, "", err
		}
		for i := range page {
			e := &page[i]
			before = e.ID
			switch {
			case !belongs(e, space):
			case len(entries) == limit: // there is one more, so the list goes on
				return entries, entries[limit-1].ID, nil
			default:
				entries = append(entries, *e)
			}
		}
		if len(page) < size {
			return entries, "", nil
		}
		scanned += len(page)
	}
	return entries, before, nil
}

func belongs(e *model.AuditEntry, space model.Space) bool {
	switch {
	case space.ID == "", e.In == space.ID:
		return true
	case space.Name == model.DefaultSpace && strings.HasPrefix(e.Action, "space."):
		return true
	}
	return e.In == "" && e.Space == space.Name // written before entries had the id
}

// View is the outside shape of an entry.
type View struct {
	ID       model.ID     `json:"id"`
	At       time.Time    `json:"at"`
	Actor    ActorView    `json:"actor"`
	Action   string       `json:"action"`
	Space    string       `json:"space"`
	TargetID model.ID     `json:"target_id"`
	Target   string       `json:"target"`
	Revision uint64       `json:"revision,omitempty"`
	Changes  []ChangeView `json:"changes"`
}

// ActorView is who acted; SSH is what the environment claimed.
type ActorView struct {
	UID  int    `json:"uid"`
	User string `json:"user,omitempty"`
	Slot string `json:"slot,omitempty"`
	SSH  string `json:"ssh_claimed,omitempty"`
	// APIUser and Addr are set when an API user acted through the hub API; UID is -1 then.
	APIUser model.ID `json:"api_user,omitempty"`
	Addr    string   `json:"addr,omitempty"`
}

// ChangeView is one field before and after.
type ChangeView struct {
	Field string `json:"field"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
}

// ViewOf returns the outside shape of e.
func ViewOf(e model.AuditEntry) View {
	v := View{
		ID: e.ID, At: e.At.UTC(), Action: e.Action, Space: e.Space, TargetID: e.Target, Target: e.Name, Revision: e.Revision,
		Actor: ActorView{
			UID: e.Actor.UID, User: e.Actor.User, Slot: e.Actor.Slot, SSH: e.Actor.SSH,
			APIUser: e.Actor.APIUser, Addr: e.Actor.Addr,
		},
		Changes: make([]ChangeView, len(e.Changes)),
	}
	for i, c := range e.Changes {
		v.Changes[i] = ChangeView(c)
	}
	return v
}
