package gateway

import "strconv"

// units are what a size is written in, the largest first: one of 1024 before its neighbour of 1000.
var units = []struct {
	bytes int64
	name  string
}{{1 << 30, "GiB"}, {1e9, "GB"}, {1 << 20, "MiB"}, {1e6, "MB"}, {1 << 10, "KiB"}, {1e3, "kB"}, {1, "B"}}

// SizeText is a number of bytes as a person types it, exactly: 64 MiB, 10 MB, 1501 B; "" for 0.
func SizeText(n int64) string {
	if n == 0 {
		return ""
	}
	for _, u := range units {
		if n%u.bytes == 0 {
			return strconv.FormatInt(n/u.bytes, 10) + " " + u.name
		}
	}
	return "" // every size is a number of bytes
}
