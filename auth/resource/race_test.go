package resource

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/hub"
)

// raced is one kind of record, which the API and a console on another handle of the same
// file change at once.
type raced struct {
	path   string
	body   string // of POST and PUT; %s stands for the name
	patch  string // sets a member and the state
	member string // the one that patch sets
	// edit reads a record as a form does, sets a member, and returns what saves it.
	edit  func(t *testing.T, h *hub.Hub, id model.ID) (save func() error)
	noted string // the member that edit sets
	// disable names no revision.
	disable func(h *hub.Hub, id model.ID) error
}

const byConsole = "by-the-console.example.com"

func races() map[string]raced {
	ctx := func(h *hub.Hub) context.Context { return h.Context(context.Background()) }
	return map[string]raced{
		"client": {
			path: "/restApi/clients", body: `{"name":"%s","base_url":"https://a.example.com","state":"disabled"}`,
			patch: `{"timeout":"7s","state":"disabled"}`, member: "timeout", noted: "base_url",
			edit: func(t *testing.T, h *hub.Hub, id model.ID) func() error {
				c, err := h.Clients.Get(ctx(h), h.Space, id)
				if err != nil {
					t.Fatal(err)
				}
				d := clients.DraftOf(c)
				d.BaseURL = "https://" + byConsole
				return func() error { _, err := h.Clients.Update(ctx(h), h.Space, id, d, ""); return err }
			},
			disable: func(h *hub.Hub, id model.ID) error {
				_, err := h.Clients.SetState(ctx(h), h.Space, id, model.Disabled, "")
				return err
			},
		},
		"API user": {
			path: "/restApi/apiUsers", body: `{"username":"%s","state":"disabled"}`,
			patch: `{"ttl_minutes":7,"state":"disabled"}`, member: "ttl_minutes", noted: "description",
			edit: func(t *testing.T, h *hub.Hub, id model.ID) func() error {
				u, err := h.Users.Get(ctx(h), h.Space, id)
				if err != nil {
					t.Fatal(err)
				}
				d, err := h.Users.DraftOf(ctx(h), h.Space, u)
				if err != nil {
					t.Fatal(err)
				}
				d.Description = byConsole
				return func() error { _, err := h.Users.Update(ctx(h), h.Space, id, d, ""); return err }
			},
			disable: func(h *hub.Hub, id model.ID) error {
				_, err := h.Users.SetState(ctx(h), h.Space, id, model.Disabled, "")
				return err
			},
		},
	}
}

// race is one record while it is raced for.
type race struct {
	raced
	k     *kit
	there *hub.Hub // the other handle
	url   string
	name  string
	id    model.ID
	tag   string // the ETag before
	late  int    // how many reads the console is late
}

// atOnce lets the API's request and the console's change go at the same moment, or the
// console a few reads later: it has less to do before it saves.
func (r *race) atOnce(method, query, body string, ifMatch bool, console func() error) (answer, error) {
	var headers []string
	if ifMatch {
		headers = append(headers, "If-Match: "+r.tag)
	}
	var got answer
	var err error
	var wg sync.WaitGroup
	start := make(chan struct{})
	wg.Go(func() { <-start; got = r.k.do("admin", method, r.url+query, body, headers...) })
	wg.Go(func() {
		<-start
		for range r.late {
			_, _ = r.k.store.Info(context.Background())
		}
		err = console()
	})
	close(start)
	wg.Wait()
	return got, err
}

// now is the record as it is stored after the race.
func (r *race) now(t *testing.T) (members map[string]any) {
	t.Helper()
	r.k.get("admin", r.url).want(t, http.StatusOK).into(t, &members)
	return members
}

// eachRace runs fn on new records of every kind, until each side was first at least once,
// as fn says, or often enough.
func eachRace(t *testing.T, fn func(t *testing.T, r *race) (apiFirst bool)) {
	k := adminKit(t)
	there := k.elsewhere()
	most, apart := 40, 1 // rounds, and how many reads the console is later in each
	if testing.Short() {
		most, apart = 10, 4
	}
	for kind, of := range races() {
		t.Run(kind, func(t *testing.T) {
			first := map[bool]int{}
			for i := range most {
				name := fmt.Sprintf("r%d", i)
				made := k.do("admin", "POST", of.path, fmt.Sprintf(of.body, name)).want(t, http.StatusCreated)
				r := &race{raced: of, k: k, there: there, url: of.path + "/" + name, name: name, id: model.ID(made.member(t, "id").(string)), late: i * apart % 20}
				r.tag = k.do("admin", "PATCH", r.url, `{"state":"active"}`).want(t, http.StatusOK).Header.Get("ETag")
				if r.tag != `"2"` || made.Header.Get("ETag") != `"1"` {
					t.Fatalf("the record begins at %s, %s", made.Header.Get("ETag"), r.tag)
				}
				first[fn(t, r)]++
				if i >= most/2-1 && first[true] > 0 && first[false] > 0 {
					break
				}
				k.do("admin", "DELETE", r.url+"?confirm="+name, "")
			}
			if len(first) == 1 {
				t.Logf("one side was always first: %v", first)
			}
		})
	}
}

