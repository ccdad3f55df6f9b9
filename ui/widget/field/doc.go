// Package field holds the two editors that screens type into: Line, for one line of
// text or a secret, and Area, for text of several lines.
//
// Both keep what is typed or pasted exactly as it came; what a terminal would not
// show is spelled out on screen and never an action. Neither draws a cursor: the
// screen shows the terminal's own where Cursor says.
//
// It imports model (for Printable) and the theme. It must never do I/O: a paste
// arrives as a message, and the clipboard is never read.
package field
