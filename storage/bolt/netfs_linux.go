package bolt

import "golang.org/x/sys/unix"

// Magic numbers of file systems that live on another machine (statfs(2)).
var networkMagic = map[uint32]string{
	0x6969: "NFS", 0x517B: "SMB", 0xFF534D42: "CIFS", 0xFE534D42: "SMB2", 0x00C36400: "Ceph",
	0x5346414F: "AFS", 0x6B414653: "AFS", 0x73757245: "Coda", 0x564C: "NCP", 0x01021997: "9P",
	0x0BD00BD0: "Lustre", 0x47504653: "GPFS", 0x7461636F: "OCFS2", 0x01161970: "GFS2",
}

// networkFS names the network file system dir is on, "" when it is a local disk.
func networkFS(dir string) string {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return ""
	}
	return networkMagic[uint32(st.Type)] //nolint:gosec // the magic has 32 bits
}
