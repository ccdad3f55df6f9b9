package serve

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/keys"
	"ferry/model/modeltest"
	"ferry/model/transfers"
)

// sync makes a sync between two clients; where those lead to is nobody's business here.
func (k *kit) sync(name string, edit func(*model.Syncing)) model.Transfer {
	k.t.Helper()
	for _, client := range []string{"erp", "pim"} {
		_, err := k.desk.Clients.Create(k.ctx(), k.desk.Space, modeltest.NoAuth(client, "https://"+client+".example.com"), "")
		if err != nil && model.CodeOf(err) != model.EExists {
			k.t.Fatal(err)
		}
	}
	d := transfers.Draft{
		Kind: model.KindSync, Name: name, Source: transfers.Side{Client: "erp", Path: "/a"}, Target: transfers.Side{Client: "pim", Path: "/b/{id}"},
		Sync: model.Syncing{Key: "id"},
	}
	edit(&d.Sync)
	s, err := k.desk.Transfers.CreateSync(k.ctx(), k.desk.Space, d, "")
	must(k.t, err)
	return s.Transfer
}

func (k *kit) runs(id model.ID) []model.TransferRun {
	k.t.Helper()
	runs, err := k.desk.Transfers.Runs(k.ctx(), id)
	must(k.t, err)
	return runs
}

func (k *kit) find(id model.ID) transfers.Status {
	k.t.Helper()
	s, err := k.desk.Transfers.Find(k.ctx(), k.desk.Space, string(id))
	must(k.t, err)
	return s
}

// hooker makes an API user that may run transfers.
func (k *kit) hooker() keys.Issued {
	k.t.Helper()
	u, err := k.desk.Users.Create(k.ctx(), k.desk.Space, apiusers.Draft{
		Username: "hook", OAuth: true, TTL: 5 * time.Minute, Permissions: []string{"transfers:run"},
	}, "")
	must(k.t, err)
	return k.newKey(u)
}

// Issue 5: for real time, a webhook: POST /hooks/{id} with an API user's token runs a sync in
// `ferry serve`, which tells of it.
func TestAWebhookRunsASync(t *testing.T) {
	k := newKit(t)
	id := k.sync("goods", func(s *model.Syncing) { s.Webhook = true }).ID
	hold, hooker := k.mover.Hold(), k.hooker()
	k.start(nil)
	status, token := k.ask(hooker)
	if status != http.StatusOK {
		t.Fatalf("no token: %d", status)
	}
	if a := k.do("POST", "/hooks/"+string(id), "{}"); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a token: %d", a.StatusCode)
	}
	if a := k.do("POST", "/hooks/"+string(id), "{}", "Authorization: Bearer "+k.token()); a.StatusCode != http.StatusForbidden {
		t.Errorf("without the permission: %d", a.StatusCode)
	}
	a := k.do("POST", "/hooks/"+string(id), "{}", "Authorization: Bearer "+token)
	if a.StatusCode != http.StatusAccepted || !strings.Contains(a.body, string(id)) {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	job, began := hold.Began()
	if !began || job.Transfer.ID != id {
		t.Fatal("the sync did not run")
	}
	probe := NewProbe(Socket(k.path))
	until(t, 5*time.Second, "the status tells of the run", func() bool {
		st, err := probe.Status(context.Background())
		return err == nil && st.Running == 1
	})
	must(t, hold.Keep(model.Progress{Records: 5, Created: 3, Rejected: 2}))
	must(t, hold.End(nil))
	until(t, 5*time.Second, "the run has ended", func() bool { return k.find(id).Phase == model.PhaseWaiting && k.Server.runs.count() == 0 })
	if runs := k.runs(id); len(runs) != 1 || runs[0].Trigger != model.TriggerWebhook || runs[0].By != "hook" || runs[0].Progress.Created != 3 {
		t.Errorf("history %+v", runs)
	}
	told := k.onSocket("/metrics").body
	for _, line := range []string{
		"ferry_transfers_running 0\n", `ferry_transfer_runs_total{kind="sync",outcome="done"} 1` + "\n", `ferry_transfer_runs_total{kind="sync",outcome="failed"} 0` + "\n",
		`ferry_transfer_records_total{kind="sync",result="created"} 3` + "\n", `ferry_transfer_records_total{kind="sync",result="rejected"} 2` + "\n",
	} {
		if !strings.Contains(told, line) {
			t.Errorf("the metrics lack %s", line)
		}
	}
}

