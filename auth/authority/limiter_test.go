package authority

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"sync"
	"testing"
	"time"
	"unsafe"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// TestLimiterIsBounded: a /8 of addresses that each try a client of their own takes no
// more memory than one, and whoever is refused stays so.
func TestLimiterIsBounded(t *testing.T) {
	l := newLimiter(noon)
	victim := netip.MustParseAddr("192.0.2.1")
	for range maxPair {
		l.fail("robot", victim, noon)
	}
	var raw [4]byte
	for i := range uint32(200_000) {
		binary.BigEndian.PutUint32(raw[:], 10<<24|i)
		l.fail(strconv.Itoa(int(i)), netip.AddrFrom4(raw), noon)
	}
	if l.wait("robot", victim, noon) != window {
		t.Error("the flood made it forget who is refused")
	}
	if size := unsafe.Sizeof(*l); size > 2<<20 {
		t.Errorf("%d bytes", size)
	}
	if wait := l.wait("other", netip.MustParseAddr("203.0.113.1"), noon); wait != 0 {
		t.Errorf("somebody who did nothing is refused for %s", wait)
	}
}

func TestLimiterForgetsAfterAMinute(t *testing.T) {
	l, addr := newLimiter(noon), netip.MustParseAddr("192.0.2.1")
	for i := range 10 * maxPair {
		at := noon.Add(time.Duration(i) * 7 * time.Second) // nine in a minute
		if wait := l.wait("robot", addr, at); wait != 0 {
			t.Fatalf("try %d waits %s", i, wait)
		}
		l.fail("robot", addr, at)
	}
}

// TestLimiterSurvivesClockSteps covers CASES "clock steps of ±5 min".
func TestLimiterSurvivesClockSteps(t *testing.T) {
	l, addr := newLimiter(noon), netip.MustParseAddr("192.0.2.1")
	for range maxPair {
		l.fail("robot", addr, noon)
	}
	back := noon.Add(-5 * time.Minute)
	if wait := l.wait("robot", addr, back); wait != 0 {
		t.Errorf("after a step back it waits %s", wait)
	}
	for range maxPair {
		l.fail("robot", addr, back)
	}
	if wait := l.wait("robot", addr, back); wait != window {
		t.Errorf("it counts no more: %s", wait)
	}
	if wait := l.wait("robot", addr, noon); wait != 0 {
		t.Errorf("after a step forward it waits %s", wait)
	}
}

func TestLimiterIsSafeForManyAtOnce(t *testing.T) {
	l := newLimiter(noon)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			addr := netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
			for range 200 {
				l.wait("robot", addr, noon)
				l.fail("robot", addr, noon)
			}
			if l.wait("robot", addr, noon) == 0 {
				t.Error("200 failures and no limit")
			}
		})
	}
	wg.Wait()
}

// BenchmarkLimiter shows what a successful request pays: nothing while nobody is refused.
func BenchmarkLimiter(b *testing.B) {
	addr := netip.MustParseAddr("192.0.2.1")
	for _, busy := range []bool{false, true} {
		b.Run(map[bool]string{false: "nobody_refused", true: "somebody_refused"}[busy], func(b *testing.B) {
			l := newLimiter(noon)
			for range maxPair {
				if busy {
					l.fail("other", addr, noon)
				}
			}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					l.wait("robot", addr, noon)
				}
			})
		})
	}
}
