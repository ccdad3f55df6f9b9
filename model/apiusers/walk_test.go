package apiusers_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/keys"
)

// Whatever API users do to one another in whatever order, none ends up behind a user that
// may do more than it: it made or changed none, and got no key of one.
func TestNoOrderOfStepsLetsAnAPIUserGetMore(t *testing.T) {
	b := newBench(t)
	r := rand.New(rand.NewPCG(1, 2))
	words := []string{"clients:view", "keys:create", "apiUsers:edit", "call:erp"}
	erp := b.client(t, b.Space, "erp")
	subset := func() (texts []string, permits []model.Permission) {
		for _, w := range words {
			if r.IntN(2) == 0 {
				continue
			}
			texts = append(texts, w)
			if permits = append(permits, model.Permission(w)); w == "call:erp" {
				permits[len(permits)-1] = model.CallPermission(erp.ID)
			}
		}
		return texts, permits
	}
	var users []model.ID
	for i := range 6 {
		texts, _ := subset()
		users = append(users, b.create(t, apiusers.Draft{Username: fmt.Sprint("u", i), Permissions: texts}).ID)
	}
	done := map[string]int{}
	for range 250 {
		id, what := users[r.IntN(len(users))], r.IntN(5)
		before := b.get(t, id)
		texts, _ := subset()
		_, own := subset()
		ctx := b.As(own...)
		exceeds := func(list []model.Permission) bool { return model.NewPermits(own...).Lacks(list) != "" }
		var err error
		switch what {
		case 0:
			var u model.APIUser
			state := []model.State{"", model.Active, model.Disabled}[r.IntN(3)]
			u, err = b.Users.Update(ctx, b.Space, id, apiusers.Draft{Username: before.Username, Description: fmt.Sprint(r.Int()), Permissions: texts, State: state}, "")
			if err == nil && exceeds(u.Permissions) {
				t.Fatalf("one that may %v gave %v", own, u.Permissions)
			}
		case 1:
			_, err = b.Users.SetState(ctx, b.Space, id, model.Active, "")
		case 2: // taking away is free; an operator mends it
			if _, err := b.Users.SetState(ctx, b.Space, id, model.Disabled, ""); err != nil {
				t.Fatal(err)
			}
			if texts, _ := subset(); r.IntN(2) == 0 {
				if _, err := b.Users.Update(b.Ctx, b.Space, id, apiusers.Draft{Username: before.Username, Permissions: texts}, ""); err != nil {
					t.Fatal(err)
				}
			}
			continue
		case 3:
			var i keys.Issued
			if i, err = b.Keys.Generate(ctx, b.Space, id, keys.Request{}, ""); err == nil {
				_, _, err = b.Keys.Rotate(ctx, b.Space, i.Key.ID, keys.Rotation{}, "")
			}
		case 4:
			name := fmt.Sprint("n", r.Int())
			if err = b.Users.Delete(ctx, b.Space, id, 0, before.Username); err == nil {
				users = slices.DeleteFunc(users, func(u model.ID) bool { return u == id })
				users = append(users, b.create(t, apiusers.Draft{Username: name, Permissions: texts}).ID)
			}
		}
		switch code := model.CodeOf(err); {
		case code == "" && exceeds(before.Permissions):
			t.Fatalf("step %d on one that may %v, by one that may %v", what, before.Permissions, own)
		case code == "", code == model.EPermission, code == model.EConflict:
			done[fmt.Sprint(what, code)]++
		default:
			t.Fatal(err)
		}
	}
	for _, what := range []string{"0", "1", "3", "4"} {
		if done[what] == 0 || done[what+"permission"] == 0 {
			t.Errorf("the walk saw too little: %v", done)
		}
	}
}

// store: two operators edit one record, and many make keys at once.
func TestManyAtOnce(t *testing.T) {
	b := newBench(t)
	u := b.create(t, apiusers.Draft{Username: "robot"})
	d := b.draft(t, u)
	var mu sync.Mutex
	var group sync.WaitGroup
	got := map[model.Code]int{}
	each := func(n int, fn func(i int) error) map[model.Code]int {
		clear(got)
		for i := range n {
			group.Go(func() {
				code := model.CodeOf(fn(i))
				mu.Lock()
				defer mu.Unlock()
				got[code]++
			})
		}
		group.Wait()
		return got
	}
	edits := each(8, func(i int) error {
		d := d
		d.Description = fmt.Sprint("edit ", i)
		_, err := b.Users.Update(b.Ctx, b.Space, u.ID, d, "")
		return err
	})
	if edits[""] != 1 || edits[model.EConflict] != 7 {
		t.Errorf("eight edits of one revision: %v", edits)
	}
	names := each(8, func(int) error {
		_, err := b.Users.Create(b.Ctx, b.Space, apiusers.Draft{Username: "same"}, "")
		return err
	})
	if names[""] != 1 || names[model.EExists] != 7 {
		t.Errorf("eight users of one name: %v", names)
	}
	made := each(model.MaxLiveKeys+5, func(int) error {
		_, err := b.Keys.Generate(b.Ctx, b.Space, u.ID, keys.Request{}, "")
		return err
	})
	if made[""] != model.MaxLiveKeys || made[model.EConflict] != 5 {
		t.Errorf("keys made: %v", made)
	}
}

func TestAConflictSaysHowLongAgo(t *testing.T) {
	b := newBench(t)
	u := b.create(t, apiusers.Draft{Username: "robot"})
	if _, err := b.Users.SetState(b.Ctx, b.Space, u.ID, model.Disabled, ""); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		pass time.Duration
		want string
	}{{0, " 0 s ago"}, {59 * time.Second, " 59 s ago"}, {time.Second, " 1 min ago"}, {time.Hour, " 1 h ago"}, {47 * time.Hour, " 2 days ago"}} {
		b.Clock.Pass(tc.pass)
		err := b.Users.Delete(b.Ctx, b.Space, u.ID, 1, "robot")
		if msg := wantCode(t, err, model.EConflict); !strings.Contains(msg, "by alice"+tc.want+": state (") {
			t.Errorf("after %v more it says %q", tc.pass, msg)
		}
	}
}
