package actions

import (
	"context"
	"regexp"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/theme"
	"ferry/ui/widget"
)

// rotate asks for a new value of each secret that the client has.
func (a *Actions) rotate(t Target) tea.Cmd {
	h := a.Env.Hub
	return a.Start(func(ctx context.Context) (flow.Outcome, error) {
		c, err := h.Clients.Get(ctx, h.Space, t.ID)
		if err != nil {
			return flow.Outcome{}, err
		}
		fields := secretFields(&c)
		if len(fields) == 0 {
			return flow.Outcome{}, model.Errorf(model.EInvalid, "%q has no secret to rotate", c.Name)
		}
		return flow.Outcome{Next: func() tea.Cmd { return a.askRotation(t, fields) }}, nil
	})
}

func (a *Actions) askRotation(t Target, fields []secretField) tea.Cmd {
	h := a.Env.Hub
	return a.Open(newRotation(a.Env.Styles, t.Name, fields), func(v any) tea.Cmd {
		rotation := rotationOf(fields, v.([]string))
		return a.named(t, "Rotate the secret of "+t.Name, "rotate it", func(confirm string) tea.Cmd {
			return a.Start(func(ctx context.Context) (flow.Outcome, error) {
				_, err := h.Clients.Rotate(ctx, h.Space, t.ID, rotation, confirm)
				return flow.Outcome{Done: true, Text: "Rotated the secret of " + t.Name}, err
			})
		})
	})
}

// secretField is one secret that can be replaced; header is its name if it is one.
type secretField struct {
	label, field, header string
	pem                  bool // pasted in PEM form
}

func secretFields(c *model.Client) []secretField {
	var out []secretField
	if a := &c.Auth; c.UsesOAuth() {
		switch a.Send {
		case model.SendKey:
			out = append(out, secretField{label: "Private key", field: "key", pem: true})
		case model.SendTLS, model.SendNone:
		default:
			out = append(out, secretField{label: "Client secret", field: "client_secret"})
		}
		if a.Grant == model.GrantPassword {
			out = append(out, secretField{label: "Password", field: "password"})
		}
		for _, h := range a.Headers {
			if h.Secret {
				out = append(out, secretField{label: "Token: " + model.Printable(h.Name), field: "token_headers", header: h.Name})
			}
		}
	}
	if c.TLS.CertPEM != "" {
		out = append(out, secretField{label: "Certificate", field: "cert", pem: true}, secretField{label: "Its private key", field: "cert_key", pem: true})
	}
	if c.Transport.ProxyUser != "" {
		out = append(out, secretField{label: "Proxy password", field: "proxy_password"})
	}
	for _, h := range c.Headers {
		if h.Secret {
			out = append(out, secretField{label: model.Printable(h.Name), field: "headers", header: h.Name})
		}
	}
	return out
}

// newRotation is the dialog with a masked field for each secret.
func newRotation(st *theme.Styles, name string, list []secretField) screen.Overlay {
	o := widget.FieldsOptions{
		Title: "Rotate secret · " + name, Action: "rotate", Note: "Drops the cached token. Empty fields stay unchanged.",
		Check: func(values []string) (int, string) {
			if strings.Join(values, "") == "" {
				return 0, "type a new value, or esc to leave everything as it is"
			}
			return 0, ""
		},
	}
	for _, f := range list {
		hint := "unchanged"
		if f.pem {
			hint = "unchanged; paste it in PEM form"
		}
		o.Fields = append(o.Fields, widget.Field{Label: f.label, Placeholder: hint, Secret: true})
	}
	return widget.NewFields(st, o)
}

func rotationOf(list []secretField, values []string) clients.Rotation {
	var out clients.Rotation
	for i, f := range list {
		if values[i] == "" {
			continue
		}
		v := model.NewSecret(values[i])
		if f.pem {
			v = model.NewSecret(repaired(values[i]))
		}
		switch f.field {
		case "client_secret":
			out.ClientSecret = &v
		case "password":
			out.Password = &v
		case "key":
			out.Key = &v
		case "cert":
			out.Cert = v.Reveal()
		case "cert_key":
			out.CertKey = &v
		case "proxy_password":
			out.ProxyPassword = &v
		case "token_headers":
			if out.TokenHeaders == nil {
				out.TokenHeaders = map[string]model.Secret{}
			}
			out.TokenHeaders[f.header] = v
		default:
			if out.Headers == nil {
				out.Headers = map[string]model.Secret{}
			}
			out.Headers[f.header] = v
		}
	}
	return out
}

// pemBlock is a block of PEM whose line breaks became spaces: a field of one line turns
// them into that.
var pemBlock = regexp.MustCompile(`(-----BEGIN [A-Z0-9 ]+-----)([^-]+)(-----END [A-Z0-9 ]+-----)`)

// repaired gives pasted PEM its lines back.
func repaired(text string) string {
	var b strings.Builder
	for _, m := range pemBlock.FindAllStringSubmatch(text, -1) {
		b.WriteString(m[1] + "\n" + strings.Join(strings.Fields(m[2]), "\n") + "\n" + m[3] + "\n")
	}
	if b.Len() == 0 {
		return text
	}
	return b.String()
}
