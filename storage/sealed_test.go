package storage_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/storage"
	"ferry/storage/bolt"
	"ferry/storage/kv"
	"ferry/storage/seal"
	"ferry/storage/storagetest"
)

// `strings` of the store file finds no name, URL, id or secret that was entered.
func TestNothingThatWasEnteredIsInTheFile(t *testing.T) {
	dir := storagetest.Dir(t)
	var planted []string
	plant := func(what string) string {
		canary := "canary" + what + "7F3A"
		planted = append(planted, canary)
		return canary
	}
	secret := func(what string) model.Secret { return model.NewSecret(plant(what)) }
	now := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	c := model.Client{
		ID: "c1", Space: "s1", Name: plant("Name"), BaseURL: "https://" + plant("Host") + ".example/" + plant("Path"),
		Auth: model.Auth{
			TokenURL: plant("TokenURL"), Issuer: plant("Issuer"), ClientID: plant("ClientID"), ClientSecret: secret("Secret"),
			Username: plant("User"), Password: secret("Password"), Scopes: []string{plant("Scope")}, Audience: plant("Audience"),
			Params: []model.Param{{Name: plant("Param"), Value: plant("ParamValue")}},
		},
		Headers: []model.Header{{Name: plant("Header"), Value: secret("HeaderValue"), Secret: true}},
		Gateway: model.Exposure{Origins: []string{plant("Origin")}, Methods: []string{plant("CORSMethod")}},
		TLS:     model.TLS{CAPEM: plant("CA"), ServerName: plant("TLSName")}, Created: model.Stamp{At: now, By: plant("Creator")},
	}
	passphrase := model.Key{Passphrase: secret("Passphrase")}
	path := filepath.Join(dir, "ferry.db")
	s, err := storage.Create(t.Context(), path, []seal.NewSlot{{Key: passphrase}}, func(tx model.Tx) error {
		return tx.Spaces().Put(model.Space{ID: "s1", Name: plant("Space")})
	}, storage.WithWorkFactor(2))
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx model.Tx) error { return tx.Clients().Put(c) })
	state := model.TokenState{
		Client: "c1", Identity: plant("Identity"), Token: model.Token{Access: secret("Access"), Scope: plant("Granted")},
		Exchange: model.Exchange{URL: plant("ExchangeURL"), ResponseBody: plant("Body")},
	}
	entry := model.HistoryEntry{ID: "h1", Client: "c1", Path: plant("CallPath"), Query: []model.Param{{Name: plant("Query")}}}
	audit := model.AuditEntry{ID: "a1", Name: plant("AuditName"), Actor: model.Actor{User: plant("Actor"), SSH: plant("SSH")}}
	update(t, s, func(tx model.Tx) error { return tx.Tokens().Put(state) })
	update(t, s, func(tx model.Tx) error { return tx.History().Append(entry) })
	update(t, s, func(tx model.Tx) error { return tx.Audit().Append(audit) })
	u := model.APIUser{
		ID: "u1", Space: "s1", Username: plant("Username"), Description: plant("Note"), Permissions: []model.Permission{model.Permission(plant("Permission"))},
		Networks: []netip.Prefix{netip.MustParsePrefix("203.0.113.77/32")}, Created: model.Stamp{By: plant("UserCreator")},
	}
	planted = append(planted, "203.0.113.77")
	update(t, s, func(tx model.Tx) error { return tx.Users().Put(u) })
	update(t, s, func(tx model.Tx) error {
		return errors.Join(
			tx.Keys().Put(model.APIKey{ID: "k1", Space: "s1", User: "u1", Label: plant("Label"), Digest: [32]byte([]byte(plant("Digest") + strings.Repeat("x", 16)))}),
			tx.Keys().PutUse("s1", model.KeyUse{Key: "k1", Addr: plant("Address")}),
			tx.Serving().PutConfig(model.ServeConfig{PublicURL: "https://" + plant("Public"), Aliases: []string{plant("Alias")}}),
			tx.Serving().PutSigningKey(model.SigningKey{ID: "1", Private: secret("SigningKey")}),
		)
	})
	side := func(what string) model.Endpoint {
		return model.Endpoint{
			Client: "c1", Path: plant(what + "Path"), Query: []model.Param{{Name: plant(what + "Query"), Value: plant(what + "Value")}},
			Headers: []model.Param{{Name: plant(what + "Header"), Value: plant(what + "HeaderValue")}},
		}
	}
	transfer := model.Transfer{
		ID: "t1", Space: "s1", Kind: model.KindSync, Name: plant("SyncName"), Source: side("Source"), Target: side("Target"),
		File: model.TransferFile{Path: plant("File"), Rejects: plant("Rejects"), Columns: []string{plant("Column")}, Map: []model.Param{{Name: plant("Map")}}},
		Read: model.Reading{Items: plant("Items"), Since: plant("Since")}, Write: model.Writing{CreatePath: plant("CreatePath")},
		Shape: plant("Shape"), Sync: model.Syncing{Key: plant("SyncKey"), Schedule: plant("Schedule")},
	}
	update(t, s, func(tx model.Tx) error {
		r := tx.Transfers()
		return errors.Join(r.Put(transfer),
			r.PutState("s1", model.TransferState{Transfer: "t1", Message: plant("StateMessage"), Checkpoint: []byte(plant("Checkpoint"))}),
			r.PutRun(model.TransferRun{ID: "r1", Transfer: "t1", By: plant("RunBy"), Progress: model.Progress{Notes: []string{plant("RunNote")}}}),
			r.PutFaults("s1", "t1", []model.TransferFault{{Key: plant("FaultKey"), Reason: plant("Reason")}}),
			r.PutShard("t1", 0, []model.SyncEntry{{Key: plant("EntryKey"), ETag: plant("ETag")}}),
		)
	})
	update(t, s, func(tx model.Tx) error {
		return tx.Rules().Put(model.GatewayRule{
			Space: "s1", User: "u1", Client: "c1", Methods: []string{plant("RuleMethod")}, Paths: []string{"/" + plant("RulePath") + "/**"},
			Created: model.Stamp{By: plant("RuleCreator")}, Updated: model.Stamp{By: plant("RuleUpdater")},
		})
	})
	transfer.Name = plant("SyncRenamed")
	update(t, s, func(tx model.Tx) error { return tx.Transfers().Put(transfer) })
	u.Username = plant("UserRenamed")
	update(t, s, func(tx model.Tx) error { return tx.Users().Put(u) })
	c.Name = plant("Renamed")
	update(t, s, func(tx model.Tx) error { return tx.Clients().Put(c) })
	unlock, err := s.Lock(t.Context(), "token/"+plant("LockName"))
	if err != nil {
		t.Fatal(err)
	}
	unlock()

	var files int
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		for _, canary := range planted {
			for _, form := range forms(canary) {
				if bytes.Contains(bytes.ToLower(append(content, path...)), []byte(form)) {
					t.Errorf("%s holds %s", d.Name(), canary)
				}
			}
		}
		return err
	})
	if err != nil || files < 4 || len(planted) < 66 {
		t.Fatalf("looked at %d files for %d canaries, %v", files, len(planted), err)
	}
}

