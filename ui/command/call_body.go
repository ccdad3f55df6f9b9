package command

import (
	"bytes"
	"io"
	"net/url"
	"os"
	"strings"

	"ferry/model"
)

// maxReplay is how many bytes of a body are read before the call is made, so that it can
// be made again when the token is refused. A longer one is sent as it comes, once.
const maxReplay = 8 << 20

// requestBody is the body as it is sent: the text or file of -d, or the form of -F. A long
// file or pipe is a stream instead.
func (a *app) requestBody(f *callFlags) ([]byte, io.Reader, error) {
	if len(f.form) > 0 {
		form, err := a.formBody(f.form)
		return form, nil, err
	}
	name, ok := strings.CutPrefix(f.data, "@")
	if !ok {
		return []byte(f.data), nil, nil
	}
	from, err := a.bodyFile(name)
	if err != nil {
		return nil, nil, err
	}
	begun, err := io.ReadAll(io.LimitReader(from, maxReplay+1))
	if err != nil {
		return nil, nil, fileError(err, name, "data")
	}
	if len(begun) <= maxReplay {
		return begun, nil, nil
	}
	return nil, io.MultiReader(bytes.NewReader(begun), from), nil
}

// bodyFile opens what -d names. The file stays open until ferry ends, which is when the
// call has been made.
func (a *app) bodyFile(name string) (io.Reader, error) {
	if name != "-" {
		f, err := a.files().open(name, os.O_RDONLY, 0)
		if err != nil {
			return nil, fileError(err, name, "data")
		}
		return f, nil
	}
	if err := a.takeStdin("data"); err != nil {
		return nil, err
	}
	return a.env.Stdin, nil
}

func (a *app) formBody(fields []string) ([]byte, error) {
	var form []string
	for _, p := range pairs(fields) {
		if name, ok := strings.CutPrefix(p.Value, "@"); ok {
			text, err := a.readFile(name, "form", maxBodyFile)
			if err != nil {
				return nil, err
			}
			p.Value = strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
		}
		form = append(form, url.QueryEscape(p.Name)+"="+url.QueryEscape(p.Value))
	}
	return []byte(strings.Join(form, "&")), nil
}

// noteInsecure says with a word what must never be silent.
func (a *app) noteInsecure(c *model.Client) {
	if c.TLS.Insecure {
		a.note("insecure", "certificates are not checked for "+c.Name+": anybody on the way can read and change whatever is sent")
	}
}
