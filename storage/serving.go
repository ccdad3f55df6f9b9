package storage

import (
	"time"

	"ferry/model"
	"ferry/storage/kv"
)

// serving implements model.ServingRepo.
type serving struct{ tx kv.Tx }

var configKey = []byte(kindConfig + "config")

func (r serving) Config() (model.ServeConfig, error) {
	rec, err := found(get[configRecord](r.tx, configKey))
	return rec.model(), err
}

func (r serving) PutConfig(c model.ServeConfig) error {
	return put(r.tx, configKey, configRecord{
		Listen: c.Listen, PublicURL: c.PublicURL, Aliases: c.Aliases, Algorithm: string(c.Algorithm),
		DefaultTTL: int64(c.DefaultTTL), RotateEvery: int64(c.RotateEvery), BehindProxy: prefixes(c.BehindProxy),
		TLSCert: c.TLSCert, TLSKey: c.TLSKey, AdminListen: c.AdminListen,
		Revision: c.Revision, UpdatedAt: at(c.Updated.At), UpdatedBy: c.Updated.By,
	})
}

// maxSigningKeys bounds what one page reads: each is kept for a day beyond its use.
const maxSigningKeys = kv.MaxScan

func (r serving) SigningKeys() ([]model.SigningKey, error) {
	return page(r.tx, after(kindSigning, "", maxSigningKeys), signingRecord.model)
}

func (r serving) PutSigningKey(s model.SigningKey) error {
	k, err := key(kindSigning, s.ID)
	if err != nil {
		return err
	}
	return put(r.tx, k, signingRecord{
		ID: string(s.ID), Algorithm: string(s.Algorithm), Private: []byte(s.Private.Reveal()),
		CreatedAt: at(s.Created.At), CreatedBy: s.Created.By, ActiveFrom: at(s.ActiveFrom), KeepUntil: at(s.KeepUntil),
	})
}

func (r serving) DeleteSigningKey(id model.ID) error {
	k, err := key(kindSigning, id)
	if err != nil {
		return err
	}
	return r.tx.Delete(k)
}

func (r serving) Revoke(t model.RevokedToken) error {
	k, err := key(kindRevoked, model.ID(t.ID))
	if err != nil {
		return err
	}
	return put(r.tx, k, revokedRecord{ID: t.ID, Expires: at(t.Expires)})
}

func (r serving) Revoked(from string, limit int) ([]model.RevokedToken, error) {
	return page(r.tx, after(kindRevoked, model.ID(from), limit), revokedRecord.model)
}

func (r serving) Forget(id string) error {
	k, err := key(kindRevoked, model.ID(id))
	if err != nil {
		return err
	}
	return r.tx.Delete(k)
}

type configRecord struct {
	Listen      string   `cbor:"1,keyasint,omitempty"`
	PublicURL   string   `cbor:"2,keyasint,omitempty"`
	Aliases     []string `cbor:"3,keyasint,omitempty"`
	Algorithm   string   `cbor:"4,keyasint,omitempty"`
	DefaultTTL  int64    `cbor:"5,keyasint,omitempty"` // nanoseconds
	RotateEvery int64    `cbor:"6,keyasint,omitempty"` // nanoseconds
	BehindProxy []string `cbor:"7,keyasint,omitempty"`
	TLSCert     string   `cbor:"8,keyasint,omitempty"`
	TLSKey      string   `cbor:"9,keyasint,omitempty"`
	AdminListen string   `cbor:"10,keyasint,omitempty"`
	Revision    uint64   `cbor:"11,keyasint,omitempty"`
	UpdatedAt   instant  `cbor:"12,keyasint,omitempty"`
	UpdatedBy   string   `cbor:"13,keyasint,omitempty"`
}

func (r configRecord) model() model.ServeConfig {
	return model.ServeConfig{
		Listen: r.Listen, PublicURL: r.PublicURL, Aliases: r.Aliases, Algorithm: model.Algorithm(r.Algorithm),
		DefaultTTL: time.Duration(r.DefaultTTL), RotateEvery: time.Duration(r.RotateEvery), BehindProxy: networks(r.BehindProxy),
		TLSCert: r.TLSCert, TLSKey: r.TLSKey, AdminListen: r.AdminListen,
		Revision: r.Revision, Updated: model.Stamp{At: r.UpdatedAt.time(), By: r.UpdatedBy},
	}
}

type signingRecord struct {
	ID         string  `cbor:"1,keyasint"`
	Algorithm  string  `cbor:"2,keyasint"`
	Private    []byte  `cbor:"3,keyasint"`
	CreatedAt  instant `cbor:"4,keyasint,omitempty"`
	CreatedBy  string  `cbor:"5,keyasint,omitempty"`
	ActiveFrom instant `cbor:"6,keyasint,omitempty"`
	KeepUntil  instant `cbor:"7,keyasint,omitempty"`
}

func (r signingRecord) model() model.SigningKey {
	return model.SigningKey{
		ID: model.ID(r.ID), Algorithm: model.Algorithm(r.Algorithm), Private: model.NewSecret(string(r.Private)),
		Created:    model.Stamp{At: r.CreatedAt.time(), By: r.CreatedBy},
		ActiveFrom: r.ActiveFrom.time(), KeepUntil: r.KeepUntil.time(),
	}
}

type revokedRecord struct {
	ID      string  `cbor:"1,keyasint"`
	Expires instant `cbor:"2,keyasint"`
}

func (r revokedRecord) model() model.RevokedToken {
	return model.RevokedToken{ID: r.ID, Expires: r.Expires.time()}
}
