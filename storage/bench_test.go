package storage_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"ferry/model"
	"ferry/storage"
	"ferry/storage/kv"
	"ferry/storage/storagetest"
)

// BenchmarkOpen is the hot path of `ferry token`: open with an identity, read a client
// and its token.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(storagetest.Dir(b), "ferry.db")
	_, key := storagetest.NewAt(b, path, func(tx model.Tx) error {
		if err := tx.Clients().Put(sampleClient("s1", 1)); err != nil {
			return err
		}
		return tx.Tokens().Put(model.TokenState{Client: clientID(1), Token: model.Token{Access: model.NewSecret("t")}})
	})
	for b.Loop() {
		s, err := storage.Open(b.Context(), path, key)
		if err != nil {
			b.Fatal(err)
		}
		err = s.View(b.Context(), func(tx model.Tx) error {
			c, err := tx.Clients().ByName("s1", "client-1")
			if err != nil {
				return err
			}
			_, err = tx.Tokens().Get(c.ID)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoad pages in all clients of a space, as the console's list does.
func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := storagetest.New(b)
			fillClients(b, s, n)
			for b.Loop() {
				if got := loadAll(b, s); got != n {
					b.Fatalf("loaded %d of %d", got, n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/client")
		})
	}
}

// BenchmarkPut is one client saved, with its sync to the disk.
func BenchmarkPut(b *testing.B) {
	for _, n := range []int{0, 10_000} {
		b.Run(fmt.Sprintf("among %d", n), func(b *testing.B) {
			s := storagetest.New(b)
			fillClients(b, s, n)
			for i := 0; b.Loop(); i++ {
				c := sampleClient("s1", n+i)
				if err := s.Update(b.Context(), func(tx model.Tx) error { return tx.Clients().Put(c) }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func clientID(n int) model.ID { return model.ID(fmt.Sprintf("c%025d", n)) }

func sampleClient(space model.ID, n int) model.Client {
	at := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	return model.Client{
		ID: clientID(n), Space: space, Name: fmt.Sprintf("client-%d", n), Type: model.APIClient,
		BaseURL: fmt.Sprintf("https://api-%d.example.com:8443/v1", n), State: model.Active, Revision: 1,
		Auth: model.Auth{
			Method: model.AuthOAuth2, Grant: model.GrantClientCredentials, Send: model.SendAuto,
			TokenURL: fmt.Sprintf("https://login-%d.example.com/oauth2/token", n),
			ClientID: fmt.Sprintf("hub-%d", n), ClientSecret: model.NewSecret("a secret of some length"),
			Scopes: []string{"read", "write"},
		},
		Headers: []model.Header{{Name: "X-API-Key", Value: model.NewSecret("another secret"), Secret: true}},
		Created: model.Stamp{At: at, By: "alice"}, Updated: model.Stamp{At: at, By: "alice"},
	}
}

func fillClients(tb testing.TB, s *storage.Store, n int) {
	tb.Helper()
	const each = kv.MaxWrites / 2 // a client is two writes
	for from := 0; from < n; from += each {
		err := s.Update(context.Background(), func(tx model.Tx) error {
			for i := from; i < min(from+each, n); i++ {
				if err := tx.Clients().Put(sampleClient("s1", i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

func loadAll(tb testing.TB, s *storage.Store) int {
	tb.Helper()
	n, last := 0, model.ID("")
	for {
		var page []model.Client
		err := s.View(context.Background(), func(tx model.Tx) (err error) {
			page, err = tx.Clients().Page("s1", last, kv.MaxScan)
			return err
		})
		if err != nil {
			tb.Fatal(err)
		}
		n += len(page)
		if len(page) < kv.MaxScan {
			return n
		}
		last = page[len(page)-1].ID
	}
}
