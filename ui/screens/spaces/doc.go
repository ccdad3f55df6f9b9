// Package spaces is the list of spaces, where they are made, renamed, protected and
// deleted, and the picker that switches from one to another.
//
// It imports model, the screen contract and widgets, and holds no rule. Switching is the
// root's: this package only says where to.
package spaces
