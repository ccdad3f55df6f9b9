package command

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/clients"
)

// applyHeaders adds, replaces and removes headers of a draft.
func (f *clientFlags) applyHeaders(ctx context.Context, a *app, cmd *cobra.Command, d *clients.Draft) error {
	for _, name := range f.removed {
		if !removeHeader(d, name) {
			return model.Errorf(model.ENotFound, "there is no header %s", model.Printable(name)).WithField("headers")
		}
	}
	given := map[string]bool{}
	put := func(h clients.HeaderDraft) error {
		key := strings.ToLower(h.Name)
		if given[key] {
			return usagef(cmd, "the header %s is given twice", model.Printable(h.Name)).WithField("headers")
		}
		given[key] = true
		putHeader(d, h)
		return nil
	}
	for _, text := range f.headers {
		p, err := plainHeader(cmd, text, "--secret-header-file %s=FILE")
		if err != nil {
			return err
		}
		if err := put(clients.HeaderDraft{Name: p.Name, Value: clients.Set(p.Value)}); err != nil {
			return err
		}
	}
	for _, text := range f.secretHeaders {
		name, file, ok := strings.Cut(text, "=")
		if !ok || name == "" || file == "" {
			return usagef(cmd, "--secret-header-file is NAME=FILE").WithField("headers")
		}
		value, err := a.readSecret(ctx, file, "secret-header-file", "Value of "+model.Printable(name))
		if err != nil {
			return err
		}
		if err := put(clients.HeaderDraft{Name: name, Secret: true, Value: clients.SecretEdit{Value: value}}); err != nil {
			return err
		}
	}
	return nil
}

// plainHeader parses 'Name: value' from argv. A name that is secret by default is
// refused: argv can be read by everybody on the host, and shells remember it.
func plainHeader(cmd *cobra.Command, text, next string) (model.Param, error) {
	name, value, ok := strings.Cut(text, ":")
	name, value = strings.TrimSpace(name), strings.Trim(value, " \t")
	if clients.SecretByName(name) {
		return model.Param{}, model.Errorf(model.EUsage, "the value of %s is a secret and does not belong on the command line", model.Printable(name)).
			WithField("headers").WithNext("put it into a file: "+next, model.Printable(name))
	}
	if !ok || name == "" {
		return model.Param{}, usagef(cmd, "a header is written 'Name: value'").WithField("headers")
	}
	return model.Param{Name: name, Value: value}, nil
}

func putHeader(d *clients.Draft, h clients.HeaderDraft) {
	for i := range d.Headers {
		if strings.EqualFold(d.Headers[i].Name, h.Name) {
			d.Headers[i] = h
			return
		}
	}
	d.Headers = append(d.Headers, h)
}

func removeHeader(d *clients.Draft, name string) bool {
	for i := range d.Headers {
		if strings.EqualFold(d.Headers[i].Name, name) {
			d.Headers = append(d.Headers[:i:i], d.Headers[i+1:]...)
			return true
		}
	}
	return false
}
