package call

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/calls"
	"ferry/ui/screen"
	"ferry/ui/screens/savefile"
	"ferry/ui/widget"
	"ferry/ui/widget/exchange"
)

// saved is a body that was written to a file.
type saved struct {
	path  string
	bytes int
	part  bool // there was more than was kept
}

// copied is what is chosen from the copy menu.
type copied int

const (
	copyCurl copied = iota + 1
	copyFerry
	copyBody
	copySave
)

// maxClipboard is the most that is sent to a clipboard: terminals drop more.
const maxClipboard = 100 << 10 // bytes

func (c *Call) openCopy() tea.Cmd {
	body := ""
	switch {
	case c.answer == nil || len(c.answer.resp.Body) == 0:
		body = "there is none"
	case c.answer.kind == kindBinary:
		body = "it is binary; s saves it"
	case len(c.answer.resp.Body) > maxClipboard:
		body = "too large for a clipboard; s saves it"
	}
	items := []widget.MenuItem{
		{Key: "c", Label: "curl line, secrets masked", Value: copyCurl},
		{Key: "f", Label: "ferry call line", Value: copyFerry},
		{Key: "b", Label: "Body", Value: copyBody, Disabled: body},
	}
	if !c.env.Restricted {
		items = append(items, widget.MenuItem{Key: "s", Label: "Save the body to a file …", Value: copySave})
	}
	c.asking = askCopy
	return screen.Send(screen.Open{Overlay: widget.NewMenu(c.env.Styles, "To the terminal's clipboard", items)})
}

func (c *Call) openHistory() tea.Cmd {
	if len(c.history) == 0 {
		return screen.Send(screen.Notice{Text: "no call was made with this client yet"})
	}
	now := c.env.Hub.Now()
	items := make([]widget.MenuItem, len(c.history))
	labels, wide := make([]string, len(c.history)), 0
	for i, h := range c.history {
		labels[i] = widget.Truncate(widget.Fit(h.Method, 7)+model.Printable(h.Path+query(h.Query)), 40)
		wide = max(wide, widget.Width(labels[i]))
	}
	for i, h := range c.history {
		outcome := fmt.Sprintf("%d", h.Status)
		if h.Status == 0 {
			outcome = string(h.Code)
		}
		items[i] = widget.MenuItem{
			Label: widget.Fit(labels[i], wide),
			Note:  outcome + " · " + exchange.Duration(h.Duration) + " · " + widget.Ago(now.Sub(h.At)) + " ago", Value: i,
		}
	}
	c.asking = askHistory
	return screen.Send(screen.Open{Overlay: widget.NewMenu(c.env.Styles, "History: enter puts a call into the editor", items)})
}

func query(ps []model.Param) string {
	if len(ps) == 0 {
		return ""
	}
	v := make([]string, len(ps))
	for i, p := range ps {
		v[i] = url.QueryEscape(p.Name) + "=" + url.QueryEscape(p.Value)
	}
	return "?" + strings.Join(v, "&")
}

func (c *Call) askPath() tea.Cmd {
	switch {
	case c.env.Restricted:
		return screen.Send(screen.Notice{Level: screen.Warning, Text: "saving files is switched off here (--restricted)"})
	case c.answer == nil || len(c.answer.resp.Body) == 0:
		return screen.Send(screen.Notice{Level: screen.Warning, Text: "there is no body to save"})
	}
	c.asking = askPath
	note := "The file is readable by you alone."
	if c.answer.resp.Truncated {
		note = fmt.Sprintf("Only the first %d MiB are kept here, and saved.", model.MaxShownBody>>20)
	}
	return c.askFile(note)
}

// askFile asks for the file that a body is written to.
func (c *Call) askFile(note string) tea.Cmd {
	return screen.Send(screen.Open{Overlay: widget.NewPrompt(c.env.Styles, widget.PromptOptions{
		Title: "Save the body", Body: []string{note}, Label: "File", Value: c.client.Name + extension(c.answer.kind),
		Check: func(s string) string {
			if strings.TrimSpace(s) == "" {
				return "a file name is needed"
			}
			return ""
		},
	})})
}

