package bolt

import (
	"bytes"

	"go.etcd.io/bbolt"

	"ferry/storage/kv"
)

// maxValue is more than any value a transaction could have written. A longer one is
// a garbled length, and copying it could take all memory.
const maxValue = kv.MaxBytes + 4096

// tx is one transaction on the data bucket. Everything is copied out of the mapped
// file, because that is gone when the transaction ends.
type tx struct {
	session *session
	bucket  *bbolt.Bucket
	budget  kv.Budget
	closed  bool
}

// enter notes that bbolt's code runs from here to leave.
func (t *tx) enter() { t.session.inBolt = true }
func (t *tx) leave() { t.session.inBolt = false }

// Get implements kv.Tx.
func (t *tx) Get(key []byte) ([]byte, error) {
	if t.closed {
		return nil, kv.ErrClosed
	}
	if err := kv.CheckKey(key); err != nil {
		return nil, err
	}
	// A search that ends behind the last item of a leaf goes on to the next.
	if err := t.session.prove(tour{from: key, leaves: 2}); err != nil {
		return nil, err
	}
	t.enter()
	v := t.bucket.Get(key)
	if v == nil {
		t.leave()
		return nil, kv.ErrNotFound
	}
	out := own(v)
	t.leave()
	return out, nil
}

// Put implements kv.Tx.
func (t *tx) Put(key, value []byte) error {
	if err := t.mayWrite(key, len(value)); err != nil {
		return err
	}
	t.enter()
	// bbolt keeps the value's memory until the commit.
	err := t.bucket.Put(key, own(value))
	t.leave()
	return err
}

// Delete implements kv.Tx.
func (t *tx) Delete(key []byte) error {
	if err := t.mayWrite(key, 0); err != nil {
		return err
	}
	t.enter()
	err := t.bucket.Delete(key)
	t.leave()
	return err
}

func (t *tx) mayWrite(key []byte, value int) error {
	if t.closed {
		return kv.ErrClosed
	}
	if !t.session.writable {
		return t.budget.Refuse(kv.ErrReadOnly)
	}
	if err := kv.CheckKey(key); err != nil {
		return t.budget.Refuse(err)
	}
	// A leaf that grows small is merged with a neighbour on either side.
	for _, reverse := range []bool{false, true} {
		if err := t.session.prove(tour{from: key, reverse: reverse, leaves: 2}); err != nil {
			return t.budget.Refuse(err)
		}
	}
	return t.budget.Take(len(key) + value)
}

// Scan implements kv.Tx.
func (t *tx) Scan(r kv.Range) ([]kv.Item, error) {
	if t.closed {
		return nil, kv.ErrClosed
	}
	if err := r.Check(); err != nil {
		return nil, err
	}
	begin := start(r)
	err := t.session.prove(tour{from: begin, leaves: 2})
	if err == nil {
		err = t.session.prove(tour{from: begin, reverse: r.Reverse, items: r.Limit, leaves: 2})
	}
	if err != nil {
		return nil, err
	}
	t.enter()
	c := t.bucket.Cursor()
	step := c.Next
	if r.Reverse {
		step = c.Prev
	}
	items := make([]kv.Item, 0, min(r.Limit, 64))
	var room arena
	for k, v := seek(c, r); k != nil && bytes.HasPrefix(k, r.Prefix) && len(items) < r.Limit; k, v = step() {
		item := kv.Item{Key: room.own(k)}
		if !r.KeysOnly {
			item.Value = room.own(v)
		}
		items = append(items, item)
	}
	t.leave()
	return items, nil
}

// start is the key at or beside which a range begins; in reverse that is the first key
// past the prefix, and nil is the very last key.
func start(r kv.Range) []byte {
	switch {
	case r.From != nil:
		return r.From
	case r.Reverse:
		return successor(r.Prefix)
	}
	return r.Prefix
}

// seek finds the first item of a range.
func seek(c *bbolt.Cursor, r kv.Range) (k, v []byte) {
	begin := start(r)
	if r.Reverse {
		if begin == nil {
			return c.Last()
		}
		if k, _ = c.Seek(begin); k == nil {
			return c.Last()
		}
		return c.Prev()
	}
	if k, v = c.Seek(begin); r.From != nil && bytes.Equal(k, r.From) {
		return c.Next()
	}
	return k, v
}

// successor returns the smallest key above every key with the prefix, nil when there
// is none.
func successor(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xFF {
			out := bytes.Clone(prefix[:i+1])
			out[i]++
			return out
		}
	}
	return nil
}

// arena copies many small slices into few allocations.
type arena struct{ free []byte }

func (a *arena) own(b []byte) []byte {
	const chunk = 64 << 10
	if len(b) > chunk/4 {
		return own(b)
	}
	if len(a.free) < len(b) {
		a.free = make([]byte, chunk)
	}
	out := a.free[:len(b):len(b)]
	a.free = a.free[len(b):]
	copy(out, b)
	return out
}

// own copies b, never to nil.
func own(b []byte) []byte {
	if len(b) > maxValue {
		panic("a value is longer than any that can be written")
	}
	out := make([]byte, len(b))
	copy(out, b)
	return out
}
