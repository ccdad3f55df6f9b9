package ui

import (
	"reflect"
	"strings"

	"ferry/ui/screen"
	"ferry/ui/screens/apiuser"
	"ferry/ui/screens/apiusers"
	"ferry/ui/screens/audit"
	"ferry/ui/screens/call"
	"ferry/ui/screens/client"
	"ferry/ui/screens/clients"
	"ferry/ui/screens/form"
	"ferry/ui/screens/gatewayrule"
	"ferry/ui/screens/help"
	"ferry/ui/screens/server"
	"ferry/ui/screens/spaces"
	"ferry/ui/screens/token"
	"ferry/ui/screens/transfer"
	"ferry/ui/screens/transferform"
	"ferry/ui/screens/transfers"
	"ferry/ui/screens/unlock"
	"ferry/ui/screens/userform"
)

// place is one of the numbered places.
type place struct {
	place screen.Place
	name  string
	route screen.Route
}

// holds reports whether a trail that begins with a route is in the place.
func (p place) holds(first screen.Route) bool {
	return reflect.TypeOf(p.route) == reflect.TypeOf(first)
}

// places are what the line of places shows, in order.
var places = []place{
	{screen.PlaceClients, "Clients", screen.Clients{}},
	{screen.PlaceAPIUsers, "API users", screen.APIUsers{}},
	{screen.PlaceTransfers, "Transfers", screen.Transfers{}},
	{screen.PlaceAudit, "Audit", screen.Audit{}},
	{screen.PlaceServer, "Server", screen.Server{}},
}

// build is the map from routes to constructors. Reason is why the vault is not open,
// for the screen that opens it; below is the screen that help is about. An unknown route
// gives nil.
func build(env screen.Env, to screen.Route, reason error, below *level) screen.Screen {
	switch to := to.(type) {
	case screen.Unlock:
		return unlock.New(env, reason)
	case screen.Clients:
		return clients.New(env, to)
	case screen.Client:
		return client.New(env, to.ID)
	case screen.NewClient:
		return form.New(env, "")
	case screen.EditClient:
		return form.New(env, to.ID)
	case screen.Token:
		return token.New(env, to.ID)
	case screen.Call:
		return call.New(env, to)
	case screen.APIUsers:
		return apiusers.New(env, to)
	case screen.APIUser:
		return apiuser.New(env, to.ID)
	case screen.NewAPIUser:
		return userform.New(env, "")
	case screen.EditAPIUser:
		return userform.New(env, to.ID)
	case screen.GatewayRules:
		return gatewayrule.New(env, to.User)
	case screen.GatewayRule:
		return gatewayrule.Edit(env, to.User, to.Client)
	case screen.Transfers:
		return transfers.New(env, to)
	case screen.Transfer:
		return transfer.New(env, to.ID)
	case screen.NewTransfer:
		return transferform.New(env, to.Draft)
	case screen.EditSync:
		return transferform.Edit(env, to.ID)
	case screen.Audit:
		return audit.New(env)
	case screen.Server:
		return server.New(env)
	case screen.ServerTail:
		return server.Tail(env, to.Space, to.Client)
	case screen.Spaces:
		return spaces.New(env)
	case screen.Help:
		return help.New(env, helpGroups(below))
	}
	return nil
}

// helpGroups is what the ? page says: the keys of the screen below it, those of every
// screen, and the command line.
func helpGroups(below *level) []help.Group {
	var out []help.Group
	if below != nil {
		out = append(out, help.Keys("THIS SCREEN", below.screen.Keys()))
	}
	line := help.Group{Title: "COMMAND LINE (tab completes, ↑ ↓ go through what was given)"}
	for _, c := range commands {
		line.Lines = append(line.Lines, [2]string{strings.TrimSpace(":" + c.name + " " + c.args), c.does})
	}
	return append(out, help.Keys("EVERYWHERE", global), line, help.Group{Title: "SIGNS", Lines: [][2]string{
		{"●", "active, or waiting"},
		{"○", "disabled, or paused"},
		{"◆", "protected: asks its name"},
		{"✓", "marked"},
		{"▸", "running"},
		{"!", "cut off: p goes on"},
		{"✗", "failed: p goes on"},
		{"·", "done"},
	}})
}
