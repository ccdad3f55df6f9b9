package seal

import (
	"bytes"
	"io"

	"ferry/model"
)

// maxSecret is how long a secret may not be: nobody has such a secret, and a wrong
// file is easily named.
const maxSecret = 1 << 20 // bytes

// ReadSecret reads one secret from a file or a descriptor. One newline at its end
// (with a carriage return, when there is one) is not part of it. EInvalid when it is
// empty, holds a NUL, or is 1 MiB or more; source stands in messages.
func ReadSecret(r io.Reader, source string) (model.Secret, error) {
	source = model.Printable(source)
	b, err := io.ReadAll(io.LimitReader(r, maxSecret))
	if err != nil {
		return model.Secret{}, model.Errorf(model.EInvalid, "%s cannot be read", source).
			WithNext("check that it is open for reading").WithCause(err)
	}
	if len(b) >= maxSecret {
		return model.Secret{}, model.Errorf(model.EInvalid, "%s is too long to be a secret", source).
			WithNext("give less than 1 MiB")
	}
	if rest, ok := bytes.CutSuffix(b, []byte("\n")); ok {
		b = bytes.TrimSuffix(rest, []byte("\r"))
	}
	switch {
	case len(b) == 0:
		return model.Secret{}, model.Errorf(model.EInvalid, "%s holds no secret", source).
			WithNext("write the secret into it, on one line")
	case bytes.IndexByte(b, 0) >= 0:
		return model.Secret{}, model.Errorf(model.EInvalid, "%s holds a NUL byte, which no secret has", source).
			WithNext("check that it is the right file, saved as plain text")
	}
	return model.NewSecret(string(b)), nil
}
