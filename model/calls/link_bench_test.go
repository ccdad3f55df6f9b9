package calls_test

import (
	"context"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/calls"
	"ferry/model/clients"
	"ferry/model/modeltest"
	"ferry/model/tokens"
	"ferry/storage/storagetest"
)

// What a request through a link costs beside the request itself; a call of Service.Do, which
// asks the store for its token and remembers itself, stands beside it.
func BenchmarkRequest(b *testing.B) {
	store, space := storagetest.NewWithSpace(b)
	clock := &modeltest.Clock{}
	caller := quiet{}
	tok := tokens.New(store, &modeltest.Source{Clock: clock, Life: time.Hour}, clock.Now, model.NewID)
	s := calls.New(store, tok, caller, clock.Now, model.NewID)
	saved, err := clients.New(store, clock.Now, model.NewID).Create(b.Context(), space, modeltest.OAuth("erp", "https://erp.example.com"), "")
	if err != nil {
		b.Fatal(err)
	}
	l, err := s.Link(b.Context(), space, &saved.Client, false, "", false)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("link", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := l.Do(b.Context(), model.Request{Path: "/a"}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("call", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Do(b.Context(), space, &saved.Client, model.Request{Path: "/a"}, ""); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// quiet answers at once.
type quiet struct{}

func (quiet) Do(context.Context, model.Client, model.Token, model.Request) (model.Response, error) {
	return model.Response{Status: 200}, nil
}

// What the client and its token cost each request of the gateway.
func BenchmarkPass(b *testing.B) {
	store, space := storagetest.NewWithSpace(b)
	clock := &modeltest.Clock{}
	s := calls.New(store, tokens.New(store, &modeltest.Source{Clock: clock, Life: time.Hour}, clock.Now, model.NewID), quiet{}, clock.Now, model.NewID)
	saved, err := clients.New(store, clock.Now, model.NewID).Create(b.Context(), space, modeltest.OAuth("erp", "https://erp.example.com"), "")
	if err != nil {
		b.Fatal(err)
	}
	c, err := s.Courier(b.Context(), space, saved.Client.ID)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, _, err := c.Pass(b.Context()); err != nil {
				b.Error(err)
				return
			}
			c.Note(clock.Now(), 200, "")
		}
	})
}
