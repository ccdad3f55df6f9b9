package form

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/calls"
	"ferry/model/clients"
	"ferry/ui/screen"
	"ferry/ui/screens/nextstep"
	"ferry/ui/widget"
	"ferry/ui/widget/exchange"
)

// probe is what a test of the connection came to.
type probe struct {
	done      bool
	cancelled bool
	outcome   calls.Probe
	oauth     bool
	err       *model.Error
}

// certificates is what the file of CA certificates held.
type certificates struct{ path, pem string }

// tryTest tries what the form says, saved or not. Nothing is stored.
func (f *Form) tryTest() tea.Cmd {
	f.refresh()
	if !f.mayGoOn() {
		return screen.Send(screen.Notice{Level: screen.Failure, Text: "not tested: " + countProblems(len(f.report.Problems))})
	}
	hub, space, id, d := f.env.Hub, f.env.Hub.Space, f.target, f.draft()
	path := f.certificatePath()
	f.probe, f.began = probe{}, hub.Now()
	return screen.Start(f.env.Ctx, f.id, &f.test, func(ctx context.Context) (probe, error) {
		if err := withCertificates(&d, path); err != nil {
			return probe{}, err
		}
		c, err := hub.Clients.Preview(ctx, space, id, d)
		if err != nil {
			return probe{}, err
		}
		out, err := hub.Calls.Test(ctx, &c)
		return probe{outcome: out, oauth: c.UsesOAuth()}, err
	})
}

func (f *Form) testDone(r screen.Reply[probe]) tea.Cmd {
	if !screen.Accept(&f.test, r) {
		return nil
	}
	f.probe = r.Value
	f.probe.done = true
	if r.Err != nil {
		f.probe.err = model.AsError(r.Err)
		f.probe.oauth = f.in.oauth
	}
	return nil
}

// probeLines tells of the test in at most a few lines.
func (f *Form) probeLines() []string {
	st, p := f.env.Styles, f.probe
	switch {
	case f.test.Running():
		return []string{st.Info.Render("… testing the connection, "+widget.Ago(f.env.Hub.Now().Sub(f.began))) + st.Muted.Render("  esc cancels")}
	case f.save.Running():
		return []string{st.Info.Render("… saving")}
	case p.cancelled:
		return []string{st.Muted.Render("– test cancelled")}
	case !p.done:
		return nil
	}
	var out []string
	if p.oauth {
		out = append(out, f.tokenLine())
	}
	if r := p.outcome.Response; r.Status != 0 {
		out = append(out, st.OK.Render("✓ base URL ")+fmt.Sprintf("answered %s in %s", statusText(r.Status), exchange.Duration(r.Exchange.Timing.Total)))
	} else if p.err != nil && (!p.oauth || p.outcome.Token.Token.Access.IsSet()) {
		out = append(out, st.Danger.Render("✗ base URL: ")+model.Printable(p.err.Message))
	}
	if next := nextstep.Of(p.err); next != "" {
		out = append(out, st.Muted.Render("  next: "+model.Printable(next)))
	}
	return out
}

// statusText is a status in words. Any answer means that the URL was reached.
func statusText(status int) string {
	if words := http.StatusText(status); words != "" {
		return strconv.Itoa(status) + " " + words
	}
	return strconv.Itoa(status)
}

func (f *Form) tokenLine() string {
	st, p := f.env.Styles, f.probe
	t := p.outcome.Token.Token
	if !t.Access.IsSet() {
		why := "no token came"
		if p.err != nil {
			why = p.err.Message
		}
		return st.Danger.Render("✗ token: ") + model.Printable(why)
	}
	life := "its lifetime is unknown"
	if d := t.Life(); d > 0 {
		life = "valid for " + widget.Left(d)
	}
	scope := ""
	if t.Scope != "" {
		scope = ", scope " + model.Printable(t.Scope)
	}
	return st.OK.Render("✓ token ") + t.Access.String() + " " + life + scope
}

const maxCAFile = 1 << 20 // bytes

// certificatePath returns the file whose certificates are to be read, "" for none.
func (f *Form) certificatePath() string {
	if f.in.ca != caFile || f.env.Restricted {
		return ""
	}
	return strings.TrimSpace(f.in.caPath.Value())
}

// readCertificates reads the file of certificates, so that the check can look at it.
func (f *Form) readCertificates() tea.Cmd {
	path := f.certificatePath()
	if path == "" {
		return nil
	}
	return screen.Start(f.env.Ctx, f.id, &f.readCA, func(context.Context) (certificates, error) {
		text, err := readFile(path)
		return certificates{path, text}, err
	})
}

func (f *Form) certificatesRead(r screen.Reply[certificates]) tea.Cmd {
	if !screen.Accept(&f.readCA, r) {
		return nil
	}
	if r.Err != nil {
		f.said["ca"] = model.AsError(r.Err).Message
	} else if r.Value.path == f.certificatePath() {
		f.in.caPEM = r.Value.pem
	}
	f.refresh()
	return nil
}

// withCertificates puts the content of the file at path, if there is one, into d.
func withCertificates(d *clients.Draft, path string) error {
	if path == "" {
		return nil
	}
	text, err := readFile(path)
	d.TLS.CAPEM = text
	return err
}

// readFile reads a small regular file. EInvalid for the field ca, with the reason.
func readFile(path string) (string, error) {
	fail := func(err error) error {
		var pe *os.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return model.Errorf(model.EInvalid, "the file of certificates cannot be read: %s", model.Printable(err.Error())).WithField("ca")
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", fail(err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxCAFile {
		return "", fail(errors.New("not a file of at most 1 MiB"))
	}
	file, err := os.Open(path)
	if err != nil {
		return "", fail(err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxCAFile))
	if err != nil {
		return "", fail(err)
	}
	return string(text), nil
}
