package ui_test

import (
	"context"
	"testing"

	"ferry/model"
	"ferry/model/modeltest"
)

// An API user may have the name of a person: the audit log tells them apart.
func TestAuditNamesAPIUsersAndWhereTheyCameFrom(t *testing.T) {
	w := newWorld(t).some()
	ctx := model.WithActor(context.Background(), model.Actor{UID: -1, User: "alice", APIUser: "01jn00000000000000000000aa", Addr: "203.0.113.7"})
	if _, err := w.hub.Clients.Create(ctx, w.hub.Space, modeltest.NoAuth("crm", "https://crm.example.com"), ""); err != nil {
		t.Fatal(err)
	}
	w.addIn(w.find("staging"), "elsewhere")
	d := w.start(80, 24).See("● crm").Press(":").Type("audit").Press("enter").See("api:alice").See("space.create").Gone("elsewhere")
	d.Press("enter").See("client.create · crm").See("api:alice, through the hub API").See("203.0.113.7").Press("esc").Gone("203.0.113.7")
}
