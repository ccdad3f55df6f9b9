package storage

import (
	"errors"

	"ferry/model"
	"ferry/storage/kv"
)

// rules implements model.RuleRepo. A rule lies under its space, user and client, so that the
// rules of a user lie together.
type rules struct{ tx kv.Tx }

func (r rules) Get(space, user, client model.ID) (model.GatewayRule, error) {
	k, err := key(kindRule, space, user, client)
	if err != nil {
		return model.GatewayRule{}, noRule()
	}
	rec, err := get[ruleRecord](r.tx, k)
	if errors.Is(err, kv.ErrNotFound) {
		return model.GatewayRule{}, noRule()
	}
	if err != nil {
		return model.GatewayRule{}, err
	}
	return rec.model(), nil
}

func (r rules) Put(g model.GatewayRule) error {
	k, err := key(kindRule, g.Space, g.User, g.Client)
	if err != nil {
		return err
	}
	return put(r.tx, k, ruleRecordOf(&g))
}

func (r rules) Delete(space, user, client model.ID) error {
	if _, err := r.Get(space, user, client); err != nil {
		return err
	}
	k, err := key(kindRule, space, user, client)
	if err != nil {
		return err
	}
	return r.tx.Delete(k)
}

func (r rules) Page(space, afterUser, afterClient model.ID, limit int) ([]model.GatewayRule, error) {
	prefix, err := key(kindRule, space)
	if err != nil {
		return nil, err
	}
	from := model.ID("")
	if afterUser != "" {
		from = afterUser + "/" + afterClient
	}
	return page(r.tx, after(string(prefix)+"/", from, limit), ruleRecord.model)
}

func noRule() error {
	return model.Errorf(model.ENotFound, "there is no such rule of the gateway").
		WithNext("see which there are with: ferry gateway rule list")
}

// ruleRecord is a rule of the gateway as it is stored.
type ruleRecord struct {
	Space     string   `cbor:"1,keyasint"`
	User      string   `cbor:"2,keyasint"`
	Client    string   `cbor:"3,keyasint"`
	ReadOnly  bool     `cbor:"4,keyasint,omitempty"`
	Methods   []string `cbor:"5,keyasint,omitempty"`
	Paths     []string `cbor:"6,keyasint,omitempty"`
	PerSecond float64  `cbor:"7,keyasint,omitempty"`
	PerDay    int64    `cbor:"8,keyasint,omitempty"`
	MaxBody   int64    `cbor:"9,keyasint,omitempty"`
	Revision  uint64   `cbor:"10,keyasint,omitempty"`
	CreatedAt instant  `cbor:"11,keyasint,omitempty"`
	CreatedBy string   `cbor:"12,keyasint,omitempty"`
	UpdatedAt instant  `cbor:"13,keyasint,omitempty"`
	UpdatedBy string   `cbor:"14,keyasint,omitempty"`
}

func ruleRecordOf(g *model.GatewayRule) ruleRecord {
	return ruleRecord{
		Space: string(g.Space), User: string(g.User), Client: string(g.Client), ReadOnly: g.ReadOnly, Methods: g.Methods, Paths: g.Paths,
		PerSecond: g.PerSecond, PerDay: g.PerDay, MaxBody: g.MaxBody, Revision: g.Revision,
		CreatedAt: at(g.Created.At), CreatedBy: g.Created.By, UpdatedAt: at(g.Updated.At), UpdatedBy: g.Updated.By,
	}
}

func (r ruleRecord) model() model.GatewayRule {
	return model.GatewayRule{
		Space: model.ID(r.Space), User: model.ID(r.User), Client: model.ID(r.Client), ReadOnly: r.ReadOnly, Methods: r.Methods, Paths: r.Paths,
		PerSecond: r.PerSecond, PerDay: r.PerDay, MaxBody: r.MaxBody, Revision: r.Revision,
		Created: model.Stamp{At: r.CreatedAt.time(), By: r.CreatedBy}, Updated: model.Stamp{At: r.UpdatedAt.time(), By: r.UpdatedBy},
	}
}
