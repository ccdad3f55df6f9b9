package command

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"ferry/model"
)

// stdinUser is the flag that stdin was read for: it can be read once.
type stdinUser string

// Limits on what is read from files.
const (
	maxSecretFile = 64 << 10
	maxBodyFile   = 8 << 20 // of one form field
	maxCAFile     = 1 << 20
)

// readFile reads a whole file, or stdin for "-".
func (a *app) readFile(name, flag string, limit int64) ([]byte, error) {
	from := a.env.Stdin
	if name == "-" {
		if err := a.takeStdin(flag); err != nil {
			return nil, err
		}
	} else {
		f, err := a.files().open(name, os.O_RDONLY, 0)
		if err != nil {
			return nil, fileError(err, name, snake(flag))
		}
		defer f.Close()
		from = f
	}
	b, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err != nil {
		return nil, fileError(err, name, snake(flag))
	}
	if int64(len(b)) > limit {
		return nil, model.Errorf(model.EInvalid, "%s is larger than %d KiB", shownName(name), limit>>10).WithField(snake(flag))
	}
	return b, nil
}

// takeStdin notes that a flag reads stdin, which can be read once.
func (a *app) takeStdin(flag string) error {
	if a.g.passphraseFD == 0 {
		a.stdin = "passphrase-fd"
	}
	if a.stdin != "" {
		return model.Errorf(model.EUsage, "--%s and --%s cannot both read stdin", a.stdin, flag).
			WithField(snake(flag)).WithNext("give one of them a file")
	}
	a.stdin = stdinUser(flag)
	return nil
}

// readSecret reads a secret from a file, from stdin ("-"), or, where that is a
// terminal, as typed without echo. One newline at the end does not belong to it.
func (a *app) readSecret(ctx context.Context, name, flag, question string) (model.Secret, error) {
	if name == "-" && a.env.Terminals.In {
		return a.askSecret(ctx, question+": ")
	}
	b, err := a.readFile(name, flag, maxSecretFile)
	if err != nil {
		return model.Secret{}, err
	}
	b = bytes.TrimSuffix(b, []byte("\n"))
	b = bytes.TrimSuffix(b, []byte("\r"))
	problem := ""
	switch {
	case len(b) == 0:
		problem = "is empty"
	case bytes.IndexByte(b, 0) >= 0:
		problem = "holds a NUL byte"
	case !utf8.Valid(b):
		problem = "is not UTF-8 text"
	}
	if problem != "" {
		return model.Secret{}, model.Errorf(model.EInvalid, "the secret in %s %s", shownName(name), problem).
			WithField(snake(flag)).WithNext("write the secret alone into it, on one line")
	}
	return model.NewSecret(string(b)), nil
}

func shownName(name string) string {
	if name == "-" {
		return "stdin"
	}
	return model.Printable(name)
}

func snake(flag string) string {
	return strings.ReplaceAll(strings.TrimSuffix(flag, "-file"), "-", "_")
}
