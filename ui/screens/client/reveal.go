package client

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// secretFields are the fields of secrets that are set, with what they are called.
func (c *Client) secretFields() []widget.MenuItem {
	var out []widget.MenuItem
	cl := &c.Seen.client
	add := func(label, field string, s model.Secret) {
		if s.IsSet() {
			out = append(out, widget.MenuItem{Label: label, Value: field})
		}
	}
	if cl.UsesOAuth() {
		add("Client secret", "client_secret", cl.Auth.ClientSecret)
		add("Password", "password", cl.Auth.Password)
		add("Private key of assertions", "key", cl.Auth.Assertion.Key)
		for _, h := range cl.Auth.Headers {
			if h.Secret {
				add("Token header "+model.Printable(h.Name), "token_headers."+h.Name, h.Value)
			}
		}
	}
	add("Key of the client certificate", "cert_key", cl.TLS.KeyPEM)
	add("Proxy password", "proxy_password", cl.Transport.ProxyPassword)
	for _, h := range cl.Headers {
		if h.Secret {
			add("Header "+model.Printable(h.Name), "headers."+h.Name, h.Value)
		}
	}
	return out
}

// toggle hides what is revealed, or reveals a secret: the one there is, or the one that
// is chosen. Each is written to the audit log by itself, so none is revealed in passing.
func (c *Client) toggle() tea.Cmd {
	if len(c.revealed) > 0 {
		c.hide()
		return nil
	}
	fields := c.secretFields()
	switch len(fields) {
	case 0:
		return screen.Send(screen.Notice{Level: screen.Warning, Text: c.Seen.client.Name + " has no secret"})
	case 1:
		return c.show(fields[0].Value.(string))
	}
	c.asking = true
	return screen.Send(screen.Open{Overlay: widget.NewMenu(c.Env.Styles, "Reveal for 10 seconds (audited)", fields)})
}

// secret is a revealed secret with its field.
type secret struct {
	field string
	value model.Secret
}

func (c *Client) show(field string) tea.Cmd {
	h, id := c.Env.Hub, c.client
	return screen.Start(c.Env.Ctx, c.ID(), &c.reveal, func(ctx context.Context) (secret, error) {
		v, err := h.Clients.Reveal(ctx, h.Space, id, field)
		return secret{field, v}, err
	})
}

func (c *Client) shown(reply screen.Reply[secret]) tea.Cmd {
	if !screen.Accept(&c.reveal, reply) {
		return nil
	}
	if reply.Err != nil {
		return screen.Send(screen.Failed(reply.Err))
	}
	c.revealed[reply.Value.field] = reply.Value.value
	c.until = c.Now().Add(revealLife)
	c.render()
	return screen.Send(screen.Notice{Text: "revealed for 10 seconds; the audit log says so"})
}

func (c *Client) hide() {
	clear(c.revealed)
	c.render()
}
