package exporting

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"ferry/auth/transfer/paging"
	"ferry/model"
)

// Progress comes at most every 50 ms and once at the end; within a long page too.
func TestProgress(t *testing.T) {
	s, k := &pages{pages: made(100, 10)}, &kept{}
	e := engine(s)
	now := time.Unix(0, 0)
	e.Now = func() time.Time { now = now.Add(10 * time.Millisecond); return now }
	j := job(t.TempDir(), ndjson, k)
	if err := e.Run(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if n := len(k.told); n < 20 || n > 60 {
		t.Errorf("told %d times in %v", n, now.Sub(time.Unix(0, 0)))
	}
	last := k.told[len(k.told)-1]
	if last.Records != 1000 || last.Pages != 100 || last.Requests != 100 || last.Bytes != int64(len(read(t, j.Transfer.File))) {
		t.Errorf("%+v", last)
	}
	if !slices.IsSortedFunc(k.told, func(a, b model.Progress) int { return int(a.Records - b.Records) }) {
		t.Error("the records do not grow")
	}

	k = &kept{}
	if err := engine(&pages{pages: made(1, 300_000)}).Run(t.Context(), job(t.TempDir(), ndjson, k)); err != nil {
		t.Fatal(err)
	}
	if len(k.told) < 2 || k.told[0].Records == 0 || k.told[0].Pages != 0 {
		t.Errorf("%+v", k.told)
	}
}

// What waits is told at once; what was counted before a cut goes on.
func TestProgressOfAResumedRun(t *testing.T) {
	s, k := &pages{pages: made(10, 10)}, &kept{}
	e := engine(s)
	e.each = func(ctx context.Context, src *paging.Source, p paging.Position, v paging.Visitor) (paging.Stats, error) {
		src.Waiting("429: the source asks for 2 s")
		src.Waiting("429: the source asks for 2 s")
		src.Waiting("")
		return s.each(ctx, src, p, v)
	}
	s.fail = map[int64]error{6: model.Errorf(model.EUnreachable, "no answer")}
	j := job(t.TempDir(), ndjson, k)
	j.Transfer.Read.Limit = 70
	if err := e.Run(t.Context(), j); err == nil {
		t.Fatal("it did not fail")
	}
	if k.told[0].Waiting == "" || k.told[1].Waiting != "" || k.last.Records != 50 || k.last.Pages != 5 {
		t.Errorf("%+v; kept %+v", k.told, k.last)
	}
	j.Progress = k.told[len(k.told)-1]
	if j.Progress.Requests != 6 {
		t.Errorf("%+v", j.Progress)
	}
	j.Checkpoint, s.fail, k.told = k.checkpoint(), nil, nil
	if err := e.Run(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if first, last := k.told[0], k.told[len(k.told)-1]; first.Records != 50 || first.Bytes == 0 || last.Records != 100 || last.Requests != 11 {
		t.Errorf("first %+v, last %+v", first, last)
	}
}

// A checkpoint is kept after so many bytes, or so long, at the end of a page only.
func TestWhenACheckpointIsKept(t *testing.T) {
	for name, c := range map[string]struct {
		limits limits
		tick   time.Duration
		zipped bool
		want   string
	}{
		"by bytes":            {limits{chunk: 1, held: 1 << 20, member: 64, bytes: 1000, every: time.Hour}, 0, false, "[2 4 6 8 10 10]"},
		"by time":             {limits{chunk: 1 << 20, held: 1 << 20, member: 64, bytes: 1 << 30, every: 10 * time.Second}, 2 * time.Second, false, ""},
		"neither":             {limits{chunk: 1, held: 1 << 20, member: 64, bytes: 1 << 30, every: time.Hour}, 0, false, "[10]"},
		"at ends of a member": {limits{chunk: 1, held: 1 << 20, member: 4, bytes: 1, every: time.Hour}, 0, true, "[4 8 10]"},
		"not at each of them": {limits{chunk: 1, held: 1 << 20, member: 2, bytes: 2500, every: time.Hour}, 0, true, "[6 10]"},
	} {
		t.Run(name, func(t *testing.T) {
			page := slices.Repeat([]string{`{"text":"` + string(slices.Repeat([]byte{'x'}, 89)) + `"}`}, 5) // 505 bytes
			s, k := &pages{pages: slices.Repeat([][]string{page}, 10)}, &kept{}
			e := engine(s)
			e.limits = &c.limits
			now := time.Unix(0, 0)
			e.Now = func() time.Time { now = now.Add(c.tick); return now }
			if err := e.Run(t.Context(), job(t.TempDir(), model.TransferFile{Format: model.NDJSON, Gzip: c.zipped}, k)); err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, p := range k.points {
				cp, err := decode(p)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, cp.Position.Page)
			}
			if c.tick > 0 {
				if len(got) < 3 || len(got) > 8 {
					t.Errorf("%v", got)
				}
			} else if fmt.Sprint(got) != c.want {
				t.Errorf("kept after pages %v, expected %s", got, c.want)
			}
		})
	}
}