// A failing sync fails by itself: the server goes on, and counts.
func TestARunThatFailsIsCounted(t *testing.T) {
	k := newKit(t)
	k.mover.Play(modeltest.Fails(model.Errorf(model.EUpstream, "page 3 is no JSON"), model.Progress{Records: 200}))
	id := k.sync("goods", func(s *model.Syncing) { s.Schedule = "every 10ms" }).ID
	k.start(nil)
	until(t, 10*time.Second, "the run failed", func() bool { return k.find(id).Phase == model.PhaseFailed })
	until(t, 5*time.Second, "it is counted", func() bool {
		return strings.Contains(k.onSocket("/metrics").body, `ferry_transfer_runs_total{kind="sync",outcome="failed"} 1`+"\n")
	})
	if got := k.call(k.token()); got != http.StatusOK {
		t.Errorf("the API answers %d", got)
	}
}

// Issue 5: under the store's lock, so that several servers never run one sync twice.
func TestTwoServersRunNoSyncTwiceAtOnce(t *testing.T) {
	k := newKit(t)
	other := *k
	other.mover = &modeltest.Mover{}
	other.hub = openHub(t, k.path, k.unlock, other.mover)
	var running, most, all atomic.Int64
	script := func(ctx context.Context, j model.Job) error {
		n := running.Add(1)
		defer running.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		all.Add(1)
		select {
		case <-time.After(5 * time.Millisecond): // as long as a short run takes
		case <-ctx.Done():
		}
		return nil
	}
	k.mover.Play(script)
	other.mover.Play(script)
	k.sync("goods", func(s *model.Syncing) { s.Schedule = "every 1ms" })
	k.start(nil)
	other.start(func(o *Options) { o.AdminSocket = "" })
	until(t, 20*time.Second, "both servers ran it often", func() bool { return len(k.mover.Jobs()) > 2 && len(other.mover.Jobs()) > 2 })
	must(t, k.Close())
	must(t, other.Close())
	if most.Load() != 1 || running.Load() != 0 {
		t.Errorf("%d of %d runs at once, %d still run", most.Load(), all.Load(), running.Load())
	}
}

// Close waits for the runs: what is in flight is answered for, and the next server goes on
// from there.
func TestClosingStopsTheRunsCleanly(t *testing.T) {
	k := newKit(t)
	id := k.sync("goods", func(s *model.Syncing) { s.Webhook = true }).ID
	began := make(chan struct{}, 1)
	var cut, stopped atomic.Bool
	k.mover.Play(func(ctx context.Context, j model.Job) error {
		began <- struct{}{}
		select {
		case <-j.Stop:
		case <-ctx.Done():
			cut.Store(true)
			return ctx.Err()
		}
		time.Sleep(50 * time.Millisecond) // what is in flight takes its time
		err := j.Keep(ctx, []byte("half"), model.Progress{Records: 7}, nil)
		cut.Store(ctx.Err() != nil)
		stopped.Store(true)
		return errors.Join(err, model.ErrStopped)
	})
	k.start(nil)
	must(t, k.desk.Transfers.Trigger(k.ctx(), k.desk.Space, id, model.TriggerPerson))
	select {
	case <-began:
	case <-time.After(10 * time.Second):
		t.Fatal("the sync did not run")
	}
	must(t, k.Close())
	if !stopped.Load() || cut.Load() {
		t.Fatalf("closed before the run had stopped (%t), or it was cut off (%t)", stopped.Load(), cut.Load())
	}
	st := k.find(id)
	if st.Phase != model.PhaseInterrupted || string(st.State.Checkpoint) != "half" || st.State.Progress.Records != 7 {
		t.Errorf("left %s, %+v", st.Phase, st.State)
	}

	next := *k
	next.mover = &modeltest.Mover{}
	next.hub = openHub(t, k.path, k.unlock, next.mover)
	next.start(nil)
	must(t, next.desk.Transfers.Trigger(k.ctx(), k.desk.Space, id, model.TriggerPerson))
	until(t, 10*time.Second, "the next server goes on", func() bool {
		jobs := next.mover.Jobs()
		return len(jobs) > 0 && string(jobs[0].Checkpoint) == "half"
	})
	must(t, next.Close())
}
