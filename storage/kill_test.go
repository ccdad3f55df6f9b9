package storage_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"ferry/model"
	"ferry/storage"
	"ferry/storage/storagetest"
)

// The test binary is its own second process: with partVar set it does one part on the
// store at pathVar, with the identity of a test store at keyVar.
const (
	partVar = "FERRY_TEST_PART"
	pathVar = "FERRY_TEST_STORE"
	keyVar  = "FERRY_TEST_IDENTITY"
	nameVar = "FERRY_TEST_NAME"
)

// parts are what another process can be told to do.
var parts = map[string]func(*storage.Store) error{"write": writeForEver}

func TestMain(m *testing.M) {
	do, ok := parts[os.Getenv(partVar)]
	if !ok {
		os.Exit(m.Run())
	}
	key := model.Key{Identity: model.NewSecret(os.Getenv(keyVar))}
	s, err := storage.Open(context.Background(), os.Getenv(pathVar), key)
	if err == nil {
		err = do(s)
	}
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
}

// process starts a part as another process.
func process(t testing.TB, part, path, name string, key model.Key) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), partVar+"="+part, pathVar+"="+path, keyVar+"="+key.Identity.Reveal(), nameVar+"="+name)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

// writeForEver creates clients and says the id of each once it is acknowledged.
func writeForEver(s *storage.Store) error {
	for n := 0; ; n++ {
		name := fmt.Sprintf("%s-%d", os.Getenv(nameVar), n)
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
