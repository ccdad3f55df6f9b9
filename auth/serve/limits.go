package serve

import "time"

// limits are what one server allows, and how often it does what.
type limits struct {
	header, read, write, idle time.Duration // of a connection
	still                     time.Duration // how long a body of the gateway may stand still
	headerBytes               int
	inFlight                  int64 // requests at once; beyond it 503
	gateFlight                int64 // the same of the gateway, apart
	conns                     int64 // connections at once; beyond it they are closed

	gap, late, maxAge, retry time.Duration // between two readings of the store
	unready, refuse          time.Duration // how old a picture may be
	flush, upkeep, certs     time.Duration // how often
	drain, stop, lastFlush   time.Duration // how long each step of Close may take
}

// defaults are DESIGN's limits, with what it leaves open.
var defaults = limits{
	header: 5 * time.Second, read: 30 * time.Second, write: 60 * time.Second, idle: 60 * time.Second,
	headerBytes: 32 << 10,
	still:       30 * time.Second,
	inFlight:    1024,
	gateFlight:  2048,
	conns:       4096,
	// A change is seen 100 to 300 ms after the one before it; without any, the store is
	// read every 30 s all the same.
	gap: 100 * time.Millisecond, late: 300 * time.Millisecond, maxAge: 30 * time.Second, retry: time.Second,
	// A store that cannot be read any more: users may have been disabled meanwhile. A
	// load balancer is told after a minute, and after five nobody is let in.
	unready: time.Minute, refuse: 5 * time.Minute,
	flush: 5 * time.Second, upkeep: time.Minute, certs: time.Second,
	drain: 300 * time.Millisecond, stop: 10 * time.Second, lastFlush: 5 * time.Second,
}

// maxStreams is how many requests one HTTP/2 connection may have under way.
const maxStreams = 100

// spareHeap is a block that is never touched, so it takes no memory. The collector waits
// until the heap has doubled; with a heap as small as this server's that is after 4 MiB,
// which at 8,000 requests/s took 6 % of the CPU time of each. With the block it waits for
// 16 MiB more, whatever the size of the store.
const spareHeap = 16 << 20
