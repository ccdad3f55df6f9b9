package command

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
)

func (a *app) serveStatus() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Ask the server that runs on this store how it is; exit 3 when none does", Args: takes(),
		RunE: a.withStore(func(ctx context.Context, h *hub.Hub, _ []string) error {
			st, err := h.Server.Status(ctx)
			if err != nil {
				return err
			}
			return a.show(st, func(w io.Writer) { describeServer(w, &st, h.Now()) })
		}),
	}
}

// shownRequests is how many of the last requests a person is shown.
const shownRequests = 10

func describeServer(w io.Writer, st *model.ServerStatus, now time.Time) {
	ready := "yes"
	if !st.Ready {
		ready = "no: " + st.Problem
	}
	rows := [][]string{
		{"URL", st.URL},
		{"Listens on", st.Listen},
		{"Ready", ready},
		{"Running since", fmt.Sprintf("%s, process %d, ferry %s", utc(st.StartedAt), st.PID, st.Version)},
		{"Store read", ago(st.FreshAt, now)},
		{"Signing key", fmt.Sprintf("%s %s", st.Algorithm, st.KeyID)},
		{"Aliases", noneIfEmpty(strings.Join(st.Aliases, " "))},
		{"Requests", fmt.Sprintf("%d, %.1f a second in the last minute", st.Totals.Requests, float64(sum(st.PerSecond))/60)},
		{"Access tokens", fmt.Sprint(st.Totals.Tokens)},
		{"API calls", fmt.Sprint(st.Totals.API)},
		{"Syncs running", fmt.Sprint(st.Running)},
		{"Refused, failed", fmt.Sprintf("%d, %d", st.Totals.Refused, st.Totals.Failed)},
	}
	if st.TLSUntil != nil {
		rows = append(rows, []string{"Certificate until", until(*st.TLSUntil, now)})
	}
	table(w, rows)
	describeTraffic(w, st.Gateway, now)
	describeRefusals(w, st.Refusals, now)
	describeRecent(w, st.Recent)
}

// describeTraffic prints how the clients behind the gateway do.
func describeTraffic(w io.Writer, all []model.ClientTraffic, now time.Time) {
	if len(all) == 0 {
		return
	}
	rows := [][]string{{"BEHIND THE GATEWAY", "SPACE", "REQUESTS", "LAST MINUTE", "FAILED", "REFUSED", "P50", "P99", "BREAKER"}}
	for i := range all {
		t := &all[i]
		breaker := string(t.Breaker)
		if t.Breaker == model.BreakerOpen && t.OpenUntil != nil {
			breaker += " for " + span(t.OpenUntil.Sub(now))
		}
		rows = append(rows, []string{
			t.Client, t.Space, fmt.Sprint(t.Requests), fmt.Sprint(sum(t.PerSecond)), fmt.Sprint(t.Failed), fmt.Sprint(t.Refused),
			took(t.P50), took(t.P99), breaker,
		})
	}
	fmt.Fprintln(w)
	table(w, rows)
}

func describeRefusals(w io.Writer, refusals []model.Refusal, now time.Time) {
	if len(refusals) == 0 {
		return
	}
	rows := [][]string{{"REFUSED BECAUSE", "COUNT", "LAST"}}
	for _, r := range refusals {
		rows = append(rows, []string{r.Reason, fmt.Sprint(r.Count), ago(r.LastAt, now)})
	}
	fmt.Fprintln(w)
	table(w, rows)
}

func describeRecent(w io.Writer, recent []model.ServedRequest) {
	if len(recent) == 0 {
		return
	}
	rows := [][]string{{"AT", "STATUS", "REQUEST", "CLIENT", "FROM", "TOOK", "REASON"}}
	for i := range recent[:min(len(recent), shownRequests)] {
		r := &recent[i]
		rows = append(rows, []string{
			utc(r.At), fmt.Sprint(r.Status), r.Method + " " + r.Path, dash(r.Client), r.Addr,
			r.Duration.Round(time.Microsecond).String(), dash(r.Reason),
		})
	}
	fmt.Fprintln(w)
	table(w, rows)
}

func sum(list []int) int {
	total := 0
	for _, n := range list {
		total += n
	}
	return total
}
