package widget

import (
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"

	"ferry/ui/keymap"
	"ferry/ui/theme"
)

// NewInput returns a one-line field that shows the terminal's own cursor. Its keys
// leave ctrl-a and ctrl-b to screen and tmux, never destroy on ctrl-d or ctrl-k, and
// never run a clipboard program: a paste comes from the terminal.
func NewInput(st *theme.Styles, secret bool) textinput.Model {
	in := textinput.New()
	in.Prompt = ""
	in.CharLimit = 16 << 10
	in.SetVirtualCursor(false)
	if secret {
		in.EchoMode, in.EchoCharacter = textinput.EchoPassword, '•'
	}
	off := key.NewBinding(key.WithDisabled())
	in.KeyMap = textinput.KeyMap{
		CharacterForward:        keymap.Bind("→", "right", "right"),
		CharacterBackward:       keymap.Bind("←", "left", "left"),
		WordForward:             keymap.Bind("alt+→", "word right", "alt+right", "ctrl+right", "alt+f"),
		WordBackward:            keymap.Bind("alt+←", "word left", "alt+left", "ctrl+left", "alt+b"),
		DeleteWordBackward:      keymap.Bind("^w", "delete word", "ctrl+w", "alt+backspace"),
		DeleteBeforeCursor:      keymap.Bind("^u", "clear", "ctrl+u"),
		DeleteCharacterBackward: keymap.Bind("⌫", "delete", "backspace", "ctrl+h"),
		DeleteCharacterForward:  keymap.Bind("del", "delete", "delete"),
		LineStart:               keymap.Bind("home", "start", "home"),
		LineEnd:                 keymap.Bind("end", "end", "end", "ctrl+e"),
		DeleteWordForward:       off, DeleteAfterCursor: off, Paste: off,
		AcceptSuggestion: off, NextSuggestion: off, PrevSuggestion: off,
	}
	styles := in.Styles()
	styles.Focused.Text, styles.Blurred.Text = st.Text, st.Text
	styles.Focused.Placeholder, styles.Blurred.Placeholder = st.Faint, st.Faint
	styles.Cursor.Blink = false // blinking is a matter of the person's terminal
	styles.Cursor.Color = nil   // and so is its colour
	in.SetStyles(styles)
	return in
}
