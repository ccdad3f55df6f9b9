package importing

import (
	"syscall"
	"testing"

	"ferry/auth/transfer/importing/journal"
	"ferry/model"
)

// CASES issue 5: disk full → everything durable, and it goes on. Here the disk of the rejects
// file, of the journal, and of the store.
func TestAFullDisk(t *testing.T) {
	full := model.Errorf(model.ENoSpace, "the disk is full")
	for name, fill := range map[string]func(b *bench) func(){
		"rejects": func(b *bench) func() {
			files := b.job.Files
			b.job.Files = &fullFiles{files, 100}
			return func() { b.job.Files = files }
		},
		"journal": func(b *bench) func() {
			room := 200
			b.engine.create = func(name string) (journal.Handle, error) {
				f, err := journal.OnDisk(name)
				return &fullHandle{f, &room}, err
			}
			return func() { b.engine.create = nil }
		},
		"store": func(b *bench) func() {
			b.engine.every = 1
			n := 0
			b.keep = func() error {
				if n++; n > 2 {
					return full
				}
				return nil
			}
			return func() { b.keep = nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t).write(model.NDJSON, numbered(killRecords))
			b.target.answer = refuseSome
			b.job.Transfer.Write.Parallel = 1
			mend := fill(b)
			if err := b.run(); model.CodeOf(err) != model.ENoSpace {
				t.Fatalf("%v", err)
			}
			before := len(b.target.seen())
			if before == killRecords || before == 0 {
				t.Fatalf("%d requests", before)
			}
			mend()
			b.mustRun()
			// One that was refused, and whose refusal had no room, is asked for again.
			if n := len(b.target.seen()); n > killRecords+1 {
				t.Errorf("%d requests", n)
			}
			if got := b.rejected(); len(got) != killRecords/10 || b.last.Created != killRecords-killRecords/10 || b.last.Rejected != killRecords/10 {
				t.Errorf("%q %+v", got, b.last)
			}
		})
	}
}

type fullFiles struct {
	model.Files
	room int
}

func (f *fullFiles) Append(name string) (model.File, error) {
	file, err := f.Files.Append(name)
	return &fullFile{file, f}, err
}

type fullFile struct {
	model.File
	f *fullFiles
}

func (f *fullFile) Write(p []byte) (int, error) {
	if f.f.room -= len(p); f.f.room < 0 {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, model.Errorf(model.ENoSpace, "the disk is full")
	}
	return f.File.Write(p)
}

type fullHandle struct {
	journal.Handle
	room *int
}

func (h *fullHandle) Write(p []byte) (int, error) {
	if *h.room -= len(p); *h.room < 0 {
		return 0, syscall.ENOSPC
	}
	return h.Handle.Write(p)
}
