package command

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/hub"
)

func (a *app) vaultInit() *cobra.Command {
	var identityOut string
	cmd := &cobra.Command{
		Use: "init", Short: "Create the store, sealed for a new identity file or a passphrase", Args: takes(),
		Long: "Create the store, sealed for a new identity file (--identity-out), for an identity there is\n" +
			"already (--identity), or for a passphrase (--passphrase-fd, or typed on a terminal).\n" +
			"Nothing is overwritten. Keep a copy of the key: without it the store cannot be read.",
		Example: "  ferry vault init --identity-out ~/.config/ferry/identity\n  ferry vault init --passphrase-fd 3 3<passphrase.txt",
	}
	cmd.Flags().StringVar(&identityOut, "identity-out", "", "make a new identity and write it to `FILE`, which must not exist")
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error {
		if set := cmd.Flags().Changed; set("identity-out") && (set("identity") || set("passphrase-fd")) {
			return usagef(cmd, "--identity-out makes a new key: leave --identity and --passphrase-fd out").WithField("identity_out")
		}
		door, err := a.env.Door(a.settings())
		if err != nil {
			return err
		}
		// Looked up first, so that no identity is left behind for a store that exists.
		if st, err := door.Status(ctx); err == nil {
			return model.Errorf(model.EExists, "there is a store already: %s", model.Printable(st.Path)).
				WithField("store").WithNext("use it as it is, or name another with --store")
		} else if model.CodeOf(err) != model.ENotFound {
			return err
		}
		key, err := a.newKey(ctx, door, identityOut)
		if err != nil {
			return err
		}
		if err := door.Create(ctx, key); err != nil {
			return keyIsMade(err, identityOut)
		}
		return a.created(ctx, door, key)
	})
	return cmd
}

// keyIsMade adds to an error that the new identity is there already: it is not taken
// away, for it may be the only key to a store that did come about.
func keyIsMade(err error, identityOut string) error {
	if identityOut == "" {
		return err
	}
	e := *model.AsError(err)
	if e.Next != "" {
		e.Next += "; "
	}
	e.Next += "the identity is made, so then: ferry vault init --identity " + clients.ShellQuote(model.Printable(identityOut))
	return &e
}

// newKey returns the key that a new store is sealed for.
func (a *app) newKey(ctx context.Context, door hub.Door, identityOut string) (model.Key, error) {
	switch {
	case identityOut != "":
		return door.NewIdentity(ctx, identityOut)
	case a.g.identity != "" || a.g.passphraseFD >= 0:
		return door.FindKey(ctx)
	case !a.interactive():
		return model.Key{}, model.Errorf(model.EUsage, "a new store needs a key").
			WithNext("give --identity-out FILE for a new key file, or --passphrase-fd N")
	}
	first, err := a.askSecret(ctx, "New passphrase: ")
	if err != nil {
		return model.Key{}, err
	}
	again, err := a.askSecret(ctx, "The same again: ")
	if err != nil {
		return model.Key{}, err
	}
	if !first.Equal(again) {
		return model.Key{}, model.Errorf(model.EInvalid, "the two passphrases differ").WithField("passphrase").
			WithNext("run it again; no store was made")
	}
	return model.Key{Passphrase: first, From: "passphrase"}, nil
}

func (a *app) created(ctx context.Context, door hub.Door, key model.Key) error {
	st, err := door.Status(ctx)
	if err != nil {
		return err
	}
	return a.show(st, func(w io.Writer) {
		fmt.Fprintf(w, "Created %s\n", model.Printable(st.Path))
		if key.Identity.IsSet() {
			fmt.Fprintf(w, "Sealed for the identity in %s\n", model.Printable(key.From))
			fmt.Fprintln(w, "Keep a copy of that file in a safe place: without it the store cannot be read.")
			return
		}
		fmt.Fprintln(w, "Sealed for a passphrase. Without it the store cannot be read.")
	})
}
