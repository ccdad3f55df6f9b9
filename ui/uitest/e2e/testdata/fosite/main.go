// Command fositeserver is an authorization server that knows nothing of ferry, for the
// end-to-end tests: ory/fosite on a free port of loopback, with one client for each way
// of client authentication. It reads one line of JSON from standard input ({"secret":…,
// "keys":{ALG:PEM of a public key}}), prints one ({"url":…}), and ends when standard input does.
//
// It is a module of its own, so that what fosite needs stays out of ferry's go.mod.
package main

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/go-jose/go-jose/v3"
	"github.com/ory/fosite"
	"github.com/ory/fosite/compose"
	"github.com/ory/fosite/storage"
	"golang.org/x/crypto/bcrypt"
)

type order struct {
	Secret string            `json:"secret"`
	Keys   map[string]string `json:"keys"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	in := bufio.NewReader(os.Stdin)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return err
	}
	var o order
	if err := json.Unmarshal(line, &o); err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	url := "http://" + l.Addr().String()
	mux, err := routes(url, o)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(l) }() // ends with the process
	if err := json.NewEncoder(os.Stdout).Encode(map[string]string{"url": url}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return err
}

// scope is what every client may ask for.
const scope = "orders"

func routes(url string, o order) (http.Handler, error) {
	store, err := clients(o)
	if err != nil {
		return nil, err
	}
	config := &fosite.Config{
		GlobalSecret: []byte("a secret of thirty-two characters"), AccessTokenLifespan: 10 * time.Minute,
		TokenURL: url + "/token", SendDebugMessagesToClients: true,
	}
	provider := compose.Compose(
		config, store, &compose.CommonStrategy{CoreStrategy: compose.NewOAuth2HMACStrategy(config)},
		compose.OAuth2ClientCredentialsGrantFactory, compose.OAuth2ResourceOwnerPasswordCredentialsFactory,
		compose.OAuth2TokenIntrospectionFactory, compose.OAuth2TokenRevocationFactory,
	)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", token(provider))
	mux.HandleFunc("GET /orders", orders(provider))
	mux.HandleFunc("POST /revoke", func(w http.ResponseWriter, r *http.Request) {
		provider.WriteRevocationResponse(r.Context(), w, provider.NewRevocationRequest(r.Context(), r))
	})
	mux.HandleFunc("POST /introspect", func(w http.ResponseWriter, r *http.Request) {
		answer, err := provider.NewIntrospectionRequest(r.Context(), r, session())
		if err != nil {
			provider.WriteIntrospectionError(r.Context(), w, err)
			return
		}
		provider.WriteIntrospectionResponse(r.Context(), w, answer)
	})
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{ // the client may have gone
			"issuer": url, "token_endpoint": url + "/token", "revocation_endpoint": url + "/revoke",
			"introspection_endpoint": url + "/introspect", "scopes_supported": []string{scope},
		})
	})
	return mux, nil
}

func session() *fosite.DefaultSession {
	return &fosite.DefaultSession{}
}

// token is the token endpoint. Whoever may ask gets every scope that was asked for.
func token(provider fosite.OAuth2Provider) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		request, err := provider.NewAccessRequest(ctx, r, &fosite.DefaultSession{})
		if err != nil {
			provider.WriteAccessError(ctx, w, request, err)
			return
		}
		for _, s := range request.GetRequestedScopes() {
			request.GrantScope(s)
		}
		answer, err := provider.NewAccessResponse(ctx, request)
		if err != nil {
			provider.WriteAccessError(ctx, w, request, err)
			return
		}
		provider.WriteAccessResponse(ctx, w, request, answer)
	}
}

// orders is an API that lets a token of this server in.
func orders(provider fosite.OAuth2Provider) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, request, err := provider.IntrospectToken(r.Context(), fosite.AccessTokenFromRequest(r), fosite.AccessToken, &fosite.DefaultSession{}, scope)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"client": request.GetClient().GetID()}) // the client may have gone
	}
}

// clients are "basic", "post" and "key-ALG" for each key, and the user ann.
func clients(o order) (*storage.MemoryStore, error) {
	hash, err := bcrypt.GenerateFromPassword([]byte(o.Secret), bcrypt.MinCost)
	if err != nil {
		return nil, err
	}
	store := storage.NewMemoryStore()
	store.Users["ann"] = storage.MemoryUserRelation{Username: "ann", Password: o.Secret}
	add := func(id, method string) *fosite.DefaultOpenIDConnectClient {
		c := &fosite.DefaultOpenIDConnectClient{
			DefaultClient: &fosite.DefaultClient{
				ID: id, Secret: hash, GrantTypes: []string{"client_credentials", "password"}, Scopes: []string{scope},
			},
			TokenEndpointAuthMethod: method,
		}
		store.Clients[id] = c
		return c
	}
	add("basic", "client_secret_basic")
	add("post", "client_secret_post")
	for alg, text := range o.Keys {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			return nil, errors.New("a key that is not PEM")
		}
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, err
		}
		c := add("key-"+alg, "private_key_jwt")
		c.TokenEndpointAuthSigningAlgorithm = alg
		c.JSONWebKeys = &jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: public, KeyID: "key-" + alg, Algorithm: alg, Use: "sig"}}}
	}
	return store, nil
}