// forms are how a canary could be written: plain, hexadecimal and in base64, all lower-cased.
func forms(s string) []string {
	return []string{
		strings.ToLower(s), hex.EncodeToString([]byte(s)), strings.ToLower(base64.RawStdEncoding.EncodeToString([]byte(s))),
	}
}

// broken makes a store with two clients, and lets break damage it beneath the seal.
func broken(t *testing.T, damage func(kv.Tx) error) *storage.Store {
	t.Helper()
	path := filepath.Join(storagetest.Dir(t), "ferry.db")
	s, _ := storagetest.NewAt(t, path, nil)
	fillClients(t, s, 2)
	raw, err := bolt.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Update(t.Context(), damage); err != nil {
		t.Fatal(err)
	}
	return s
}

func recordKey(n int) []byte { return fmt.Appendf(nil, "client/s1/%s", clientID(n)) }

func TestCheckFindsWhatIsDamaged(t *testing.T) {
	deleteIndex := func(tx kv.Tx) error {
		items, err := tx.Scan(kv.Range{Prefix: []byte("ix/client/"), Limit: 1})
		if err != nil {
			return err
		}
		return tx.Delete(items[0].Key)
	}
	for name, tt := range map[string]struct {
		damage func(kv.Tx) error
		says   []string
	}{
		"a record that does not open": {
			func(tx kv.Tx) error { return tx.Put(recordKey(1), []byte("junk")) },
			[]string{"the record " + string(recordKey(1)) + " is damaged"},
		},
		"two of them": {func(tx kv.Tx) error {
			if err := tx.Put(recordKey(0), nil); err != nil {
				return err
			}
			return tx.Put(recordKey(1), []byte("junk"))
		}, []string{string(recordKey(0)), string(recordKey(1))}},
		"a name that leads nowhere": {
			func(tx kv.Tx) error { return tx.Delete(recordKey(0)) },
			[]string{"1 client names lead to no client"},
		},
		"a record without its name": {deleteIndex, []string{"does not lead to the record client/s1/"}},
	} {
		t.Run(name, func(t *testing.T) {
			report, err := broken(t, tt.damage).Check(t.Context())
			if err != nil || len(report.Problems) != len(tt.says) {
				t.Fatalf("problems: %q, %v", report.Problems, err)
			}
			for i, says := range tt.says {
				if !strings.Contains(report.Problems[i], says) {
					t.Errorf("got %q, want %q in it", report.Problems[i], says)
				}
			}
		})
	}
	clean := broken(t, func(kv.Tx) error { return nil })
	report, err := clean.Check(t.Context())
	if err != nil || report.Checked != 2 || report.Problems == nil || len(report.Problems) != 0 {
		t.Errorf("a sound store: %+v, %v", report, err)
	}
}

func TestADamagedRecordIsAnErrorThatNamesIt(t *testing.T) {
	s := broken(t, func(tx kv.Tx) error { return tx.Put(recordKey(1), []byte("junk")) })
	err := s.View(t.Context(), func(tx model.Tx) error {
		if _, err := tx.Clients().Get("s1", clientID(0)); err != nil {
			t.Errorf("the sound record: %v", err)
		}
		_, err := tx.Clients().Get("s1", clientID(1))
		return err
	})
	wantCode(t, err, model.ECorrupt)
	if !strings.Contains(err.Error(), string(recordKey(1))) {
		t.Errorf("%q does not name the record", err)
	}
}

// CASES Vault: wrong passphrase → nothing written.
func TestAWrongPassphraseWritesNothing(t *testing.T) {
	path := filepath.Join(storagetest.Dir(t), "ferry.db")
	right := model.Key{Passphrase: model.NewSecret("right")}
	if _, err := storage.Create(t.Context(), path, []seal.NewSlot{{Key: right}}, nil, storage.WithWorkFactor(2)); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = storage.Open(t.Context(), path, model.Key{Passphrase: model.NewSecret("wrong")})
	wantCode(t, err, model.ELocked)
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the file was changed")
	}
	if _, err := storage.Open(t.Context(), path, right); err != nil {
		t.Errorf("the right passphrase: %v", err)
	}
}
