package form

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/screen"
)

const maxFile = 1 << 20 // bytes

// file is what was read of a file that a field names.
type file struct {
	path, text string
	err        error
}

// files are the files named in fields, by field.
type files map[string]file

// paths returns which file each field names that names one.
func (f *Form) paths() map[string]string {
	out := map[string]string{}
	if f.Env.Restricted {
		return out
	}
	add := func(field, path string) {
		if path != "" {
			out[field] = path
		}
	}
	if f.in.ca == caFile {
		add("ca", f.in.caPath.Text())
	}
	for field, p := range f.pems() {
		add(field, p.path())
	}
	return out
}

// pems are the fields of PEM that now are in the form.
func (f *Form) pems() map[string]*pemInput {
	out := map[string]*pemInput{"cert": f.in.cert, "cert_key": f.in.tlsKey}
	if f.in.oauth && f.in.send == model.SendKey {
		out["key"] = f.in.key
	}
	return out
}

// pending reports whether a problem is only that a file was not read yet; saving reads it
// on the way, and checks again.
func (f *Form) pending(field string) bool {
	for at, p := range f.pems() {
		if p.pending() && !f.Env.Restricted && (at == field || at == "cert_key" && field == "cert" || at == "cert" && field == "cert_key") {
			return true
		}
	}
	return false
}

// readNamed reads the files that are named, so that the check can look at them.
func (f *Form) readNamed() tea.Cmd {
	paths := f.paths()
	if len(paths) == 0 {
		return nil
	}
	return screen.Start(f.Env.Ctx, f.ID(), &f.readFiles, func(context.Context) (files, error) {
		out := files{}
		for field, path := range paths {
			text, err := readFile(path)
			out[field] = file{path, text, err}
		}
		return out, nil
	})
}

// filesRead takes what was read, unless another file is named by now.
func (f *Form) filesRead(r screen.Reply[files]) {
	if !screen.Accept(&f.readFiles, r) {
		return
	}
	paths, pems := f.paths(), f.pems()
	for field, got := range r.Value {
		p := pems[field]
		switch {
		case paths[field] != got.path:
		case got.err != nil:
			f.Say(field, model.AsError(got.err).Message)
		case field == "ca":
			f.in.caPEM = got.text
		case p != nil:
			p.tookFile(got.path, got.text)
		}
	}
	f.Recheck()
}

// withFiles puts what the files at paths hold into d.
func withFiles(d *clients.Draft, paths map[string]string) error {
	for field, path := range paths {
		text, err := readFile(path)
		if err != nil {
			return model.AsError(err).WithField(field)
		}
		switch field {
		case "ca":
			d.TLS.CAPEM = text
		case "cert":
			d.TLS.CertPEM = text
		case "cert_key":
			d.TLSKey = clients.Set(text)
		case "key":
			d.Key = clients.Set(text)
		}
	}
	return nil
}

// readFile reads a small regular file. EInvalid with the reason, which holds nothing of
// the file.
func readFile(path string) (string, error) {
	fail := func(err error) error {
		var pe *os.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return model.Errorf(model.EInvalid, "the file cannot be read: %s", model.Printable(err.Error()))
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", fail(err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return "", fail(errors.New("not a file of at most 1 MiB"))
	}
	opened, err := os.Open(path)
	if err != nil {
		return "", fail(err)
	}
	defer opened.Close()
	var b strings.Builder
	if _, err := io.Copy(&b, io.LimitReader(opened, maxFile)); err != nil {
		return "", fail(err)
	}
	return b.String(), nil
}
