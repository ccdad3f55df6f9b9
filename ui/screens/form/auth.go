package form

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/widget"
	"ferry/ui/widget/sheet"
)

func (f *Form) authRows() []sheet.Row {
	in := &f.in
	method := 0
	if in.oauth {
		method = 1
	}
	rows := []sheet.Row{{Section: "AUTHENTICATION", Label: "Method", Fields: []string{"auth"}, Items: []*sheet.Item{{
		Key: "auth", Kind: sheet.Radio, Choice: []string{"No Auth", "OAuth 2.0"}, Chosen: method,
		Pick: func(i int) { in.oauth = i == 1 },
	}}}}
	if !in.oauth {
		return rows
	}
	rows = append(rows,
		sheet.Line("token_url", "Access token URL *", in.tokenURL),
		sheet.Line("issuer", "Issuer", in.issuer))
	rows = append(rows, f.credentialRows()...)
	scopes := sheet.Line("scopes", "Scopes", in.scopes)
	if len(f.offered().Scopes) > 0 {
		scopes.Items = append(scopes.Items, &sheet.Item{Key: "scopes.pick", Kind: sheet.Button, Label: "choose …", Do: f.pickScopes, Leaves: true})
		scopes.Fields = append(scopes.Fields, "scopes.pick")
	}
	rows = append(rows, scopes,
		sheet.Line("audience", "Audience", in.audience),
		sheet.Row{Label: "Send credentials in", Fields: []string{"send"}, Items: []*sheet.Item{{
			Key: "send", Kind: sheet.Button, Label: sendName(in.send) + " ▾", Do: f.askSend, Leaves: true,
			Hint: "enter chooses how the client proves itself to the token endpoint",
		}}})
	rows = append(rows, f.section(secAdvanced, "Advanced", f.advancedSummary()))
	if f.open[secAdvanced] {
		rows = append(rows, f.advancedRows()...)
	}
	return rows
}

// credentialRows are what the client authenticates with, and on whose behalf.
func (f *Form) credentialRows() []sheet.Row {
	in := &f.in
	grant := 0
	if in.device {
		grant = 1
	}
	id := sheet.Line("client_id", "Client ID *", in.clientID)
	var rows []sheet.Row
	switch {
	case in.send == model.SendKey:
		rows = append(rows, id)
		rows = append(rows, f.keyRows()...)
	case !in.sendsSecret():
		rows = append(rows, id)
	default:
		label := "Client secret *"
		if in.device {
			label = "Client secret"
		}
		secret := f.secretRow("client_secret", label, in.secret)
		if f.Width >= wide {
			rows = append(rows, pair(id, secret))
		} else {
			rows = append(rows, id, secret)
		}
	}
	choice := &sheet.Item{
		Key: "grant", Kind: sheet.Radio, Choice: []string{"credentials", "device code"}, Chosen: grant,
		Hint: "the client's own credentials; with a username, the password grant",
		Pick: func(i int) {
			if in.device = i == 1; !in.device && in.send == model.SendNone {
				in.send = model.SendAuto
			}
		},
	}
	rows = append(rows, sheet.Row{Label: "Grant", Fields: []string{"grant"}, Items: []*sheet.Item{choice}})
	if in.device {
		choice.Hint = "a person allows it on another device; without a terminal its refresh token is used"
		return append(rows, sheet.Line("device_url", "Device URL", in.deviceURL))
	}
	user, pass := sheet.Line("username", "Username", in.username), f.secretRow("password", "Password", in.password)
	if f.Width >= wide {
		return append(rows, pair(user, pass))
	}
	return append(rows, user, pass)
}

var algorithms = []string{"", "ES256", "RS256", "PS256", "EdDSA"}

