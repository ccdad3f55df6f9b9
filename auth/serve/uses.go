package serve

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ferry/model"
	"ferry/model/serving"
)

// uses counts what keys were used for since it was last written to the store. Counting
// takes no lock: a key's counter is made once and found by a lock-free look-up.
type uses struct {
	record func(context.Context, []serving.Use) error
	keys   sync.Map   // model.ID → *use
	flushM sync.Mutex // one flush at a time
	broken bool       // the last flush failed; told once
}

type use struct {
	space  model.ID
	tokens atomic.Uint64
	at     atomic.Int64 // Unix nanoseconds
	addr   atomic.Pointer[string]
	idle   int // flushes in a row that found nothing; of the flusher alone
}

func newUses(record func(context.Context, []serving.Use) error) *uses { return &uses{record: record} }

// gone marks a counter that was taken out of the map: whoever still holds it looks again.
const gone = 1 << 63

// add counts one use.
func (c *uses) add(u serving.Use) {
	for {
		v, ok := c.keys.Load(u.Key)
		if !ok {
			v, _ = c.keys.LoadOrStore(u.Key, &use{space: u.Space})
		}
		k := v.(*use)
		k.at.Store(u.At.UnixNano())
		if was := k.addr.Load(); was == nil || *was != u.Addr {
			k.addr.Store(&u.Addr)
		}
		// Last: who sees the count sees when and where.
		if k.tokens.Add(u.Tokens) < gone {
			return
		}
		c.keys.CompareAndDelete(u.Key, v)
	}
}

// forgetAfter is how many flushes in a row a counter may stand still before it goes, so
// that keys which are gone take no room for ever.
const forgetAfter = 120

// Each batch is one transaction of Record, so that it is written or it is not.

// flush writes down what was counted. What cannot be written is kept for the next time.
func (c *uses) flush(ctx context.Context) error {
	c.flushM.Lock()
	defer c.flushM.Unlock()
	var err error
	for batch := range slices.Chunk(c.take(), serving.MaxUses) {
		if err == nil {
			err = c.record(ctx, batch)
		}
		if err != nil {
			c.restore(batch)
		}
	}
	if err != nil && !c.broken {
		slog.Warn("the use of API keys could not be written down; it is tried again", "err", describe(err))
	}
	c.broken = err != nil
	return err
}

// take sets the counters back and returns what they held.
func (c *uses) take() []serving.Use {
	var out []serving.Use
	c.keys.Range(func(id, v any) bool {
		k := v.(*use)
		n := k.tokens.Swap(0)
		switch {
		case n > 0:
			k.idle = 0
			out = append(out, serving.Use{
				Space: k.space, Key: id.(model.ID), At: time.Unix(0, k.at.Load()), Addr: *k.addr.Load(), Tokens: n,
			})
		case k.idle < forgetAfter:
			k.idle++
		case k.tokens.CompareAndSwap(0, gone):
			c.keys.CompareAndDelete(id, v)
		}
		return true
	})
	return out
}

// restore puts back what was not written. The counter's newer time and address stay.
func (c *uses) restore(batch []serving.Use) {
	for _, u := range batch {
		if v, ok := c.keys.Load(u.Key); ok && v.(*use).tokens.Add(u.Tokens) < gone {
			continue
		}
		c.add(u)
	}
}
