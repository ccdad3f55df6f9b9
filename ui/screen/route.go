package screen

import (
	"ferry/model"
	"ferry/model/transfers"
)

// Route names a place to go to. One file of the root maps routes to constructors,
// which gives deep links to the command line and to tests for free.
type Route interface{ route() }

// The routes there are.
type (
	// Unlock is the first screen: first run when there is no store, else unlocking.
	Unlock struct{}
	// Clients is the list of API clients, the home of a space.
	Clients struct{ Filter string }
	// Client is the page of one API client.
	Client struct{ ID model.ID }
	// NewClient is the choice of a type and then the form for a new client.
	NewClient struct{}
	// EditClient is the form over a stored client.
	EditClient struct{ ID model.ID }
	// Token is the token panel of one client.
	Token struct{ ID model.ID }
	// Call is the test call of one client.
	Call struct {
		ID      model.ID
		Request model.Request // what to start with
	}
	// APIUsers is the list of API users.
	APIUsers struct{ Filter string }
	// APIUser is the page of one API user, with its keys.
	APIUser struct{ ID model.ID }
	// NewAPIUser is the form for a new API user.
	NewAPIUser struct{}
	// EditAPIUser is the form over a stored API user.
	EditAPIUser struct{ ID model.ID }
	// GatewayRules is what one API user may call through the gateway.
	GatewayRules struct{ User model.ID }
	// GatewayRule is the form of the rule for one API user and one client.
	GatewayRule struct{ User, Client model.ID }
	// Transfers is the list of exports, imports and syncs.
	Transfers struct{ Filter string }
	// Transfer is the page of one transfer.
	Transfer struct{ ID model.ID }
	// NewTransfer is the form for a new transfer, filled in with Draft. Without a kind in
	// that, it begins with the choice of one.
	NewTransfer struct{ Draft transfers.Draft }
	// EditSync is the form over a stored sync.
	EditSync struct{ ID model.ID }
	// Server is what the server that runs on this store tells of itself.
	Server struct{}
	// ServerTail is what a running server answers now, for one client behind its gateway.
	ServerTail struct{ Space, Client string }
	// Spaces is the picker and the list of spaces.
	Spaces struct{}
	// Audit is the audit log.
	Audit struct{}
	// Help is the ? page for the screen below it.
	Help struct{}
)

func (Unlock) route()       {}
func (Clients) route()      {}
func (Client) route()       {}
func (NewClient) route()    {}
func (EditClient) route()   {}
func (Token) route()        {}
func (Call) route()         {}
func (APIUsers) route()     {}
func (APIUser) route()      {}
func (NewAPIUser) route()   {}
func (EditAPIUser) route()  {}
func (GatewayRules) route() {}
func (GatewayRule) route()  {}
func (Transfers) route()    {}
func (Transfer) route()     {}
func (NewTransfer) route()  {}
func (EditSync) route()     {}
func (Server) route()       {}
func (ServerTail) route()   {}
func (Spaces) route()       {}
func (Audit) route()        {}
func (Help) route()         {}
