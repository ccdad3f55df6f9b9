package command

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/clients"
)

// headerFlags are the flags that edit one list of headers of a draft.
type headerFlags struct {
	plain, secret, removed []string
	field                  string // of the list
	secretFlag             string // the flag that secret came from
}

func headersGiven(plain, secret, removed []string) headerFlags {
	return headerFlags{plain, secret, removed, "headers", "secret-header-file"}
}

func tokenHeadersGiven(plain, secret, removed []string) headerFlags {
	return headerFlags{plain, secret, removed, "token_headers", "secret-token-header-file"}
}

// apply adds, replaces and removes headers of a list.
func (f headerFlags) apply(ctx context.Context, a *app, cmd *cobra.Command, list *[]clients.HeaderDraft) error {
	for _, name := range f.removed {
		if !removeHeader(list, name) {
			return model.Errorf(model.ENotFound, "there is no header %s", model.Printable(name)).WithField(f.field)
		}
	}
	given := map[string]bool{}
	put := func(h clients.HeaderDraft) error {
		key := strings.ToLower(h.Name)
		if given[key] {
			return usagef(cmd, "the header %s is given twice", model.Printable(h.Name)).WithField(f.field)
		}
		given[key] = true
		putHeader(list, h)
		return nil
	}
	for _, text := range f.plain {
		p, err := plainHeader(cmd, text, "--"+f.secretFlag+" %s=FILE")
		if err != nil {
			return model.AsError(err).WithField(f.field)
		}
		if err := put(clients.HeaderDraft{Name: p.Name, Value: clients.Set(p.Value)}); err != nil {
			return err
		}
	}
	for _, text := range f.secret {
		name, file, ok := strings.Cut(text, "=")
		if !ok || name == "" || file == "" {
			return usagef(cmd, "--%s is NAME=FILE", f.secretFlag).WithField(f.field)
		}
		value, err := a.readSecret(ctx, file, f.secretFlag, "Value of "+model.Printable(name))
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

func putHeader(list *[]clients.HeaderDraft, h clients.HeaderDraft) {
	if i := indexHeader(*list, h.Name); i >= 0 {
		(*list)[i] = h
		return
	}
	*list = append(*list, h)
}

func removeHeader(list *[]clients.HeaderDraft, name string) bool {
	i := indexHeader(*list, name)
	if i >= 0 {
		*list = slices.Delete(*list, i, i+1)
	}
	return i >= 0
}

func indexHeader(list []clients.HeaderDraft, name string) int {
	return slices.IndexFunc(list, func(h clients.HeaderDraft) bool { return strings.EqualFold(h.Name, name) })
}
