package resource

import "ferry/model"

// The shapes of an API client: as an answer has it, in a list, as a request gives it, and
// as a merge patch of it.
var (
	clientShape  = record("Client", "An API client", clientRequired, stamps(), clientMembers(), clientShown(), map[string]*Schema{"warnings": clientWarnings()})
	clientListed = record("ListedClient", "An API client in a list", append(clientRequired, "token_expires_at", "last_call_at", "last_status"),
		stamps(), clientMembers(), clientShown(), clientRun())
	clientInput = record("ClientInput", "What an API client is to be", []string{"name", "base_url"},
		stamps(), clientMembers(), clientGiven(), clientRun(), map[string]*Schema{"warnings": clientWarnings()})
	clientPatch = clientInput.patch("ClientPatch")
)

var clientRequired = append([]string{"space", "name", "type", "base_url", "auth", "headers", "state", "protected", "allow_http", "timeout"}, stamped...)

// clientMembers are the members that are the same in an answer and in a request.
func clientMembers() map[string]*Schema {
	return map[string]*Schema{
		"space":      text("the space's name").fixed(),
		"name":       text("unique in its space"),
		"type":       oneOf("", string(model.APIClient)).normally(string(model.APIClient)),
		"base_url":   text("absolute, without a query"),
		"auth":       oneOf("", string(model.AuthNone), string(model.AuthOAuth2)).normally(string(model.AuthNone)),
		"grant":      oneOf("which grant is used", string(model.GrantClientCredentials), string(model.GrantPassword)).fixed(),
		"send":       oneOf("how client id and secret travel", string(model.SendAuto), string(model.SendHeader), string(model.SendBody)).normally(string(model.SendAuto)),
		"token_url":  text("the token endpoint"),
		"issuer":     text("discovers the token endpoint"),
		"client_id":  text(""),
		"username":   text("with a password: the password grant"),
		"scopes":     texts("", 100),
		"audience":   text(""),
		"params":     {Type: []string{"object"}, Rest: &Schema{Type: []string{"string"}}, Description: "further parameters of the token request"},
		"state":      states(),
		"protected":  flag("whatever changes data asks for the name").normally(false),
		"allow_http": flag("plain http is allowed beyond loopback").normally(false),
		"timeout":    text(`of a whole exchange, as in "30s"`).normally(model.DefaultTimeout.String()),
		"missing":    texts("members that must be given before it can be used", 0).fixed(),
	}
}

func clientWarnings() *Schema {
	return &Schema{
		Type: []string{"array"}, ReadOnly: true, Description: "what is worth knowing about this change",
		Items: record("", "", []string{"field", "message"}, map[string]*Schema{"field": text(""), "message": text("")}),
	}
}

// clientShown are the members as an answer has them: without secrets.
func clientShown() map[string]*Schema {
	value := secretShown().or("string")
	value.Description = "its text, or whether there is one when it is secret"
	return map[string]*Schema{
		"client_secret": secretShown(),
		"password":      secretShown(),
		"headers": {Type: []string{"array"}, Items: record("", "", []string{"name", "value", "secret"}, map[string]*Schema{
			"name": text(""), "value": value, "secret": flag("the value is not shown"),
		})},
		"tls": record("", "what is asked of the other side's certificate", []string{"ca"}, map[string]*Schema{
			"ca": flag("certificates are trusted instead of the system's"), "server_name": text(""), "min_version": oneOf("", "1.2", "1.3"),
		}),
	}
}

// clientGiven are the same members as a request gives them.
func clientGiven() map[string]*Schema {
	return map[string]*Schema{
		"client_secret": secretGiven(),
		"password":      secretGiven(),
		"headers": {Type: []string{"array"}, MaxItems: 50, Items: record("", "", []string{"name"}, map[string]*Schema{
			"name": text(""), "value": secretGiven(), "secret": flag("the value is not shown"),
		})},
		"tls": record("", "what is asked of the other side's certificate", nil, map[string]*Schema{
			"ca":          text("certificates in PEM form; true keeps those that are stored").or("boolean", "null"),
			"server_name": text(""), "min_version": oneOf("", "1.2", "1.3"),
		}),
	}
}

// clientRun are the members that a list adds.
func clientRun() map[string]*Schema {
	return map[string]*Schema{
		"token_expires_at": instant("null: no access token, or its lifetime is unknown").or("null").fixed(),
		"last_call_at":     instant("null: never called").or("null").fixed(),
		"last_status":      count("0: no call yet, or no answer came").fixed(),
	}
}
