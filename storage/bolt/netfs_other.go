//go:build !linux

package bolt

import "golang.org/x/sys/unix"

// networkFS names the network file system dir is on, "" when it is a local disk.
func networkFS(dir string) string {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil || uint64(st.Flags)&unix.MNT_LOCAL != 0 { //nolint:unconvert // 32 or 64 bits
		return ""
	}
	return unix.ByteSliceToString(st.Fstypename[:])
}
