package importing

import "ferry/model"

// report tells how far the run is.
func (r *run) report() {
	if r.job.Report != nil {
		r.job.Report(r.progress())
	}
}

// where names the rejects file.
func (r *run) where() string {
	if name := rejectsName(&r.job.Transfer.File); name != "" {
		return " in " + model.Printable(name)
	}
	return ""
}

// progress is how far the run is.
func (r *run) progress() model.Progress {
	counts, _ := r.ledger.counts()
	return r.filled(counts)
}

// filled adds to counts what does not lie in the ledger.
func (r *run) filled(p model.Progress) model.Progress {
	p.Requests, p.Retries = r.sender.requests.Load(), r.sender.retries.Load()
	p.Bytes = r.source.taken.Load()
	p.Waiting = r.sender.waiting()
	p.Notes = r.notes(p.Notes, p.Rejected)
	return p
}

// notes says what a person must know besides the counts.
func (r *run) notes(before []string, rejected int64) []string {
	out := append([]string(nil), before...)
	add := func(note string) {
		for _, n := range out {
			if n == note {
				return
			}
		}
		out = append(out, note)
	}
	if r.sender.strange.Load() {
		add("the target answered 207 in a shape that is not known: records in it count as taken")
	}
	if r.shorter {
		add("the rejects file is shorter than it was: ferry transfer errors lists what was refused before")
	}
	if r.ledger.rejects == nil && rejected > 0 {
		add("refused records are not kept: there is no file beside a stream; name one with --rejects")
	}
	return out
}
