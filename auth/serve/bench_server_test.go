package serve

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/hub"
	"ferry/model/keys"
	"ferry/model/modeltest"
	"ferry/model/spaces"
	"ferry/storage"
	"ferry/storage/scratch"
	"ferry/storage/seal"
)

// serveForBench is the process that serves. It writes its address and a form that gets
// a token, and ends with its standard input.
func serveForBench() int {
	runtime.GOMAXPROCS(1)
	pin(runtime.NumCPU()-1, 0)
	start := map[string]func() (func(), error){
		"bare": serveBare, "hub": serveHub, "gateway": serveGateway, "proxy": serveProxy,
	}[os.Getenv(benchChild)]
	stop, err := start()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		var u unix.Rusage
		if unix.Getrusage(unix.RUSAGE_SELF, &u) == nil {
			fmt.Println(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	stop()
	return 0
}

// serveHub serves the hub as `ferry serve` does, the access log going to a file.
func serveHub() (stop func(), err error) {
	s, secret, stop, err := startHub("clients:view", "apiUsers:view")
	if err != nil {
		return nil, err
	}
	fmt.Println(strings.TrimPrefix(s.URL(), "http://"), grant(secret))
	return stop, nil
}

// startHub starts a hub with one API user, and with the client "erp" where there is an upstream.
func startHub(permits ...string) (s *Server, secret keys.Issued, stop func(), err error) {
	fail := func(err error) (*Server, keys.Issued, func(), error) { return nil, keys.Issued{}, nil, err }
	dir, err := scratch.New("ferry-serve-bench")
	if err != nil {
		return fail(err)
	}
	ctx, path := context.Background(), filepath.Join(dir.Path, "ferry.db")
	key, err := seal.NewIdentity(filepath.Join(dir.Path, "identity"))
	if err != nil {
		return fail(err)
	}
	id, at := model.NewID(time.Now()), time.Now()
	st, err := storage.Create(ctx, path, []seal.NewSlot{{Key: key}}, func(tx model.Tx) error {
		return spaces.First(tx, id, at, modeltest.Alice)
	})
	if err != nil {
		return fail(err)
	}
	h, err := hub.New(ctx, hub.Ports{
		Store: st, Digest: st.KeyDigest, Now: time.Now, NewID: model.NewID, Actor: modeltest.Alice, Source: steady{&modeltest.Source{}},
	}, "")
	if err != nil {
		return fail(err)
	}
	if upstream := os.Getenv(benchUpstream); upstream != "" {
		if _, err := h.Clients.Create(h.Context(ctx), h.Space, modeltest.OAuth("erp", "http://"+upstream), ""); err != nil {
			return fail(err)
		}
	}
	u, err := h.Users.Create(h.Context(ctx), h.Space, apiusers.Draft{
		Username: "robot", OAuth: true, TTL: time.Hour, Permissions: permits,
	}, "")
	if err != nil {
		return fail(err)
	}
	if secret, err = h.Keys.Generate(h.Context(ctx), h.Space, u.ID, keys.Request{}, ""); err != nil {
		return fail(err)
	}
	access, err := os.Create(filepath.Join(dir.Path, "access.log"))
	if err != nil {
		return fail(err)
	}
	s, err = Start(ctx, Options{
		Hub: h, Digest: h.Digest, Config: model.ServeConfig{Listen: "127.0.0.1:0"}, AdminSocket: Socket(path), AccessLog: access,
	})
	return s, secret, func() { _, _, _ = s.Close(), access.Close(), dir.Remove() }, err
}

// steady is a token endpoint that is never asked twice.
type steady struct{ *modeltest.Source }

// Fetch implements model.TokenSource.
func (steady) Fetch(context.Context, model.TokenRequest) (model.Token, model.Exchange, error) {
	now := time.Now()
	return model.Token{Access: model.NewSecret(benchToken), Type: "Bearer", Fetched: now, Expires: now.Add(time.Hour)},
		model.Exchange{At: now, Status: http.StatusOK}, nil
}

// serveBare serves the least that a token endpoint can be.
func serveBare() (stop func(), err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	srv := &http.Server{Handler: bareHandler(key), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = srv.Serve(l) }()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"robot"}, "client_secret": {"ferry_k" + strings.Repeat("x", 75)}}
	fmt.Println(l.Addr(), form.Encode())
	return func() { _ = srv.Close() }, nil
}

// bareClaims are the claims of the hub's tokens.
type bareClaims struct {
	Iss    string `json:"iss"`
	Sub    string `json:"sub"`
	Aud    string `json:"aud"`
	Client string `json:"client_id"`
	Iat    int64  `json:"iat"`
	Exp    int64  `json:"exp"`
	ID     string `json:"jti"`
	Scope  string `json:"scope"`
	Space  string `json:"space"`
	Key    string `json:"key"`
}

type bareAnswer struct {
	Token   string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires int    `json:"expires_in"`
	Scope   string `json:"scope"`
}

const bareID = "0123456789abcdefghjkmnpqrs"

func bareHandler(key *ecdsa.PrivateKey) http.HandlerFunc {
	b64 := base64.RawURLEncoding
	header := b64.EncodeToString([]byte(`{"alg":"ES256","typ":"at+jwt","kid":"` + bareID + `"}`))
	return func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.PostForm.Get("grant_type") != "client_credentials" {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		now, client := time.Now().Unix(), r.PostForm.Get("client_id")
		claims, err := json.Marshal(bareClaims{
			"http://127.0.0.1:8080", client, "http://127.0.0.1:8080", client, now, now + 600, bareID,
			"apiUsers:view clients:view", "default", bareID,
		})
		if err != nil {
			panic(err)
		}
		text := header + "." + b64.EncodeToString(claims)
		digest := sha256.Sum256([]byte(text))
		x, y, err := ecdsa.Sign(rand.Reader, key, digest[:])
		if err != nil {
			panic(err)
		}
		var sig [64]byte
		x.FillBytes(sig[:32])
		y.FillBytes(sig[32:])
		body, err := json.Marshal(bareAnswer{text + "." + b64.EncodeToString(sig[:]), "Bearer", 600, "apiUsers:view clients:view"})
		if err != nil {
			panic(err)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(body)
	}
}
