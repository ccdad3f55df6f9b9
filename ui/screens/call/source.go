package call

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/dustin/go-humanize"

	"ferry/model"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

const (
	maxTyped = 256 << 10 // bytes of a body that the editor of the screen takes
	maxFile  = 64 << 20  // bytes of a body that is sent from a file
)

// body is what a file or the editor gave.
type body struct {
	data []byte
	name string // of the file, "" from the editor
}

// setBody shows a body to be edited. One that is no text, or long, stays as it is, and
// typing replaces it.
func (c *Call) setBody(data []byte, name string) {
	c.req.raw, c.req.asForm, c.req.form = nil, false, nil
	c.req.body.Placeholder = "(no body)"
	if len(data) <= maxTyped && utf8.Valid(data) && !strings.ContainsRune(string(data), '\r') {
		c.req.body.Set(string(data))
		return
	}
	if name == "" {
		name = "as it was sent"
	}
	c.req.raw = data
	c.req.body.Set("")
	c.req.body.Placeholder = "(" + model.Printable(name) + ", " + humanize.Bytes(uint64(len(data))) + "; typing replaces it)"
}

// askBody asks for the file that the body is taken from.
func (c *Call) askBody() tea.Cmd {
	c.asking = askBodyFile
	return screen.Send(screen.Open{Overlay: widget.NewPrompt(c.env.Styles, widget.PromptOptions{
		Title: "Take the body from a file", Label: "File", Check: func(s string) string {
			if strings.TrimSpace(s) == "" {
				return "a file name is needed"
			}
			return ""
		},
	})})
}

func (c *Call) readBody(path string) tea.Cmd {
	return screen.Start(c.env.Ctx, c.id, &c.source, func(context.Context) (body, error) {
		path := strings.TrimSpace(path)
		if rest, ok := strings.CutPrefix(path, "~/"); ok {
			if home, err := os.UserHomeDir(); err == nil {
				path = filepath.Join(home, rest)
			}
		}
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return body{}, model.Errorf(model.ENotFound, "there is no file %s", model.Printable(path))
		case err != nil:
			return body{}, model.Errorf(model.EPermission, "%s cannot be read", model.Printable(path)).WithCause(err)
		case !info.Mode().IsRegular():
			return body{}, model.Errorf(model.EInvalid, "%s is not a plain file", model.Printable(path))
		}
		f, err := os.Open(path)
		if err != nil {
			return body{}, model.Errorf(model.EPermission, "%s cannot be read", model.Printable(path)).WithCause(err)
		}
		defer f.Close()
		data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
		switch {
		case err != nil:
			return body{}, model.Errorf(model.EInternal, "%s cannot be read", model.Printable(path)).WithCause(err)
		case len(data) > maxFile:
			return body{}, model.Errorf(model.EInvalid, "%s is larger than %d MiB", model.Printable(path), maxFile>>20)
		}
		return body{data, filepath.Base(path)}, nil
	})
}

func (c *Call) bodyDone(r screen.Reply[body]) tea.Cmd {
	if !screen.Accept(&c.source, r) {
		return nil
	}
	if r.Err != nil {
		return screen.Send(screen.Failed(r.Err))
	}
	c.setBody(r.Value.data, r.Value.name)
	c.focus = "body"
	c.arrange()
	return nil
}

// editing is a file that the person's editor is to be started on.
type editing struct{ path string }

// edited is what the editor left.
type edited struct {
	to   screen.ID
	data []byte
	err  error
}

// Addressee implements screen.Addressed.
func (m edited) Addressee() screen.ID { return m.to }

// edit hands the body to the person's editor, in a file that nobody else can read.
func (c *Call) edit() tea.Cmd {
	text := c.req.body.Value()
	return screen.Start(c.env.Ctx, c.id, &c.editor, func(context.Context) (editing, error) {
		dir, err := os.MkdirTemp(os.Getenv("XDG_RUNTIME_DIR"), "ferry-body-")
		if err != nil {
			return editing{}, model.Errorf(model.EInternal, "no file can be made for the editor").WithCause(err)
		}
		path := filepath.Join(dir, "body")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			_ = os.RemoveAll(dir)
			return editing{}, model.Errorf(model.EInternal, "no file can be made for the editor").WithCause(err)
		}
		return editing{path}, nil
	})
}

func (c *Call) editReady(r screen.Reply[editing]) tea.Cmd {
	if !screen.Accept(&c.editor, r) {
		if r.Value.path != "" {
			_ = os.RemoveAll(filepath.Dir(r.Value.path))
		}
		return nil
	}
	if r.Err != nil {
		return screen.Send(screen.Failed(r.Err))
	}
	to, path := c.id, r.Value.path
	return tea.ExecProcess(editorFor(path), func(err error) tea.Msg { return collect(to, path, err) })
}

// editorFor is the person's editor on a file: $VISUAL, $EDITOR, else vi. It may have
// arguments; no shell sees it.
func editorFor(path string) *exec.Cmd {
	words := strings.Fields(os.Getenv("VISUAL"))
	if len(words) == 0 {
		words = strings.Fields(os.Getenv("EDITOR"))
	}
	if len(words) == 0 {
		words = []string{"vi"}
	}
	cmd := exec.Command(words[0], append(words[1:], path)...) //nolint:gosec,noctx // the person's own environment names it; it ends when the person leaves it
	// The terminal itself: what the console reads from is wrapped, and the end of a process
	// that was given it would wait for one key more.
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd
}

// collect reads what the editor left, and takes the file away. The line end that editors
// put behind the last line is theirs.
func collect(to screen.ID, path string, failed error) tea.Msg {
	defer os.RemoveAll(filepath.Dir(path))
	if failed != nil {
		return edited{to: to, err: model.Errorf(model.EInternal, "the editor ended with an error: %s", model.Printable(failed.Error())).
			WithNext("the body is as it was; $EDITOR names the editor")}
	}
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxFile {
		return edited{to: to, err: model.Errorf(model.EInvalid, "the body is larger than %d MiB", maxFile>>20)}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return edited{to: to, err: model.Errorf(model.EInternal, "what was edited cannot be read").WithCause(err)}
	}
	return edited{to: to, data: []byte(strings.TrimSuffix(string(data), "\n"))}
}

func (c *Call) editDone(m edited) tea.Cmd {
	if m.err != nil {
		return screen.Send(screen.Failed(m.err))
	}
	c.setBody(m.data, "from the editor")
	c.focus, c.reading = "body", false
	c.arrange()
	return nil
}
