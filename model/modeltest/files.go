package modeltest

import (
	"io"
	"maps"
	"path"
	"slices"
	"sync"

	"ferry/model"
)

// Home is the directory in which relative names of Files lie.
const Home = "/home/alice"

// Files is a model.Files in memory. The zero Files is empty.
type Files struct {
	mu    sync.Mutex
	whole map[string]*content
	parts map[string]*content
	fault error
}

type content struct {
	data []byte
	held bool // a part is open
}

// Put makes a file, or replaces it.
func (f *Files) Put(name, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.in(&f.whole, resolved(name)).data = []byte(text)
}

// Text returns what is in a file; false when there is none.
func (f *Files) Text(name string) (string, bool) { return f.text(&f.whole, name) }

// PartText returns what is in the unfinished file beside name.
func (f *Files) PartText(name string) (string, bool) { return f.text(&f.parts, name) }

func (f *Files) text(of *map[string]*content, name string) (string, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := (*of)[resolved(name)]
	if c == nil {
		return "", false
	}
	return string(c.data), true
}

// Names are the names of the whole files, sorted.
func (f *Files) Names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.whole))
}

// Fail makes every later write, and opening for writing, fail with err; nil ends that.
func (f *Files) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = err
}

// in returns the content of name, and makes it when it is not there.
func (f *Files) in(of *map[string]*content, name string) *content {
	if *of == nil {
		*of = map[string]*content{}
	}
	c := (*of)[name]
	if c == nil {
		c = &content{}
		(*of)[name] = c
	}
	return c
}

func resolved(name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(Home, name)
}

// Resolve implements model.Files.
func (f *Files) Resolve(name string) (string, error) {
	if name == "" {
		return "", model.Errorf(model.EInvalid, "a file is needed").WithField("file")
	}
	return resolved(name), nil
}

// Open implements model.Files.
func (f *Files) Open(name string) (model.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.whole[name]
	if c == nil {
		return nil, noFile(name)
	}
	return &file{in: f, c: c}, nil
}

func noFile(name string) error {
	return model.Errorf(model.ENotFound, "there is no file %s", name).WithField("file").WithNext("look at the name")
}

// Part implements model.Files.
func (f *Files) Part(name string) (model.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fault != nil {
		return nil, f.fault
	}
	c := f.in(&f.parts, name)
	if c.held {
		return nil, model.Errorf(model.EBusy, "another process writes %s", name).WithNext("wait for it to end")
	}
	c.held = true
	return &file{in: f, c: c, part: true}, nil
}

// Finish implements model.Files.
func (f *Files) Finish(name string, replace bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.parts[name]
	switch {
	case c == nil:
		return noFile(name)
	case f.whole[name] != nil && !replace:
		return model.Errorf(model.EExists, "%s is there already", name).WithField("file").WithNext("replace it with --yes")
	}
	delete(f.parts, name)
	f.in(&f.whole, name).data = c.data
	return nil
}

// Discard implements model.Files.
func (f *Files) Discard(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.parts, name)
	return nil
}

// Append implements model.Files.
func (f *Files) Append(name string) (model.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fault != nil {
		return nil, f.fault
	}
	c := f.in(&f.whole, name)
	return &file{in: f, c: c, at: int64(len(c.data))}, nil
}

// Exists implements model.Files.
func (f *Files) Exists(name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.whole[name] != nil
}

// file is a model.File.
type file struct {
	in   *Files
	c    *content
	at   int64
	part bool
}

func (f *file) Read(p []byte) (int, error) {
	f.in.mu.Lock()
	defer f.in.mu.Unlock()
	if f.at >= int64(len(f.c.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.c.data[f.at:])
	f.at += int64(n)
	return n, nil
}

func (f *file) Write(p []byte) (int, error) {
	f.in.mu.Lock()
	defer f.in.mu.Unlock()
	if f.in.fault != nil {
		return 0, f.in.fault
	}
	if gap := f.at - int64(len(f.c.data)); gap > 0 {
		f.c.data = append(f.c.data, make([]byte, gap)...)
	}
	n := copy(f.c.data[f.at:], p)
	f.c.data = append(f.c.data, p[n:]...)
	f.at += int64(len(p))
	return len(p), nil
}

func (f *file) Seek(offset int64, whence int) (int64, error) {
	f.in.mu.Lock()
	defer f.in.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += int64(len(f.c.data))
	}
	f.at = max(offset, 0)
	return f.at, nil
}

func (f *file) Truncate(size int64) error {
	f.in.mu.Lock()
	defer f.in.mu.Unlock()
	if grow := size - int64(len(f.c.data)); grow > 0 {
		f.c.data = append(f.c.data, make([]byte, grow)...)
	}
	f.c.data = f.c.data[:size]
	return f.in.fault
}

func (f *file) Sync() error {
	f.in.mu.Lock()
	defer f.in.mu.Unlock()
	return f.in.fault
}

func (f *file) Size() (int64, error) {
	f.in.mu.Lock()
	defer f.in.mu.Unlock()
	return int64(len(f.c.data)), nil
}

func (f *file) Close() error {
	f.in.mu.Lock()
	defer f.in.mu.Unlock()
	if f.part {
		f.c.held, f.part = false, false
	}
	return nil
}
