package ui_test

import (
	"context"
	"fmt"
	"testing"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/modeltest"
	"ferry/ui/screen"
	list "ferry/ui/screens/clients"
	"ferry/ui/theme"
)

// crowd is a store that holds n clients and nothing else, in memory: only its reading
// of clients is used here.
type crowd struct {
	model.Store
	all []model.Client
}

func newCrowd(n int) *crowd {
	c := &crowd{}
	for i := range n {
		name := fmt.Sprintf("client-%06d", i)
		c.all = append(c.all, model.Client{
			ID: model.ID(fmt.Sprintf("%026d", i)), Name: name, BaseURL: "https://" + name + ".example.com/api/v2",
			State: model.Active, Auth: model.Auth{Method: model.AuthOAuth2},
		})
	}
	return c
}

func (c *crowd) View(_ context.Context, fn func(model.Tx) error) error { return fn(crowdTx{c: c}) }

type crowdTx struct {
	model.Tx
	c *crowd
}

func (t crowdTx) Clients() model.ClientRepo { return crowdClients{c: t.c} }
func (crowdTx) Runtimes() model.RuntimeRepo { return noRuntimes{} }
func (crowdTx) Spaces() model.SpaceRepo     { return oneSpace{} }

type crowdClients struct {
	model.ClientRepo
	c *crowd
}

// Page serves clients by their place, which their ids tell.
func (r crowdClients) Page(_, after model.ID, limit int) ([]model.Client, error) {
	from := 0
	if after != "" {
		_, _ = fmt.Sscanf(string(after), "%d", &from)
		from++
	}
	all := r.c.all
	return all[min(from, len(all)):min(from+limit, len(all))], nil
}

type noRuntimes struct{ model.RuntimeRepo }

func (noRuntimes) Page(_, _ model.ID, _ int) ([]model.Runtime, error) { return nil, nil }

type oneSpace struct{ model.SpaceRepo }

func (oneSpace) ByName(string) (model.Space, error) {
	return model.Space{ID: "1", Name: "default"}, nil
}

// listOf returns the list of n clients, loaded, at 80×24.
func listOf(b *testing.B, n int) screen.Screen {
	b.Helper()
	door := modeltest.NewDoor(newCrowd(n))
	h, err := hub.New(context.Background(), hub.Ports{Store: door.Store, Now: door.Clock.Now, NewID: door.IDs.New, Actor: modeltest.Alice}, "")
	if err != nil {
		b.Fatal(err)
	}
	s := list.New(screen.Env{Ctx: context.Background(), Hub: h, Styles: theme.New(true)}, screen.Clients{})
	s.SetSize(80, 19)
	for _, cmd := range s.Init()().(tea.BatchMsg) {
		s.Update(cmd())
	}
	return s
}

// BenchmarkFilter100k is one key typed into the filter over 100,000 clients, with the
// frame that follows; the aim is below 16 ms.
func BenchmarkFilter100k(b *testing.B) {
	s := listOf(b, 100_000)
	s.Update(tea.KeyPressMsg{Code: '/', Text: "/"})
	keys := []tea.KeyPressMsg{{Code: '9', Text: "9"}, {Code: '9', Text: "9"}, {Code: tea.KeyBackspace}, {Code: tea.KeyBackspace}}
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		s.Update(keys[i%len(keys)])
		_ = s.View()
	}
}

// BenchmarkMove100k is one j in a list of 100,000 clients, with its frame.
func BenchmarkMove100k(b *testing.B) {
	s := listOf(b, 100_000)
	b.ResetTimer()
	for b.Loop() {
		s.Update(tea.KeyPressMsg{Code: 'j', Text: "j"})
		_ = s.View()
	}
}
