package ui

import (
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/help"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"ferry/model"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// The smallest terminal in which every screen keeps its promises.
const (
	minWidth  = 60
	minHeight = 16
)

// chrome is how many rows lie above and below the body.
const (
	rowsAbove = 3 // breadcrumb, places, rule
	rowsBelow = 2 // rule or notice, help
)

func (r *root) tooSmall() bool {
	return r.width > 0 && r.height > 0 && (r.width < minWidth || r.height < minHeight)
}

// bodySize is the room of a screen.
func (r *root) bodySize() (width, height int) {
	if r.full {
		return r.width, r.height
	}
	return r.width, max(r.height-rowsAbove-rowsBelow, 0)
}

// layout tells every screen and overlay its size. A terminal that is too small changes
// nothing below, so that what was on screen is there again when it grows.
func (r *root) layout() {
	if r.width == 0 || r.tooSmall() {
		return
	}
	w, h := r.bodySize()
	for _, l := range r.stack {
		l.screen.SetSize(w, h)
	}
	for _, a := range r.overlays {
		a.overlay.SetSize(r.width, h)
	}
	r.cmdline.setWidth(r.width)
}

// View implements tea.Model.
func (r *root) View() (v tea.View) {
	v.AltScreen = true
	v.WindowTitle = r.windowTitle()
	v.ProgressBar = r.progressBar()
	defer r.guard.recover()
	switch {
	case r.width == 0 || r.height == 0:
	case r.tooSmall():
		v.Content = r.smallView()
	default:
		v.Content, v.Cursor = r.frame()
	}
	if r.ascii {
		v.Content = toASCII(v.Content)
	}
	return v
}

func (r *root) windowTitle() string {
	if l := r.top(); l != nil {
		return "ferry · " + l.screen.Title()
	}
	return "ferry"
}

func (r *root) smallView() string {
	lines := []string{
		"ferry needs at least " + strconv.Itoa(minWidth) + "×" + strconv.Itoa(minHeight) + ".",
		"This terminal is " + strconv.Itoa(r.width) + "×" + strconv.Itoa(r.height) + ".",
		"Enlarge it to go on; ^c ^c quits.",
	}
	lines = lines[:min(len(lines), r.height)]
	for i := range lines {
		lines[i] = widget.Truncate(lines[i], r.width)
	}
	return strings.Join(lines, "\n")
}

// frame lays everything out: chrome, body, notice, overlay.
func (r *root) frame() (string, *tea.Cursor) {
	w, h := r.bodySize()
	body, cur := r.body()
	rows := fitRows(body, w, h)
	top := 0
	if !r.full {
		top = rowsAbove
		rule := r.styles.Rule.Render(strings.Repeat("─", r.width))
		rows = append([]string{r.crumbs(), r.placesLine(), rule}, rows...)
		rows = append(rows, rule, r.helpLine())
	}
	if cur != nil {
		cur.Y += top
	}
	if a := r.overlay(); a != nil {
		cur = r.lay(rows, a.overlay, top, h)
	}
	r.putNotice(rows)
	if r.cmdline.open {
		rows[len(rows)-1] = r.cmdline.view()
		cur = r.cmdline.cursor(len(rows) - 1)
	}
	return strings.Join(rows, "\n"), cur
}

// body is the view of the top screen with its cursor, or what is said before there is one.
func (r *root) body() (string, *tea.Cursor) {
	l := r.top()
	if l == nil {
		return "\n  Opening the store …", nil
	}
	view := l.screen.View()
	if c, ok := l.screen.(screen.CursorHolder); ok && r.overlay() == nil {
		return view, c.Cursor()
	}
	return view, nil
}

// fitRows makes text exactly height rows of at most width cells.
func fitRows(text string, width, height int) []string {
	rows := strings.Split(text, "\n")
	rows = rows[:min(len(rows), height)]
	for i := range rows {
		rows[i] = widget.Truncate(rows[i], width)
	}
	for len(rows) < height {
		rows = append(rows, "")
	}
	return rows
}

// lay lays an overlay over the middle of the body and returns its cursor.
func (r *root) lay(rows []string, o screen.Overlay, top, height int) *tea.Cursor {
	box := strings.Split(o.View(), "\n")
	box = box[:min(len(box), height)]
	wide := 0
	for _, l := range box {
		wide = max(wide, widget.Width(l))
	}
	x, y := max((r.width-wide)/2, 0), top+max((height-len(box))/2, 0)
	for i, l := range box {
		rows[y+i] = splice(rows[y+i], l, x, wide)
	}
	c, ok := o.(screen.CursorHolder)
	if !ok {
		return nil
	}
	cur := c.Cursor()
	if cur != nil {
		cur.X, cur.Y = cur.X+x, cur.Y+y
	}
	return cur
}

// crumbs is the breadcrumb with the state of the vault at the right.
func (r *root) crumbs() string {
	status := r.status()
	room := r.width - lipgloss.Width(status) - 3
	parts := []string{"Data Hub"}
	if r.hub != nil {
		parts = append(parts, r.spaceName())
	}
	if len(r.stack) == 0 {
		parts = append(parts, "Clients")
	}
	const sep = " › "
	place := len(parts)
	for _, l := range r.stack {
		names := strings.Split(l.screen.Title(), sep)
		for len(names) > 1 && slices.Contains(parts[place:], names[0]) {
			names = names[1:] // a title may begin with what lies below it already
		}
		parts = append(parts, names...)
	}
	for len(parts) > 2 && widget.Width(strings.Join(parts, sep)) > room {
		if parts[0] == "…" {
			parts = parts[1:]
		}
		parts[0] = "…"
		if widget.Width(strings.Join(parts, sep)) > room {
			parts = append([]string{"…"}, parts[2:]...)
		}
	}
	last := len(parts) - 1
	before := strings.Join(parts[:last], sep) + sep
	text := r.styles.Crumb.Render(before) + r.styles.CrumbLast.Render(widget.Truncate(parts[last], room-widget.Width(before)))
	return " " + widget.Fit(text, room) + " " + status
}

func (r *root) status() string {
	var parts []string
	if r.o.Sandbox != "" {
		parts = append(parts, r.styles.Warn.Render(r.o.Sandbox))
	}
	switch {
	case r.hub != nil:
		parts = append(parts, r.styles.Muted.Render("vault open"), r.styles.Muted.Render(model.Printable(r.hub.Actor.Label())))
	case len(r.stack) > 0:
		parts = append(parts, r.styles.Muted.Render("vault locked"))
	}
	return strings.Join(parts, r.styles.Muted.Render(" · "))
}

func (r *root) placesLine() string {
	if len(r.stack) > 0 && r.hub == nil {
		return ""
	}
	parts, used := make([]string, len(places)), 1
	for i, p := range places {
		parts[i] = strconv.Itoa(int(p.place)) + " " + p.name
		used += widget.Width(parts[i])
	}
	for i, p := range slices.Backward(places) { // counts, as far as there is room for them
		n, ok := r.counts[p.place]
		if room := r.width - used - (len(places) - 1); ok && widget.Width(n)+1 <= room {
			parts[i] += " " + n
			used += widget.Width(n) + 1
		}
		style := r.styles.Place
		if i == r.placeIndex() {
			style = r.styles.PlaceActive
		}
		parts[i] = style.Render(parts[i])
	}
	gap := min(max((r.width-used)/max(len(places)-1, 1), 1), 4)
	return " " + strings.Join(parts, strings.Repeat(" ", gap))
}

// helpLine shows as many keys of the top screen or overlay as fit, and always ? help.
func (r *root) helpLine() string {
	var keys help.KeyMap
	last := " " + r.styles.HelpKey.Render("?") + r.styles.HelpText.Render(" help")
	switch a := r.overlay(); {
	case a != nil:
		keys, last = a.overlay.Keys(), ""
	case r.top() != nil:
		keys = r.top().screen.Keys()
		if c, ok := r.top().screen.(screen.Capturer); ok && c.Capturing() {
			last = ""
		}
	default:
		return last
	}
	var b strings.Builder
	used, room := 0, r.width-lipgloss.Width(last)-1
	for _, k := range keys.ShortHelp() {
		if !k.Enabled() || k.Help().Key == "?" {
			continue
		}
		h := k.Help()
		n := widget.Width(h.Key) + widget.Width(h.Desc) + 3
		if used+n > room {
			break
		}
		used += n
		b.WriteString(" " + r.styles.HelpKey.Render(h.Key) + r.styles.HelpText.Render(" "+h.Desc) + " ")
	}
	return b.String() + last
}

// spaceName is the space that is worked in, with ◆ when what one does there asks for names.
func (r *root) spaceName() string {
	if r.hub.Space.Protected {
		return model.Printable(r.hub.Space.Name) + " ◆"
	}
	return model.Printable(r.hub.Space.Name)
}