// CASES: two operators edit one record, one of them over HTTP with If-Match, in another
// process: exactly one wins, and what it saved is whole.
func TestIfMatchHoldsAgainstAnotherProcess(t *testing.T) {
	for name, how := range map[string]struct{ method, body string }{
		"PATCH of the state":              {"PATCH", `{"state":"disabled"}`},
		"PATCH of a member and the state": {"PATCH", ""},
		"PUT":                             {"PUT", ""},
	} {
		t.Run(name, func(t *testing.T) {
			eachRace(t, func(t *testing.T, r *race) bool {
				body := how.body
				if body == "" {
					body = r.patch
				}
				if how.method == "PUT" {
					body = fmt.Sprintf(r.body, r.name)
				}
				got, err := r.atOnce(how.method, "", body, true, r.edit(t, r.there, r.id))
				won := got.StatusCode == http.StatusOK
				switch {
				case won && model.CodeOf(err) == model.EConflict:
				case !won && err == nil:
					got.want(t, http.StatusPreconditionFailed)
				default:
					t.Fatalf("the API got %d %s, the console %v", got.StatusCode, got.body, err)
				}
				now := r.now(t)
				if now["revision"] != 3.0 {
					t.Errorf("it is at revision %v", now["revision"])
				}
				if disabled := now["state"] == "disabled"; disabled != won {
					t.Errorf("the API won: %v, and it is %v", won, now)
				}
				noted, _ := now[r.noted].(string)
				if strings.HasSuffix(noted, byConsole) == won {
					t.Errorf("the API won: %v, and it is %v", won, now)
				}
				return won
			})
		})
	}
}

// The narrowest moment: the console saves when the API has read the record and compared
// its revision, and is about to save.
func TestAChangeBetweenReadingAndSavingIsSeen(t *testing.T) {
	for kind, of := range races() {
		for _, how := range []struct{ method, query, body string }{
			{"PATCH", "", `{"state":"disabled"}`},
			{"PATCH", "", of.patch},
			{"PUT", "", fmt.Sprintf(of.body, "r")},
			{"DELETE", "?confirm=r", ""},
		} {
			t.Run(kind+" "+how.method+" "+how.body, func(t *testing.T) {
				k := adminKit(t)
				there := k.elsewhere()
				made := k.do("admin", "POST", of.path, fmt.Sprintf(of.body, "r")).want(t, http.StatusCreated)
				k.do("admin", "PATCH", of.path+"/r", `{"state":"active"}`).want(t, http.StatusOK)
				save, saves := of.edit(t, there, model.ID(made.member(t, "id").(string))), 0
				k.before = func() {
					if saves++; saves > 1 {
						return
					}
					if err := save(); err != nil {
						t.Error(err)
					}
				}
				got := k.do("admin", how.method, of.path+"/r"+how.query, how.body, `If-Match: "2"`)
				got.want(t, http.StatusPreconditionFailed)
				k.before = nil
				now := k.get("admin", of.path+"/r").want(t, http.StatusOK)
				if saves != 1 || now.member(t, "revision") != 3.0 || now.member(t, "state") != "active" {
					t.Errorf("%d transactions, and it is %s", saves, now.body)
				}
			})
		}
	}
}

// The same with DELETE: what was changed meanwhile is not deleted unseen.
func TestIfMatchKeepsWhatAnotherProcessChanged(t *testing.T) {
	eachRace(t, func(t *testing.T, r *race) bool {
		got, err := r.atOnce("DELETE", "?confirm="+r.name, "", true, r.edit(t, r.there, r.id))
		gone := got.StatusCode == http.StatusNoContent
		switch {
		case gone && model.CodeOf(err) == model.ENotFound:
			r.k.get("admin", r.url).want(t, http.StatusNotFound)
		case !gone && err == nil:
			got.want(t, http.StatusPreconditionFailed)
			if now := r.now(t); now["revision"] != 3.0 {
				t.Errorf("it is %v", now)
			}
		default:
			t.Fatalf("the API got %d %s, the console %v", got.StatusCode, got.body, err)
		}
		return gone
	})
}

// Beside a change that names no revision, a request with If-Match came before it or is
// refused; one without is applied to what is there. Neither takes the other's change back.
func TestNothingIsLostToAnotherProcess(t *testing.T) {
	for _, conditional := range []bool{true, false} {
		t.Run(fmt.Sprintf("If-Match %v", conditional), func(t *testing.T) {
			eachRace(t, func(t *testing.T, r *race) bool {
				patch := `{"timeout":"7s"}`
				if r.member == "ttl_minutes" {
					patch = `{"ttl_minutes":7}`
				}
				got, err := r.atOnce("PATCH", "", patch, conditional, func() error { return r.disable(r.there, r.id) })
				won := got.StatusCode == http.StatusOK
				if err != nil || !won && (!conditional || got.StatusCode != http.StatusPreconditionFailed) {
					t.Fatalf("the API got %d %s, the console %v", got.StatusCode, got.body, err)
				}
				now, revision := r.now(t), 3.0
				if won {
					revision++
				}
				set := now[r.member] == "7s" || now[r.member] == 7.0
				if now["state"] != "disabled" || set != won || now["revision"] != revision {
					t.Errorf("the API won: %v, and it is %v", won, now)
				}
				return won && got.member(t, "state") == "active"
			})
		})
	}
}
