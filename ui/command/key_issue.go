package command

import (
	"context"
	"fmt"
	"io"
	"os"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/keys"
)

// issue is the one way of a new key from the rules to whoever asked for it: alone on
// stdout, or in a file for its owner only. A key that did not get there has been seen by
// nobody, and is revoked again.
type issue struct {
	a    *app
	h    *hub.Hub
	save string // a file, "" for stdout
	// after is what is to be said beside the new key, and what its JSON document adds.
	after func(issued *keys.Issued) (notes []string, document any)
}

// run makes a key and hands it over. The key's file is made first: where it cannot be,
// there is to be no key.
func (i *issue) run(ctx context.Context, user string, generate func(confirm string) (keys.Issued, error)) error {
	to, err := i.target()
	if err != nil {
		return err
	}
	defer to.discard()
	var issued keys.Issued
	var confirmed string
	err = i.a.confirmed(ctx, user, "", func(confirm string) (err error) {
		confirmed = confirm
		issued, err = generate(confirm)
		return err
	})
	if err != nil {
		return err
	}
	notes, document := i.after(&issued)
	if err := i.hand(to, &issued, document); err != nil {
		return i.takeBack(ctx, &issued, confirmed, err)
	}
	if !i.a.json() {
		for _, n := range notes {
			i.a.note("key", n)
		}
	}
	return nil
}

// target opens the file that the key goes to; without one it is nil.
func (i *issue) target() (*keyFile, error) {
	if i.save == "" {
		return nil, nil
	}
	if i.save == "-" {
		return nil, model.Errorf(model.EUsage, "--save names a file").WithField("save").
			WithNext("leave it out: the key goes to stdout by itself")
	}
	files := i.a.files()
	f, err := files.open(i.save, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fileError(err, i.save, "save")
	}
	return &keyFile{files: files, name: i.save, file: f}, nil
}

// hand writes the key, and everything else to stdout.
func (i *issue) hand(to *keyFile, issued *keys.Issued, document any) error {
	if to != nil {
		if err := to.commit(issued.Text); err != nil {
			return err
		}
		if i.a.json() {
			writeJSON(i.a.out, document)
		}
		return nil
	}
	if i.a.json() {
		writeJSON(i.a.out, document)
	} else {
		_, _ = io.WriteString(i.a.out, issued.Text.Reveal()+"\n")
	}
	return i.a.out.err
}

// takeBack revokes a key that could not be handed over, also when the person has given up
// meanwhile, and says so.
func (i *issue) takeBack(ctx context.Context, issued *keys.Issued, confirm string, cause error) error {
	i.a.out.err = nil // it is told here
	_, err := i.h.Keys.Revoke(context.WithoutCancel(ctx), i.h.Space, issued.Key.ID, 0, confirm)
	e := model.Errorf(model.EInternal, "the new key could not be written, so it was revoked again").
		WithNext("see that the output can be written, and run it again").WithCause(cause)
	if err != nil {
		e.Message = "the new key could not be written, and could not be revoked again"
		e = e.WithNext("ferry key revoke %s", issued.Key.ID)
	}
	if issued.Key.Replaces != "" {
		e.Message += fmt.Sprintf("; the old key %s keeps to the overlap that was asked for", issued.Key.Replaces)
	}
	return e
}

// keyFile is a file for one key. It never overwrites, and is gone when no key came.
type keyFile struct {
	files files
	name  string
	file  *os.File
}

func (k *keyFile) commit(text model.Secret) error {
	_, err := io.WriteString(k.file, text.Reveal()+"\n")
	if err == nil {
		err = k.file.Sync()
	}
	if closing := k.file.Close(); err == nil {
		err = closing
	}
	k.file = nil
	if err != nil {
		_ = k.files.remove(k.name)
	}
	return err
}

func (k *keyFile) discard() {
	if k == nil || k.file == nil {
		return
	}
	_ = k.file.Close()
	_ = k.files.remove(k.name)
}