func (f *Form) keyRows() []sheet.Row {
	in := &f.in
	aud := 0
	if in.audienceOf == model.AudienceTokenURL {
		aud = 1
	}
	return []sheet.Row{
		{Label: "Private key *", Fields: []string{"key"}, Items: []*sheet.Item{f.pemItem("key", in.key)}},
		sheet.Line("key_id", "  Key ID", in.keyID),
		{Label: "  Algorithm", Fields: []string{"key_alg"}, Items: []*sheet.Item{{
			Key: "key_alg", Kind: sheet.Button, Label: algorithmName(in.algorithm) + " ▾", Do: f.askAlgorithm, Leaves: true,
		}}},
		{Label: "  Addressed to", Fields: []string{"key_audience"}, Items: []*sheet.Item{{
			Key: "key_audience", Kind: sheet.Radio, Choice: []string{"issuer", "token URL"}, Chosen: aud,
			Hint: "the audience (aud) of the signed assertion; without an issuer it is the token URL",
			Pick: func(i int) {
				in.audienceOf = []model.AssertionAudience{model.AudienceIssuer, model.AudienceTokenURL}[i]
			},
		}}},
	}
}

func algorithmName(alg string) string {
	if alg == "" {
		return "as the key says"
	}
	return alg
}

// ways are the ways to send credentials, in the order of the menu.
var ways = []struct {
	way                  model.ClientAuth
	key, name, note, std string // std: what metadata calls it
}{
	{model.SendAuto, "a", "auto", "what the server says, else header", ""},
	{model.SendHeader, "h", "header", "HTTP Basic", "client_secret_basic"},
	{model.SendBody, "b", "body", "form parameters", "client_secret_post"},
	{model.SendKey, "k", "private key (JWT)", "a signed assertion, no secret", "private_key_jwt"},
	{model.SendTLS, "c", "client certificate", "mutual TLS", "tls_client_auth"},
	{model.SendNone, "n", "none", "a public client: its id alone", "none"},
}

func sendName(way model.ClientAuth) string {
	for _, w := range ways {
		if w.way == way {
			return w.name
		}
	}
	return model.Printable(string(way))
}

// askSend opens the menu of ways. One that the server's metadata does not name is
// marked, never forbidden: metadata is wrong often enough.
func (f *Form) askSend() tea.Cmd {
	var items []widget.MenuItem
	for _, w := range ways {
		it := widget.MenuItem{Key: w.key, Label: w.name, Note: w.note, Value: w.way}
		if !f.offersWay(w.way) {
			it.Note = "✗ not named by the issuer"
		}
		if w.way == model.SendNone && !f.in.device {
			it.Disabled = "for the device code only"
		}
		items = append(items, it)
	}
	return f.Ask("Send credentials in", func(way any) tea.Cmd {
		f.choseSend(way.(model.ClientAuth))
		return nil
	}, items...)
}

// offersWay reports whether metadata names a way, or says nothing about it.
func (f *Form) offersWay(way model.ClientAuth) bool {
	named := f.offered().AuthMethods
	if named == nil || way == model.SendAuto {
		return true
	}
	for _, w := range ways {
		if w.way == way && slices.Contains(named, w.std) {
			return true
		}
	}
	return way == model.SendTLS && slices.Contains(named, "self_signed_tls_client_auth")
}

func (f *Form) choseSend(way model.ClientAuth) {
	f.in.send = way
	switch {
	case way == model.SendTLS:
		f.open[secTLS] = true
	case way == model.SendKey && !f.in.key.stored && f.in.key.line.Empty():
		f.Focus = "key"
	}
	f.chose("send")
}

func (f *Form) askAlgorithm() tea.Cmd {
	var items []widget.MenuItem
	named := f.offered().Algorithms
	for _, alg := range algorithms {
		it := widget.MenuItem{Label: algorithmName(alg), Value: alg}
		if alg != "" && named != nil && !slices.Contains(named, alg) {
			it.Note = "✗ not named by the issuer"
		}
		items = append(items, it)
	}
	return f.Ask("Sign with", func(alg any) tea.Cmd {
		f.in.algorithm = alg.(string)
		f.chose("key_alg")
		return nil
	}, items...)
}

// chose follows a choice that was made in a menu.
func (f *Form) chose(field string) {
	f.Hush(field)
	f.outdated()
	f.Recheck()
}
