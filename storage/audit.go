package storage

import (
	"ferry/model"
	"ferry/storage/kv"
)

// audit implements model.AuditRepo.
type audit struct{ tx kv.Tx }

func (r audit) Append(e model.AuditEntry) error {
	k, err := key(kindAudit, e.ID)
	if err != nil {
		return err
	}
	rec := auditRecord{
		ID: string(e.ID), At: at(e.At), UID: e.Actor.UID, User: e.Actor.User, Slot: e.Actor.Slot, SSH: e.Actor.SSH,
		Action: e.Action, Space: e.Space, Target: string(e.Target), Name: e.Name,
		Revision: e.Revision, In: string(e.In), APIUser: string(e.Actor.APIUser), Addr: e.Actor.Addr,
	}
	for _, c := range e.Changes {
		rec.Changes = append(rec.Changes, changeRecord(c))
	}
	return put(r.tx, k, rec)
}

func (r audit) Page(before model.ID, limit int) ([]model.AuditEntry, error) {
	rng := after(kindAudit, before, limit)
	rng.Reverse = true
	return page(r.tx, rng, auditRecord.model)
}

type auditRecord struct {
	ID       string         `cbor:"1,keyasint"`
	At       instant        `cbor:"2,keyasint,omitempty"`
	UID      int            `cbor:"3,keyasint,omitempty"`
	User     string         `cbor:"4,keyasint,omitempty"`
	Slot     string         `cbor:"5,keyasint,omitempty"`
	SSH      string         `cbor:"6,keyasint,omitempty"`
	Action   string         `cbor:"7,keyasint,omitempty"`
	Space    string         `cbor:"8,keyasint,omitempty"`
	Target   string         `cbor:"9,keyasint,omitempty"`
	Name     string         `cbor:"10,keyasint,omitempty"`
	Changes  []changeRecord `cbor:"11,keyasint,omitempty"`
	Revision uint64         `cbor:"12,keyasint,omitempty"`
	In       string         `cbor:"13,keyasint,omitempty"`
	APIUser  string         `cbor:"14,keyasint,omitempty"`
	Addr     string         `cbor:"15,keyasint,omitempty"`
}

type changeRecord struct {
	Field string `cbor:"1,keyasint"`
	From  string `cbor:"2,keyasint,omitempty"`
	To    string `cbor:"3,keyasint,omitempty"`
}

func (r auditRecord) model() model.AuditEntry {
	e := model.AuditEntry{
		ID: model.ID(r.ID), At: r.At.time(),
		Actor:  model.Actor{UID: r.UID, User: r.User, Slot: r.Slot, SSH: r.SSH, APIUser: model.ID(r.APIUser), Addr: r.Addr},
		Action: r.Action, Space: r.Space, Target: model.ID(r.Target), Name: r.Name,
		Revision: r.Revision, In: model.ID(r.In),
	}
	for _, c := range r.Changes {
		e.Changes = append(e.Changes, model.Change(c))
	}
	return e
}
