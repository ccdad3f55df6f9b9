package resource

import (
	"ferry/model"
	"ferry/model/clients"
)

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

var clientRequired = append([]string{
	"space", "name", "type", "base_url", "auth", "headers", "state", "protected", "allow_http", "keep_bodies",
	"gateway_upgrades", "gateway_cookies", "gateway_realm", "timeout",
}, stamped...)

// clientMembers are the members that are the same in an answer and in a request.
func clientMembers() map[string]*Schema {
	return map[string]*Schema{
		"space":    text("the space's name").fixed(),
		"name":     text("unique in its space"),
		"type":     oneOf("", string(model.APIClient)).normally(string(model.APIClient)),
		"base_url": text("absolute, without a query"),
		"auth":     oneOf("", string(model.AuthNone), string(model.AuthOAuth2)).normally(string(model.AuthNone)),
		"grant": oneOf("follows from username, and from device_url; the device grant without a device_url is asked for here",
			string(model.GrantClientCredentials), string(model.GrantPassword), string(model.GrantDevice)),
		"send": oneOf("how the client shows who it is: key is private_key_jwt, tls is tls_client_auth, none is a public client",
			string(model.SendAuto), string(model.SendHeader), string(model.SendBody), string(model.SendKey), string(model.SendTLS),
			string(model.SendNone)).normally(string(model.SendAuto)),
		"token_url": text("the token endpoint"),
		"issuer":    text("discovers the token endpoint"),
		"client_id": text(""),
		"username":  text("with a password: the password grant"),
		"scopes":    texts("", 100),
		"audience":  text(""),
		"params":    {Type: []string{"object"}, Rest: &Schema{Type: []string{"string"}}, Description: "further parameters of the token request"},
		"key_id":    text("the kid of an assertion"),
		"key_alg":   oneOf("follows from the key when it is missing", choicesOf(clients.Algorithms)...),
		"key_audience": oneOf("the aud of an assertion", string(model.AudienceIssuer), string(model.AudienceTokenURL)).
			normally(string(model.AudienceIssuer)),
		"device_url": text("the device authorization endpoint; it is discovered when it is missing"),
		"resources":  texts("absolute URIs (RFC 8707)", 20),
		"place": record("", "where the token stands in API requests, when that is not Authorization", nil, map[string]*Schema{
			"header": text("another header"), "prefix": text("before the token, with a space between"),
			"query": text("a parameter instead of a header: it ends up in logs"),
		}),
		"cors_origins":     texts(`web pages that may call it through the gateway, as in "https://app.example.com"`, model.MaxGatewayOrigins),
		"cors_methods":     texts("methods that such a page may use; empty: GET, HEAD and POST", model.MaxGatewayMethods),
		"gateway_upgrades": flag("WebSocket and other upgrades pass the gateway").normally(false),
		"gateway_cookies":  flag("Set-Cookie of the upstream reaches callers of the gateway").normally(false),
		"gateway_realm":    flag("WWW-Authenticate and the like of the upstream reach callers of the gateway").normally(false),
		"keep_bodies":      flag("the history of test calls keeps bodies").normally(false),
		"state":            states(),
		"protected":        flag("whatever changes data asks for the name").normally(false),
		"allow_http":       flag("plain http is allowed beyond loopback").normally(false),
		"timeout":          text(`of a whole exchange, as in "30s"`).normally(model.DefaultTimeout.String()),
		"missing":          texts("members that must be given before it can be used", 0).fixed(),
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
	return clientSecrets(secretShown, func() *Schema {
		value := secretShown().or("string")
		value.Description = "its text, or whether there is one when it is secret"
		return value
	}, flag, []string{"name", "value", "secret"}, []string{"ca", "certificate", "insecure"})
}

// clientGiven are the same members as a request gives them.
func clientGiven() map[string]*Schema {
	return clientSecrets(secretGiven, secretGiven, func(description string) *Schema {
		return text(description+", in PEM form; true keeps what is stored").or("boolean", "null")
	}, []string{"name"}, nil)
}

// clientSecrets are the members that hold secrets or certificates: an answer and a
// request differ in how.
func clientSecrets(secret, value func() *Schema, certificates func(string) *Schema, header, tls []string) map[string]*Schema {
	headers := func(description string) *Schema {
		return &Schema{
			Type: []string{"array"}, MaxItems: 50, Description: description,
			Items: record("", "", header, map[string]*Schema{"name": text(""), "value": value(), "secret": flag("the value is not shown")}),
		}
	}
	return map[string]*Schema{
		"client_secret": secret(),
		"password":      secret(),
		"key":           secret().about("the private key of private_key_jwt in PEM form"),
		"headers":       headers(""),
		"token_headers": headers("of token requests only"),
		"tls": record("", "what is asked of the other side's certificate, and the client's own", tls, map[string]*Schema{
			"ca": certificates("certificates that are trusted instead of the system's"), "server_name": text(""), "min_version": oneOf("", "1.2", "1.3"),
			"certificate": certificates("the client's certificate with its chain"),
			"key":         secret().about("its private key in PEM form; it is kept until the certificate goes"),
			"insecure":    flag("certificates are not checked").normally(false),
		}),
		"transport": record("", "how requests travel", nil, map[string]*Schema{
			"proxy": text(`as in "http://proxy.example.com:3128", also https, socks5 and socks5h; "none" goes direct`), "proxy_user": text(""),
			"proxy_password":     secret().about("it is kept until the proxy_user goes"),
			"connect_timeout":    text(`of look-up, connect and TLS, each, as in "5s"`),
			"first_byte_timeout": text(`as in "15s"`), "user_agent": text(""),
			"rate_limit": {Type: []string{"number"}, Description: "requests a second; 0 or nothing: no limit but what the other side asks for"},
		}),
	}
}

// about returns s with more said before its description.
func (s *Schema) about(what string) *Schema {
	if s.Description != "" {
		what += ": " + s.Description
	}
	s.Description = what
	return s
}

func choicesOf(list []string) []any {
	out := make([]any, len(list))
	for i := range list {
		out[i] = list[i]
	}
	return out
}

// clientRun are the members that a list adds.
func clientRun() map[string]*Schema {
	return map[string]*Schema{
		"token_expires_at": instant("null: no access token, or its lifetime is unknown").or("null").fixed(),
		"last_call_at":     instant("null: never called").or("null").fixed(),
		"last_status":      count("0: no call yet, or no answer came").fixed(),
	}
}
