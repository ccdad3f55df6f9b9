package gateway_test

import (
	"testing"

	"ferry/model/gateway"
)

func TestASizeIsWrittenExactly(t *testing.T) {
	for n, want := range map[int64]string{
		0: "", 1: "1 B", 10: "10 B", 1000: "1 kB", 1024: "1 KiB", 1501: "1501 B", 1536: "1536 B", 10_000_000: "10 MB", 64 << 20: "64 MiB",
		64<<20 + 1: "67108865 B", 1_500_000: "1500 kB", 3 << 19: "1536 KiB", 1e9: "1 GB", 2 << 30: "2 GiB",
	} {
		if got := gateway.SizeText(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
