// Package command is the command line: it parses arguments, asks for what only a
// person can give, calls one use-case and prints what came of it. One command a file.
//
// It imports model and its use-cases, and the libraries for flags, filters and manual
// pages. Whatever opens a store, a socket or a screen is handed to it in Env. It must
// never hold a business rule, never take a secret from argv or from the value of an
// environment variable, and never print one unless the command is there for that.
package command
