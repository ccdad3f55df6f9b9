package call

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/dustin/go-humanize"

	"ferry/model"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// download is a body on its way to a file. It is written by the command that receives
// it and read by the view, hence atomic.
type download struct {
	file  *os.File
	bytes atomic.Int64
	total int64 // 0 when the other system does not say
}

// Write implements io.Writer.
func (d *download) Write(p []byte) (int, error) {
	n, err := d.file.Write(p)
	d.bytes.Add(int64(n))
	return n, err
}

// streamed is what a request came to whose body went to a file.
type streamed struct {
	path   string
	answer *answer // of a status that is no success: its body is to be read
	size   int64
}

// whole is chosen in the menu of a body that is longer than what is kept.
type whole bool

// askSave asks what of a long body is to be saved.
func (c *Call) askSave() tea.Cmd {
	if c.env.Restricted || c.answer == nil || !c.answer.resp.Truncated {
		return c.askPath()
	}
	c.asking = askWhole
	return screen.Send(screen.Open{Overlay: widget.NewMenu(c.env.Styles, "There was more than is kept here", []widget.MenuItem{
		{Key: "a", Label: "Make the call again, and write all of it to a file …", Value: whole(true)},
		{Key: "b", Label: "Save its beginning, the first " + strconv.Itoa(model.MaxShownBody>>20) + " MiB …", Value: whole(false)},
	})})
}

// again makes the call once more into a file. What may change data is asked about first.
func (c *Call) again(path string) tea.Cmd {
	c.path, c.confirm = strings.TrimSpace(path), ""
	switch r := c.sent; {
	case r.Safe():
		return c.stream(false)
	case c.guarded(r):
		c.asking = askAgain
		return c.askTheName(r)
	default:
		c.asking = askAgain
		return screen.Send(screen.Open{Overlay: widget.NewConfirm(c.env.Styles, widget.ConfirmOptions{
			Title: "Make the " + r.Method + " again?", Body: []string{"It may change data a second time: " + model.Printable(r.Path)}, Yes: "Make it again", Danger: true,
		})})
	}
}

func (c *Call) stream(overwrite bool) tea.Cmd {
	hub, space, id, styles := c.env.Hub, c.env.Hub.Space, c.target, *c.env.Styles
	r, path, confirm := c.sent, c.path, c.confirm
	d := &download{}
	if c.answer != nil && header(c.answer.resp.Headers, "Content-Encoding") == "" {
		d.total, _ = strconv.ParseInt(header(c.answer.resp.Headers, "Content-Length"), 10, 64)
	}
	c.down, c.began, c.failed = d, hub.Now(), nil
	return screen.Start(c.env.Ctx, c.id, &c.call, func(ctx context.Context) (streamed, error) {
		client, err := hub.Clients.Get(ctx, space, id)
		if err != nil {
			return streamed{}, err
		}
		out := streamed{path: path}
		err = intoFile(path, overwrite, d, func() (bool, error) {
			r.Sink = d
			resp, err := hub.Calls.Do(ctx, space, &client, r, confirm)
			if err == nil && resp.Status/100 != 2 {
				out.answer = prepare(&styles, resp)
			}
			out.size = d.bytes.Load()
			return err == nil && out.answer == nil, err
		})
		return out, err
	})
}

// intoFile gives receive a file to fill, readable by this person alone. It has its name
// when all of it is there, and is gone when that did not work.
func intoFile(path string, overwrite bool, d *download, receive func() (keep bool, err error)) error {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			path = filepath.Join(home, rest)
		}
	}
	switch info, err := os.Lstat(path); {
	case err == nil && !info.Mode().IsRegular():
		return model.Errorf(model.EInvalid, "%s is not a plain file", model.Printable(path))
	case err == nil && !overwrite:
		return model.Errorf(model.EExists, "%s exists already", model.Printable(path))
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return model.Errorf(model.EPermission, "%s may not be written", model.Printable(path)).WithCause(err)
	}
	defer os.Remove(f.Name()) // gone already when all went well
	d.file = f
	keep, err := receive()
	closed := errors.Join(f.Sync(), f.Close())
	switch {
	case err != nil || !keep:
		return err
	case closed != nil:
		return model.Errorf(model.EInternal, "%s cannot be written", model.Printable(path)).WithCause(closed)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return model.Errorf(model.EInternal, "%s cannot be written", model.Printable(path)).WithCause(err)
	}
	return nil
}

func (c *Call) streamDone(r screen.Reply[streamed]) tea.Cmd {
	if !screen.Accept(&c.call, r) {
		return nil
	}
	c.down = nil
	defer c.arrange()
	switch {
	case model.CodeOf(r.Err) == model.EExists:
		c.asking = askStreamOver
		return c.askOverwrite(c.path)
	case r.Err != nil:
		c.failed = model.AsError(r.Err)
		return nil
	case r.Value.answer != nil:
		c.answer, c.view = r.Value.answer, viewBody
		return screen.Send(screen.Notice{Level: screen.Warning, Text: "the answer is no success this time, so no file was written"})
	}
	return screen.Send(screen.Notice{
		Level: screen.Success, Text: "Saved all " + humanize.Comma(r.Value.size) + " bytes to " + r.Value.path + ", readable by you alone",
	})
}

// line says how far a download is.
func (d *download) line(c *Call, since time.Duration) string {
	st, got := c.env.Styles, d.bytes.Load()
	text := humanize.Bytes(uint64(max(got, 0)))
	if d.total >= got && d.total > 0 {
		const cells = 20
		full := int(cells * got / d.total)
		text += " of " + humanize.Bytes(uint64(d.total)) + "  " + strings.Repeat("█", full) + strings.Repeat("░", cells-full) + " " + strconv.Itoa(int(100*got/d.total)) + "%"
	}
	if since >= time.Second {
		text += "  " + humanize.Bytes(uint64(float64(got)/since.Seconds())) + "/s"
	}
	return " " + st.Info.Render("… "+text) + st.Muted.Render("  esc cancels")
}
