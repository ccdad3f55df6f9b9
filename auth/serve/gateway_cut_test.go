package serve

import (
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// CASES: revoked key, token, user, or disabled → refused within 1 s on this host. What streams is
// cut by then, and is seen to be; the streams of others go on, unless the client itself is gone.
func TestStreamsAreCutWhenWhatLetThemInIsTaken(t *testing.T) {
	for name := range (&kit{}).takings() {
		t.Run(name, func(t *testing.T) {
			k, theirs := newTicking(t, nil)
			token := k.token()
			status, others := k.ask(theirs)
			if status != http.StatusOK {
				t.Fatalf("%d", status)
			}
			mine := map[string]*live{
				"events": k.get("/events", token), "silent": k.get("/silent", token), "a long answer": k.get("/long", token),
				"an upgrade": k.upgrade(token), "an upload": k.upload(token),
			}
			rest := map[string]*live{"events": k.get("/events", others), "an upgrade": k.upgrade(others), "an upload": k.upload(others)}
			for what, l := range mine {
				defer l.by()
				if what != "silent" {
					l.goesOn(t)
				}
			}
			k.takings()[name](token)
			began := time.Now() // when it is stored
			k.mustBeCut(mine, began)
			for what, l := range rest {
				defer l.by()
				if strings.HasPrefix(name, "client") {
					k.mustBeCut(map[string]*live{what: l}, began)
				} else {
					l.goesOn(t)
				}
			}
			until(t, 2*time.Second, "the log names it", func() bool { return strings.Count(k.log.String(), `"cut_off"`) >= len(mine) })
		})
	}
}

// cutPatience is how long a stream may go on where the machine is busy. A second is promised
// for one that is not, and how long it took is printed.
const cutPatience = 3 * time.Second

// mustBeCut fails unless each of the streams ends soon after then, and not as if it were
// whole: only a switched protocol has no other end than that of its connection.
func (k *kit) mustBeCut(all map[string]*live, then time.Time) {
	k.t.Helper()
	defer func() { k.t.Logf("%d streams were cut within %v", len(all), time.Since(then).Round(time.Millisecond)) }()
	for what, l := range all {
		select {
		case err := <-l.ended:
			switch {
			case what == "an upgrade":
			case err == nil:
				k.t.Errorf("%s ended as if it were whole", what)
			case what == "an upload" && strings.HasPrefix(err.Error(), "2"):
				k.t.Errorf("an upload was answered: %v", err)
			}
		case <-time.After(time.Until(then.Add(cutPatience))):
			k.t.Errorf("%s goes on after %v", what, time.Since(then))
		}
	}
}

// The same over HTTP/2, where a stream is reset and the connection goes on.
func TestStreamsAreCutOverHTTP2(t *testing.T) {
	tlsOn, trust := withTLS(t)
	k, theirs := newTicking(t, tlsOn)
	k.trust(trust)
	token := k.token()
	_, others := k.ask(theirs)
	mine := map[string]*live{
		"events": k.get("/events", token), "silent": k.get("/silent", token), "a long answer": k.get("/long", token), "an upload": k.upload(token),
	}
	rest := k.get("/events", others)
	defer rest.by()
	frames := dialH2(t, k.listen, trust)
	defer frames.Close()
	frames.frame(h2Headers, h2EndHeaders|h2EndStream, 1, h2request(token, "/gw/erp/silent"))
	if got := frames.answer(1); got != "200" {
		t.Fatal(got)
	}
	for what, l := range mine {
		defer l.by()
		if what != "silent" {
			l.goesOn(t)
		}
	}
	k.takings()["user disabled"](token)
	k.mustBeCut(mine, time.Now())
	if got := frames.answer(1); got != "reset" {
		t.Errorf("the stream was %s", got)
	}
	rest.goesOn(t)
	frames.frame(h2Headers, h2EndHeaders|h2EndStream, 3, h2request(others, "/gw/erp/silent"))
	if got := frames.answer(3); got != "200" {
		t.Errorf("another stream of the connection: %s", got)
	}
}

// A caller that does not read is cut, too: what cannot be written ends at once.
func TestAStreamThatNobodyReadsIsCut(t *testing.T) {
	for _, over := range []string{"http/1.1", "h2"} {
		t.Run(over, func(t *testing.T) {
			tlsOn, trust := withTLS(t)
			k := newKit(t)
			up := newRecorder(t, func(w io.Writer, _ *http.Request) bool {
				_, err := io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
				for zero := make([]byte, 64<<10); err == nil; {
					_, err = w.Write(zero)
				}
				return false
			})
			k.reach("erp", up.url(), nil)
			k.start(tlsOn)
			k.trust(trust)
			token := k.token()
			if over == "h2" {
				c := dialH2(t, k.listen, trust)
				defer c.Close()
				c.frame(h2Headers, h2EndHeaders|h2EndStream, 1, h2request(token, "/gw/erp/flood"))
			} else {
				c, err := tls.Dial("tcp", k.listen, trust)
				must(t, err)
				defer c.Close()
				_, err = io.WriteString(c, "GET /gw/erp/flood HTTP/1.1\r\nHost: x\r\n"+bearer(token)+"\r\n")
				must(t, err)
			}
			until(t, 5*time.Second, "it is under way", func() bool { _, n := up.seen(); return n == 1 })
			k.takings()["user disabled"](token)
			took := until(t, cutPatience, "it is over", func() bool { return k.gateFlight.Load() == 0 })
			t.Logf("it was cut within %v", took)
		})
	}
}
