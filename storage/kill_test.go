package storage_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"ferry/model"
	"ferry/storage"
	"ferry/storage/storagetest"
)

// parts are what another process can be told to do.
var parts = storagetest.Parts{"write": onStore(writeForEver)}

func TestMain(m *testing.M) { storagetest.Main(m, parts) }

// onStore opens the store of process, and does what part does there, under a name.
func onStore(part func(s *storage.Store, name string) error) func(args []string) error {
	return func(args []string) error {
		key := model.Key{Identity: model.NewSecret(args[1])}
		s, err := storage.Open(context.Background(), args[0], key)
		if err != nil {
			return err
		}
		return part(s, args[2])
	}
}

// process starts a part as another process on the store at path, which key opens.
func process(t testing.TB, part, path, name string, key model.Key) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	return storagetest.Process(t, part, path, key.Identity.Reveal(), name)
}

// writeForEver creates clients and says the id of each once it is acknowledged.
func writeForEver(s *storage.Store, prefix string) error {
	for n := 0; ; n++ {
		name := fmt.Sprintf("%s-%d", prefix, n)
		if err := create(s, name); err != nil {
			return err
		}
		fmt.Println(name)
	}
}

// create makes a client with its audit entry. The id is the name.
func create(s *storage.Store, name string) error {
	c := model.Client{ID: model.ID(name), Space: "s1", Name: name, BaseURL: "https://api.example.com"}
	return s.Update(context.Background(), func(tx model.Tx) error {
		return errors.Join(tx.Clients().Put(c), tx.Audit().Append(model.AuditEntry{ID: c.ID, Target: c.ID}))
	})
}

// CASES Store: kill -9 during acknowledged writes → 0 lost, check clean.
func TestKillDuringAcknowledgedWritesLosesNothing(t *testing.T) { killWriters(t, 20) }

// killWriters kills a writing process again and again on one store, each time after
// some acknowledged writes and a random moment.
func killWriters(t *testing.T, kills int) {
	path := filepath.Join(storagetest.Dir(t), "ferry.db")
	s, key := storagetest.NewAt(t, path, nil)
	var acknowledged []string
	for k := range kills {
		cmd, out := process(t, "write", path, fmt.Sprintf("w%d", k), key)
		// The clock starts at the first acknowledged write, however slow the machine is.
		if out.Scan() {
			acknowledged = append(acknowledged, out.Text())
		}
		killer := time.AfterFunc(time.Duration(rand.IntN(60))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		for out.Scan() {
			acknowledged = append(acknowledged, out.Text())
		}
		killer.Stop()
		_ = cmd.Wait()
	}
	lost := 0
	for _, name := range acknowledged {
		view(t, s, func(tx model.Tx) error {
			if c, err := tx.Clients().ByName("s1", name); err != nil || string(c.ID) != name {
				lost++
			}
			return nil
		})
	}
	info, err := s.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.Records["clients"] != info.Records["audit"] {
		t.Errorf("%d clients and %d audit entries: a change without its entry", info.Records["clients"], info.Records["audit"])
	}
	t.Logf("killed %d, acknowledged %d, lost %d", kills, len(acknowledged), lost)
	if lost > 0 || len(acknowledged) < kills {
		t.Errorf("%d of %d acknowledged clients are lost", lost, len(acknowledged))
	}
	wantClean(t, s)
}