func extension(kind string) string {
	switch kind {
	case kindJSON:
		return ".json"
	case kindXML:
		return ".xml"
	case kindHTML:
		return ".html"
	case kindBinary:
		return ".bin"
	}
	return ".txt"
}

func (c *Call) saveTo(path string, overwrite bool) tea.Cmd {
	if c.answer == nil {
		return nil
	}
	resp := c.answer.resp
	return screen.Start(c.env.Ctx, c.id, &c.save, func(context.Context) (saved, error) {
		return saved{path, len(resp.Body), resp.Truncated}, savefile.Write(path, resp.Body, overwrite)
	})
}

func (c *Call) saveDone(r screen.Reply[saved]) tea.Cmd {
	if !screen.Accept(&c.save, r) {
		return nil
	}
	if model.CodeOf(r.Err) == model.EExists {
		c.asking, c.path = askOverwrite, r.Value.path
		return c.askOverwrite(r.Value.path)
	}
	if r.Err != nil {
		return screen.Send(screen.Failed(r.Err))
	}
	n := screen.Notice{Level: screen.Success, Text: fmt.Sprintf("Saved %d bytes to %s, readable by you alone", r.Value.bytes, r.Value.path)}
	if r.Value.part {
		n.Level, n.Text = screen.Warning, n.Text+"; there was more, which is not in it"
	}
	return screen.Send(n)
}

func (c *Call) askOverwrite(path string) tea.Cmd {
	return screen.Send(screen.Open{Overlay: widget.NewConfirm(c.env.Styles, widget.ConfirmOptions{
		Title: "Overwrite the file?", Body: []string{model.Printable(path) + " exists already."}, Yes: "Overwrite", Danger: true,
	})})
}

// Resume implements screen.Resumer.
func (c *Call) Resume(result any) tea.Cmd {
	asked := c.asking
	c.asking = askNothing
	if result == nil {
		return nil
	}
	text, _ := result.(string)
	switch asked {
	case askName:
		r, err := calls.Fill(c.build(), c.placed())
		if err != nil {
			return screen.Send(screen.Failed(err))
		}
		return c.sendWith(r, text)
	case askHistory:
		if i, ok := result.(int); ok && i < len(c.history) {
			c.replay(c.history[i])
		}
	case askCopy:
		return c.copy(result)
	case askPath:
		return c.saveTo(text, false)
	case askOverwrite:
		return c.saveTo(c.path, true)
	default:
		return c.resumeMore(asked, result, text)
	}
	return nil
}

// resumeMore goes on after the questions about saved calls and about files.
func (c *Call) resumeMore(asked question, result any, text string) tea.Cmd {
	switch asked {
	case askKeepName:
		return c.keep(text)
	case askKept:
		return c.pickedKept(result)
	case askForget:
		return c.forget(c.doomed)
	case askBodyFile:
		return c.readBody(text)
	case askWhole:
		if all, _ := result.(whole); !bool(all) {
			return c.askPath()
		}
		c.asking = askStreamPath
		return c.askFile("The call is made again, and all of its answer goes to the file, readable by you alone.")
	case askStreamPath:
		return c.again(text)
	case askStreamOver:
		return c.stream(true)
	case askAgain:
		c.confirm = text
		return c.stream(false)
	case askSet:
		if i, ok := result.(int); ok {
			c.pickedSet(i)
		}
	}
	return nil
}

func (c *Call) copy(result any) tea.Cmd {
	switch w, _ := result.(copied); w {
	case copyCurl:
		r, err := calls.Fill(c.build(), c.placed())
		if err != nil {
			return screen.Send(screen.Failed(err))
		}
		return sent("the curl line", curl(c.client, r))
	case copyFerry:
		return sent("the ferry line", ferryLine(c.client, c.env.Hub.Space, c.build(), c.placed()))
	case copyBody:
		return sent("the body", string(c.answer.resp.Body))
	case copySave:
		return c.askPath()
	}
	return nil
}

// sent hands text to the terminal. OSC 52 is never acknowledged, so nothing is claimed.
func sent(what, text string) tea.Cmd {
	return tea.Batch(tea.SetClipboard(text), screen.Send(screen.Notice{
		Text: what + " was sent to the terminal's clipboard; if it did not arrive, y offers other ways",
	}))
}
