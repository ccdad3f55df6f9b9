package serve

import (
	"encoding/json"
	"io"
	"log/slog"
	"strconv"
	"time"
	"unicode/utf8"
)

// logQueue is how many lines may wait for a slow writer; beyond it they are dropped and
// counted, because requests do not wait for the log.
const logQueue = 8192

// logPause lets lines gather, so that a busy server writes many at once.
const logPause = 20 * time.Millisecond

// accessLog writes a line of JSON for each request, in a goroutine of its own.
type accessLog struct {
	w     io.Writer
	stats *stats
	queue chan *record
	stop  chan struct{}
	done  chan struct{}
	told  uint64 // how many of the dropped lines the log has told of
}

// newAccessLog returns a log that writes to w; nil when w is.
func newAccessLog(w io.Writer, st *stats) *accessLog {
	if w == nil {
		return nil
	}
	l := &accessLog{w: w, stats: st, queue: make(chan *record, logQueue), stop: make(chan struct{}), done: make(chan struct{})}
	go l.run()
	return l
}

// add queues a line.
func (l *accessLog) add(r *record) {
	if l == nil {
		return
	}
	select {
	case l.queue <- r:
	default:
		l.stats.dropped.Add(1)
	}
}

// close writes what waits, for at most the given time: a writer that hangs must not keep
// the server from stopping. Nothing is added any more.
func (l *accessLog) close(within time.Duration) {
	if l == nil {
		return
	}
	close(l.stop)
	select {
	case <-l.done:
	case <-time.After(within):
		slog.Warn("the access log could not be written to its end")
	}
}

func (l *accessLog) run() {
	defer close(l.done)
	buf := make([]byte, 0, 64<<10)
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case r := <-l.queue:
			buf = l.write(appendLine(l.dropped(buf[:0]), r))
		case <-l.stop:
			for len(l.queue) > 0 {
				buf = l.write(buf[:0])
			}
			if buf = l.dropped(buf[:0]); len(buf) > 0 {
				l.put(buf)
			}
			return
		}
		pause.Reset(logPause)
		select {
		case <-pause.C:
		case <-l.stop:
		}
	}
}

// write adds the lines that wait to buf and writes it.
func (l *accessLog) write(buf []byte) []byte {
	for len(buf) < 60<<10 {
		select {
		case r := <-l.queue:
			buf = appendLine(buf, r)
			continue
		default:
		}
		break
	}
	l.put(buf)
	return buf
}

func (l *accessLog) put(buf []byte) {
	if _, err := l.w.Write(buf); err != nil && l.stats.logFailed.Add(1) == 1 {
		slog.Warn("the access log cannot be written", "err", err)
	}
}

// dropped adds a line about lines that were dropped since the log last told.
func (l *accessLog) dropped(buf []byte) []byte {
	n := l.stats.dropped.Load()
	if n == l.told {
		return buf
	}
	buf = append(buf, `{"time":"`...)
	buf = now().UTC().AppendFormat(buf, time.RFC3339Nano)
	buf = append(buf, `","dropped":`...)
	buf = strconv.AppendUint(buf, n-l.told, 10)
	l.told = n
	return append(buf, "}\n"...)
}

// appendLine adds the line of a request. Its fields are part of the contract with those
// who read the log.
func appendLine(buf []byte, r *record) []byte {
	buf = append(buf, `{"time":"`...)
	buf = r.at.UTC().AppendFormat(buf, "2006-01-02T15:04:05.000000Z")
	buf = append(buf, `","id":"`...)
	buf = append(buf, r.id...)
	buf = append(buf, `","method":"`...)
	buf = append(buf, r.method...)
	buf = append(buf, `","path":`...)
	buf = appendText(buf, r.route)
	buf = append(buf, `,"status":`...)
	buf = strconv.AppendInt(buf, int64(r.status), 10)
	buf = appendField(buf, `,"client_id":`, r.client)
	buf = appendField(buf, `,"space":`, r.space)
	buf = appendField(buf, `,"upstream":`, r.upstream)
	buf = append(buf, `,"addr":"`...)
	if r.addr.IsValid() {
		buf = r.addr.AppendTo(buf)
	}
	buf = append(buf, `","duration_ms":`...)
	buf = strconv.AppendFloat(buf, float64(r.took.Microseconds())/1000, 'f', 3, 64)
	buf = append(buf, `,"bytes":`...)
	buf = strconv.AppendInt(buf, r.bytes, 10)
	buf = appendField(buf, `,"reason":`, r.reason)
	return append(buf, "}\n"...)
}

func appendField(buf []byte, name, value string) []byte {
	if value == "" {
		return buf
	}
	return appendText(append(buf, name...), value)
}

// appendText adds a JSON string; most are plain and need no escape.
func appendText(buf []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, err := json.Marshal(s)
			if err != nil {
				quoted = []byte(`""`) // a string always marshals
			}
			return append(buf, quoted...)
		}
	}
	buf = append(buf, '"')
	buf = append(buf, s...)
	return append(buf, '"')
}
