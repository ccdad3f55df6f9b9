// Package files opens the files of transfers: what is read, the unfinished file of an
// export beside the one it will become, and what is added to.
//
// It imports model only. It never follows a name out of its one directory, where it has
// one, and makes no file that others may read.
package files

import "ferry/model"

// Files implements model.Files.
type Files struct{ dir string }

var _ model.Files = (*Files)(nil)

// New returns files anywhere, or, with dir, below that one directory only, symbolic links
// included; relative names lie in it then, else in the working directory.
func New(dir string) *Files { return &Files{dir: dir} }

var errNotYet = model.Errorf(model.EInternal, "not there yet")

// Resolve implements model.Files.
func (f *Files) Resolve(name string) (string, error) { return name, nil }

// Open implements model.Files.
func (f *Files) Open(name string) (model.File, error) { return nil, errNotYet }

// Part implements model.Files.
func (f *Files) Part(name string) (model.File, error) { return nil, errNotYet }

// Finish implements model.Files.
func (f *Files) Finish(name string, replace bool) error { return errNotYet }

// Discard implements model.Files.
func (f *Files) Discard(name string) error { return errNotYet }

// Append implements model.Files.
func (f *Files) Append(name string) (model.File, error) { return nil, errNotYet }

// Exists implements model.Files.
func (f *Files) Exists(name string) bool { return false }
