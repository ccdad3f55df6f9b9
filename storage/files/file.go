package files

import (
	"io/fs"
	"os"

	"ferry/model"
)

// file is an open file whose errors name it and say what to do.
type file struct {
	*os.File

	name  string // as Resolve made it
	close func() // what else ends with it; may be nil
}

// Read implements io.Reader.
func (f *file) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	return n, explain(err, f.name)
}

// Write implements io.Writer. ENoSpace when the disk is full.
func (f *file) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, explain(err, f.name)
}

// Truncate implements model.File. The next Write goes where the last one ended, as of any
// file: seek first.
func (f *file) Truncate(size int64) error { return explain(f.File.Truncate(size), f.name) }

// Sync implements model.File.
func (f *file) Sync() error { return explain(f.File.Sync(), f.name) }

// Size implements model.File.
func (f *file) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, explain(err, f.name)
	}
	return info.Size(), nil
}

// Close implements io.Closer. It may be called twice.
func (f *file) Close() error {
	if f.close != nil {
		f.close()
	}
	err := f.File.Close()
	if isClosed(err) {
		return nil
	}
	return explain(err, f.name)
}

// regular refuses what is no regular file.
func regular(opened *os.File, name string) error {
	info, err := opened.Stat()
	if err != nil {
		return explain(err, name)
	}
	if info.Mode().IsRegular() {
		return nil
	}
	return notRegular(name, info.Mode())
}

func notRegular(name string, mode fs.FileMode) error {
	what, next := "no regular file", "give the name of a file, or - for the standard input or output"
	switch {
	case mode.IsDir():
		what, next = "a directory", "add the name of a file"
	case mode&fs.ModeSymlink != 0:
		what, next = "a symbolic link", "name the file itself"
	case mode&fs.ModeNamedPipe != 0:
		what, next = "a pipe", "use - instead, and connect the pipe to the standard input or output"
	}
	return model.Errorf(model.EInvalid, "%s is %s", model.Printable(name), what).WithField("file").WithNext("%s", next)
}
