package command

import (
	"bytes"
	"io"

	"ferry/model"
)

// stoppable is a stream that a person types into, or a pipe that may stay silent: once stop
// is closed nobody waits for it any more.
type stoppable struct {
	from io.Reader
	stop <-chan struct{}
	got  chan chunk
	rest chunk
}

type chunk struct {
	data []byte
	err  error
}

// Read implements io.Reader. It returns model.ErrStopped once stop is closed; the read
// under way ends with the process.
func (s *stoppable) Read(p []byte) (int, error) {
	if s.got == nil {
		s.got = make(chan chunk)
		go s.pump()
	}
	if len(s.rest.data) == 0 && s.rest.err == nil {
		select {
		case s.rest = <-s.got:
		case <-s.stop:
			return 0, model.ErrStopped
		}
	}
	n := copy(p, s.rest.data)
	s.rest.data = s.rest.data[n:]
	if len(s.rest.data) == 0 && n == 0 {
		return 0, s.rest.err
	}
	return n, nil
}

func (s *stoppable) pump() {
	for {
		data := make([]byte, 64<<10)
		n, err := s.from.Read(data)
		select {
		case s.got <- chunk{data[:n], err}:
		case <-s.stop:
			return
		}
		if err != nil {
			return
		}
	}
}

// recordsOut is stdout for records: the very bytes to a pipe or a file; what could act on a
// terminal is spelled out there. Done ends the last line.
func (a *app) recordsOut() (to io.Writer, done func()) {
	if a.env.Terminals.Out {
		shown := &shownLines{to: a.out}
		return shown, shown.flush
	}
	return a.out, func() {}
}

// shownLines shows lines on a terminal.
type shownLines struct {
	to   io.Writer
	part []byte
}

// longestShown is how much of one line is held until its end comes, in bytes.
const longestShown = 1 << 20

// Write implements io.Writer.
func (s *shownLines) Write(p []byte) (int, error) {
	s.part = append(s.part, p...)
	end := bytes.LastIndexByte(s.part, '\n') + 1
	if end == 0 && len(s.part) > longestShown {
		end = len(s.part)
	}
	whole := s.part[:end]
	s.part = s.part[end:]
	_, err := io.WriteString(s.to, model.PrintableLines(string(whole)))
	return len(p), err
}

func (s *shownLines) flush() {
	_, _ = io.WriteString(s.to, model.PrintableLines(string(s.part)))
	s.part = nil
}
