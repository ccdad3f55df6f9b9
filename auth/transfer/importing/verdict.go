package importing

import (
	"bytes"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"ferry/auth/transfer/importing/journal"
	"ferry/auth/transfer/record"
	"ferry/auth/transfer/sending"
	"ferry/model"
)

// accepted notes a unit that the target took, all of it or what it says of each record.
func (s *sender) accepted(u *unit, method string, resp model.Response) error {
	refused := u.faults
	if s.t.Write.Batch > 1 {
		said := itemStatuses(resp.Body, len(u.items))
		if said == nil && resp.Status == 207 {
			s.strange.Store(true)
		}
		for i, one := range said {
			if one.status/100 != 2 {
				refused = append(refused, s.refusal(&u.items[i], one.status, s.said(one)))
			}
		}
	}
	n := len(u.items) - (len(refused) - len(u.faults))
	return s.ledger.settle(u, tally(u, method, resp.Status, n), refused)
}

// refused notes a unit that the target did not take.
func (s *sender) refused(u *unit, a answer) error {
	var why string
	if a.err != nil {
		why = model.Printable(model.AsError(a.err).Message)
	} else {
		why = sending.Reason(s.link, a.resp)
	}
	all := u.faults
	for i := range u.items {
		all = append(all, s.refusal(&u.items[i], a.resp.Status, why))
	}
	return s.ledger.settle(u, tally(u, s.method, a.resp.Status, 0), all)
}

func (s *sender) refusal(it *item, status int, why string) fault {
	return fault{record: it.record, row: it.row, status: status, reason: why, data: it.original()}
}

// local notes a unit of which nothing is sent.
func (l *ledger) local(u *unit) error {
	return l.settle(u, journal.Tally{Records: u.ends, Rejected: int64(len(u.faults))}, u.faults)
}

// uncertain notes a unit that may have arrived.
func (l *ledger) uncertain(u *unit, why string) error {
	all := u.faults
	for i := range u.items {
		it := &u.items[i]
		all = append(all, fault{record: it.record, row: it.row, kind: model.FaultUncertain, reason: why, data: it.original()})
	}
	return l.settle(u, journal.Tally{Records: u.ends, Rejected: int64(len(u.faults)), Uncertain: int64(len(u.items))}, all)
}

// itemStatus is what a target says of one record of a batch.
type itemStatus struct {
	status int
	said   []byte
}

func (s *sender) said(one itemStatus) string {
	return sending.Reason(s.link, model.Response{Status: one.status, Body: one.said})
}

// itemStatuses takes an answer apart that says of each of n records, in their order, how
// it went: an array, or an object with exactly one array of that length. Nil when
// it says no such thing, or not clearly.
func itemStatuses(body []byte, n int) []itemStatus {
	v := jsontext.Value(body)
	switch {
	case n == 0 || !v.IsValid():
		return nil
	case v.Kind() == '[':
		return elementStatuses(body, n)
	case v.Kind() != '{':
		return nil
	}
	var found []itemStatus
	for _, name := range []string{"items", "results", "responses", "records", "value", "data", "statuses"} {
		if list := record.Field(body, name); len(list) > 0 && list[0] == '[' {
			if got := elementStatuses(list, n); got != nil {
				if found != nil {
					return nil
				}
				found = got
			}
		}
	}
	return found
}

func elementStatuses(list []byte, n int) []itemStatus {
	d := jsontext.NewDecoder(bytes.NewReader(list))
	if _, err := d.ReadToken(); err != nil {
		return nil
	}
	out := make([]itemStatus, 0, n)
	for d.PeekKind() != ']' {
		one, err := d.ReadValue()
		if err != nil || len(out) == n {
			return nil
		}
		status := statusOf(one)
		if status == 0 {
			return nil
		}
		out = append(out, itemStatus{status, append([]byte(nil), one[:min(len(one), maxSaid)]...)})
	}
	if len(out) < n {
		return nil
	}
	return out
}

// maxSaid bounds what is kept of the answer for one record of a batch.
const maxSaid = 4 << 10

// statusOf reads the status of one element: a number by itself, or in a field.
func statusOf(one []byte) int {
	values := [][]byte{one}
	if one[0] == '{' {
		values = values[:0]
		for _, name := range []string{"status", "statusCode", "status_code", "httpStatus"} {
			values = append(values, record.Field(one, name))
		}
	}
	for _, v := range values {
		text, ok := record.Text(v)
		if n, err := strconv.Atoi(text); ok && err == nil && n >= 200 && n < 600 {
			return n
		}
	}
	return 0
}
