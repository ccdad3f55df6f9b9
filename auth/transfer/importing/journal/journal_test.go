package journal

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ferry/model"
)

func entries() *rapid.Generator[[]Entry] {
	n := rapid.Int64Range(0, 1<<40)
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Entry {
		e := Entry{Kind: rapid.SampledFrom([]Kind{Sent, Free, Done}).Draw(t, "kind"), Seq: rapid.Uint64().Draw(t, "seq")}
		if e.Kind == Done {
			e.Tally = Tally{n.Draw(t, "records"), n.Draw(t, "created"), n.Draw(t, "updated"), n.Draw(t, "rejected"), n.Draw(t, "uncertain")}
			e.Rejects = rapid.Uint64().Draw(t, "rejects")
			for range rapid.IntRange(0, 2).Draw(t, "faults") {
				e.Faults = append(e.Faults, model.TransferFault{
					At: time.UnixMilli(n.Draw(t, "at")).UTC(), Record: n.Draw(t, "record"), Row: n.Draw(t, "row"), Status: rapid.IntRange(0, 599).Draw(t, "status"),
					Key: rapid.String().Draw(t, "key"), Kind: model.FaultRejected, Reason: rapid.String().Draw(t, "reason"),
				})
			}
		}
		return e
	}), 1, 6)
}

func replay(t *rapid.T, dir string, gen uint64) (got []Entry) {
	_, err := Replay(dir, "id", gen, func(e Entry) { got = append(got, e) })
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Wherever a file was cut off or damaged, what stands before reads back and nothing else.
func TestWhatWasAddedReadsBackAsFarAsItIsWhole(t *testing.T) {
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(root, "")
		if err != nil {
			t.Fatal(err)
		}
		want := entries().Draw(t, "entries")
		j, err := Open(OnDisk, dir, "id", 1)
		if err != nil {
			t.Fatal(err)
		}
		var ends []int
		for i := range want {
			if err := j.Add(&want[i]); err != nil {
				t.Fatal(err)
			}
			ends = append(ends, len(j.buf))
			if i > 0 {
				ends[i] += ends[i-1]
			}
		}
		if err := j.Sync(); err != nil {
			t.Fatal(err)
		}
		j.Close()
		if diff := cmp.Diff(want, replay(t, dir, 1)); diff != "" {
			t.Fatal(diff)
		}
		data, err := os.ReadFile(j.name(1))
		if err != nil {
			t.Fatal(err)
		}
		cut := rapid.IntRange(0, len(data)-1).Draw(t, "cut")
		if rapid.Bool().Draw(t, "damaged") {
			data[cut] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		} else {
			data = data[:cut]
		}
		if err := os.WriteFile(j.name(1), data, 0o600); err != nil {
			t.Fatal(err)
		}
		whole := 0
		for whole < len(ends) && ends[whole] <= cut {
			whole++
		}
		if diff := cmp.Diff(append([]Entry(nil), want[:whole]...), replay(t, dir, 1)); diff != "" {
			t.Fatalf("cut at %d of %v: %s", cut, ends, diff)
		}
	})
}

func TestFilesFollowOneAnotherAndGo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	j, err := Open(OnDisk, dir, "id", 7)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	other, err := Open(OnDisk, dir, "id-7", 7) // of another import
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for seq := uint64(1); seq <= 3; seq++ {
		if err := j.Add(&Entry{Kind: Sent, Seq: seq}); err != nil {
			t.Fatal(err)
		}
		if _, err := j.Next(); err != nil {
			t.Fatal(err)
		}
	}
	seen := func(gen uint64) (seqs []uint64, highest uint64) {
		highest, err := Replay(dir, "id", gen, func(e Entry) { seqs = append(seqs, e.Seq) })
		if err != nil {
			t.Fatal(err)
		}
		return seqs, highest
	}
	if got, highest := seen(8); !cmp.Equal(got, []uint64{2, 3}) || highest != 10 {
		t.Errorf("%v %d", got, highest)
	}
	Remove(dir, "id", 9)
	if got, _ := seen(0); !cmp.Equal(got, []uint64{3}) {
		t.Errorf("%v", got)
	}
	Remove(dir, "id", 1<<63)
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("%v %v", left, err)
	}
}

// full is a file on a disk that fills up after some bytes.
type full struct {
	Handle
	room int
}

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.room {
		n, _ := f.Handle.Write(p[:f.room])
		f.room = 0
		return n, syscall.ENOSPC
	}
	f.room -= len(p)
	return f.Handle.Write(p)
}

// A half-written entry does not hide those after it.
func TestAFullDiskIsSaidAndWhatFollowsIsRead(t *testing.T) {
	dir := t.TempDir()
	room := 17
	j, err := Open(func(name string) (Handle, error) {
		f, err := OnDisk(name)
		return &full{f, room}, err
	}, dir, "id", 1)
	if err != nil {
		t.Fatal(err)
	}
	room = 1 << 20
	defer j.Close()
	for seq := uint64(1); seq <= 3; seq++ {
		err := j.Add(&Entry{Kind: Sent, Seq: seq})
		if (model.CodeOf(err) == model.ENoSpace) != (seq == 3) || (err == nil) != (seq < 3) {
			t.Errorf("%d: %v", seq, err)
		}
	}
	if err := j.Add(&Entry{Kind: Sent, Seq: 4}); err != nil {
		t.Error(err)
	}
	var got []uint64
	if _, err := Replay(dir, "id", 1, func(e Entry) { got = append(got, e.Seq) }); err != nil || !cmp.Equal(got, []uint64{1, 2, 4}) {
		t.Errorf("%v %v", got, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(nil, &Entry{Kind: Done, Seq: 3, Faults: []model.TransferFault{{Reason: "x"}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, n := decode(b)
		if n > len(b) || n > 0 && e.Kind == Done && len(e.Faults) > len(b) {
			t.Fatalf("%d of %d: %+v", n, len(b), e)
		}
	})
}
