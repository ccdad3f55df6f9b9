package importing

import (
	"ferry/auth/transfer/importing/rows"
	"ferry/model"
)

// unit is what one request will carry, or records that are gone over without one. Units
// are numbered from 1 in the order of the file; the same file and settings give the same
// units each time, which is what a resumed run stands on.
type unit struct {
	seq   uint64
	start place
	items []item
	// faults are records of the unit that are none, or fit no request.
	faults []fault
	ends   int64 // records that end in it
	size   int   // bytes that it holds
	path   string
	again  bool // it was sent before the cut

	keys   []string // of which no two are in flight at once
	waits  int      // units that go before it
	behind []*unit  // units that wait for it
}

// place is where a unit begins: Index results of the following record belong to units before.
type place struct {
	rows.Position
	Index int `json:"index,omitempty"`
}

// item is one record as it is sent.
type item struct {
	record int64
	row    int64
	index  int    // of the results of the record
	body   []byte // JSON
	data   []byte // the record as it was read; nil when body is that
}

// original is what a person finds in the rejects file.
func (i *item) original() []byte {
	if i.data != nil {
		return i.data
	}
	return i.body
}

// fault is one record that will not arrive.
type fault struct {
	record int64
	row    int64
	status int
	kind   model.FaultKind
	reason string
	data   []byte // the record as JSON, or nil
	raw    []byte // what stood there, where it is no JSON
}
