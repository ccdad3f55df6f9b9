package authority

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/serving"
)

// bare is what the authority is measured against: it parses the form with net/http and
// signs the same JWT, and does nothing else.
func (s *served) bare(u account) http.Handler {
	signer := s.hub.ringOf(s.dir.Load()).signer(s.Clock.Now())
	scope := s.dir.Load().User(u.space.ID, u.user.Username).Scope
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		if err := r.ParseForm(); err != nil || r.PostForm.Get("grant_type") != "client_credentials" || r.PostForm.Get("client_secret") != u.text {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		now := time.Now().Unix()
		id := r.PostForm.Get("client_id")
		token, err := signer.Sign(&Claims{
			Issuer: origin, Subject: id, Audience: Audience{origin}, ClientID: id, IssuedAt: now, Expires: now + 300,
			ID: rand.Text(), Scope: scope, Space: "default", Key: u.key.ID,
		})
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(answer{token, "Bearer", 300, scope})
	})
}

// benched is an authority with a user of a few permissions, and both handlers.
func benched(b *testing.B, a model.Algorithm) (*served, account, map[string]http.Handler) {
	b.Helper()
	s := serve(b, a)
	s.hub.o.Used = func(serving.Use) {}
	u := s.user(s.Space, "robot", "clients:view", "clients:edit", "keys:view", "spaces:view")
	return s, u, map[string]http.Handler{"hub": s.mux, "bare": s.bare(u)}
}

var algorithms = []model.Algorithm{model.ES256, model.EdDSA, model.RS256}

// BenchmarkToken is one token request without a network.
func BenchmarkToken(b *testing.B) {
	for _, a := range algorithms {
		_, u, handlers := benched(b, a)
		for _, name := range []string{"bare", "hub"} {
			b.Run(string(a)+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				body := u.in()
				for b.Loop() {
					w := httptest.NewRecorder()
					handlers[name].ServeHTTP(w, request("POST", tokenPath, body))
					if w.Code != 200 {
						b.Fatal(w.Code)
					}
				}
			})
		}
	}
}

// BenchmarkLoopback is token requests over real connections on loopback, as many at once
// as -cpu says times eight.
func BenchmarkLoopback(b *testing.B) {
	for _, a := range algorithms {
		_, u, handlers := benched(b, a)
		for _, name := range []string{"bare", "hub"} {
			b.Run(string(a)+"/"+name, func(b *testing.B) { loopback(b, handlers[name], u.in()) })
		}
	}
}

func loopback(b *testing.B, h http.Handler, body string) {
	server := httptest.NewServer(h)
	defer server.Close()
	addr := server.Listener.Addr().String()
	raw := []byte("POST " + tokenPath + " HTTP/1.1\r\nHost: " + addr + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
		strconv.Itoa(len(body)) + "\r\n\r\n" + body)
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			b.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		buf := make([]byte, 8<<10)
		for pb.Next() {
			if _, err := conn.Write(raw); err != nil {
				b.Error(err)
				return
			}
			n, err := conn.Read(buf) // the answer is smaller than one segment of loopback
			if err != nil || !bytes.HasPrefix(buf[:n], []byte("HTTP/1.1 200")) || buf[n-1] != '}' && buf[n-2] != '}' {
				b.Errorf("%v %s", err, buf[:n])
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
}

// BenchmarkRefusal prints the medians of what CASES wants to be alike: an unknown id and
// a wrong secret.
func BenchmarkRefusal(b *testing.B) {
	s, u, _ := benched(b, model.ES256)
	key := s.wrong(u)
	var spans [2][]time.Duration
	for b.Loop() {
		for i, id := range []string{"robot", "nobody"} { // by turns, so that both see the same machine
			r := request("POST", tokenPath, grant+"&"+form("client_id", id, "client_secret", key))
			s.hub.limit = newLimiterLike(s.hub.limit)
			began := time.Now()
			s.mux.ServeHTTP(discard{}, r)
			spans[i] = append(spans[i], time.Since(began))
		}
	}
	for i, name := range []string{"wrong-secret-ns", "unknown-id-ns"} {
		slices.Sort(spans[i])
		b.ReportMetric(float64(spans[i][len(spans[i])/2]), name)
	}
}

// newLimiterLike forgets every failure without the price of a new table.
func newLimiterLike(l *limiter) *limiter { l.closed.Store(0); return l }

// discard is a ResponseWriter that keeps nothing.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return io.Discard.Write(p) }
func (discard) WriteHeader(int)             {}

// BenchmarkVerify is what the check of an access token costs each call of the hub API.
func BenchmarkVerify(b *testing.B) {
	for _, a := range algorithms {
		s, u, _ := benched(b, a)
		r := request("GET", "/restApi/clients", "", "Authorization: Bearer "+s.token(u))
		b.Run(string(a), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, fault := s.hub.Verify(r); fault != nil {
					b.Fatal(fault)
				}
			}
		})
	}
}

// BenchmarkManySpaces is a request to one of 200 spaces: finding it costs nothing that counts.
func BenchmarkManySpaces(b *testing.B) {
	s := serve(b, model.EdDSA)
	for i := range 199 {
		s.NewSpace(b, "space-"+strconv.Itoa(i))
	}
	u := s.user(s.NewSpace(b, "last"), "robot", "clients:view")
	s.hub.o.Used = func(serving.Use) {}
	body := u.in()
	for b.Loop() {
		w := httptest.NewRecorder()
		s.mux.ServeHTTP(w, request("POST", "/spaces/last"+tokenPath, body))
		if !strings.HasPrefix(w.Body.String(), "{") || w.Code != 200 {
			b.Fatal(w.Code, w.Body)
		}
	}
}
