package wiretest

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
)

// Proxy is a real proxy on loopback: HTTP with CONNECT and absolute-form requests, or
// SOCKS 5. Names are resolved by Hosts only, so a test sees who looked a name up.
type Proxy struct {
	Host           string // 127.0.0.1:port
	User, Password string // asked for when set
	Hosts          map[string]string
	Reply          int // instead of connecting: a status, or a SOCKS reply; 0 connects

	mu   sync.Mutex
	asks []string // what it was asked for, as written
	auth []string // the credentials that came
	open map[net.Conn]bool
}

// NewProxy starts an HTTP proxy, over TLS with conf. It ends with the test.
func NewProxy(t testing.TB, conf *tls.Config) *Proxy { return start(t, conf, (*Proxy).speakHTTP) }

// NewSOCKS5 starts a SOCKS 5 proxy (RFC 1928). It ends with the test.
func NewSOCKS5(t testing.TB) *Proxy { return start(t, nil, (*Proxy).speakSOCKS) }

// Asked is what the proxy was asked for, in order.
func (p *Proxy) Asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.asks...)
}

// Credentials are those that came, one "user:password" each.
func (p *Proxy) Credentials() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.auth...)
}

func start(t testing.TB, conf *tls.Config, speak func(*Proxy, net.Conn)) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Host: l.Addr().String(), open: map[net.Conn]bool{}}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.keep(c)
			if conf != nil {
				c = tls.Server(c, conf)
			}
			wg.Go(func() {
				defer c.Close()
				speak(p, c)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		for c := range p.open {
			_ = c.Close()
		}
		p.mu.Unlock()
		wg.Wait()
	})
	return p
}

func (p *Proxy) keep(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[c] = true
}

func (p *Proxy) note(ask, credentials string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asks = append(p.asks, ask)
	if credentials != "" {
		p.auth = append(p.auth, credentials)
	}
}

// dial connects to host:port as Hosts has it.
func (p *Proxy) dial(addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if to, ok := p.Hosts[host]; ok {
		addr = to
	} else if net.ParseIP(host) == nil {
		return nil, fmt.Errorf("no host %s:%s", host, port)
	}
	c, err := net.Dial("tcp", addr)
	if err == nil {
		p.keep(c)
	}
	return c, err
}

// join copies both ways until one side ends.
func join(a io.ReadWriteCloser, b net.Conn) {
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = io.Copy(a, b)
		_ = a.Close()
	})
	_, _ = io.Copy(b, a)
	_ = b.Close()
	wg.Wait()
}

func (p *Proxy) speakHTTP(c net.Conn) {
	req, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	given := ""
	if _, cred, ok := cutBasic(req.Header.Get("Proxy-Authorization")); ok {
		given = cred
	}
	p.note(req.Method+" "+req.RequestURI, given)
	say := func(status int) {
		fmt.Fprintf(c, "HTTP/1.1 %d %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, http.StatusText(status), len(given), given)
	}
	if p.User != "" && given != p.User+":"+p.Password {
		say(http.StatusProxyAuthRequired)
		return
	}
	if p.Reply != 0 {
		say(p.Reply)
		return
	}
	addr := req.Host
	if _, _, err := net.SplitHostPort(addr); err != nil {
		addr = net.JoinHostPort(addr, "80")
	}
	to, err := p.dial(addr)
	if err != nil {
		say(http.StatusBadGateway)
		return
	}
	if req.Method == http.MethodConnect {
		fmt.Fprint(c, "HTTP/1.1 200 Connection established\r\n\r\n")
		join(c, to)
		return
	}
	req.Header.Del("Proxy-Authorization")
	req.RequestURI, req.Close = "", true
	if req.Write(to) == nil {
		_, _ = io.Copy(c, to)
	}
	_ = to.Close()
}

func cutBasic(v string) (scheme, cred string, ok bool) {
	const basic = "Basic "
	if len(v) < len(basic) || v[:len(basic)] != basic {
		return "", "", false
	}
	text, err := base64.StdEncoding.DecodeString(v[len(basic):])
	return basic, string(text), err == nil
}

func (p *Proxy) speakSOCKS(c net.Conn) {
	read := func(n int) []byte {
		b := make([]byte, n)
		if _, err := io.ReadFull(c, b); err != nil {
			return nil
		}
		return b
	}
	head := read(2)
	if head == nil || head[0] != 5 {
		return
	}
	methods := read(int(head[1]))
	want, given := byte(0), ""
	if p.User != "" {
		want = 2
	}
	if !slices.Contains(methods, want) {
		_, _ = c.Write([]byte{5, 0xff})
		return
	}
	_, _ = c.Write([]byte{5, want})
	if want == 2 {
		n := read(2)
		if n == nil {
			return
		}
		user := string(read(int(n[1])))
		size := read(1)
		if size == nil {
			return
		}
		given = user + ":" + string(read(int(size[0])))
		if given != p.User+":"+p.Password {
			p.note("login", given)
			_, _ = c.Write([]byte{1, 1})
			return
		}
		_, _ = c.Write([]byte{1, 0})
	}
	req := read(4)
	if req == nil || req[1] != 1 {
		return
	}
	host := ""
	switch req[3] {
	case 1:
		host = net.IP(read(4)).String()
	case 4:
		host = net.IP(read(16)).String()
	case 3:
		host = string(read(int(read(1)[0])))
	}
	port := read(2)
	if port == nil {
		return
	}
	addr := net.JoinHostPort(host, strconv.Itoa(int(binary.BigEndian.Uint16(port))))
	p.note(addr, given)
	reply := byte(p.Reply)
	var to net.Conn
	if reply == 0 {
		var err error
		if to, err = p.dial(addr); err != nil {
			reply = 5
		}
	}
	_, _ = c.Write([]byte{5, reply, 0, 1, 0, 0, 0, 0, 0, 0})
	if reply == 0 {
		join(c, to)
	}
}
