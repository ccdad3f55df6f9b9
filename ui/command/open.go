package command

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
)

// runner is what a command does.
type runner func(ctx context.Context, args []string) error

// hubRunner is what a command does with the opened store. Ctx carries the actor.
type hubRunner func(ctx context.Context, h *hub.Hub, args []string) error

// run returns a command's RunE. A signal cancels the context; whatever fails after
// that was interrupted.
func (a *app) run(do runner) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		ctx, stop := signalled(cmd.Context())
		defer stop()
		err := do(ctx, args)
		var coded *model.Error
		if errors.As(err, &coded) && coded.Code == model.EInterrupted {
			return err // it says what was left undone
		}
		if err != nil && ctx.Err() != nil {
			return model.Errorf(model.EInterrupted, "interrupted").WithCause(err)
		}
		return err
	}
}

// withHub returns the RunE of a command that works on the opened store.
func (a *app) withHub(do hubRunner) func(*cobra.Command, []string) error {
	return a.opened(a.settings, do)
}

// withStore is withHub for what belongs to no space. It does not enter the one that
// --space names, which a FERRY_SPACE left behind may have lost meanwhile: how else would
// somebody look for its new name, or go on deleting it.
func (a *app) withStore(do hubRunner) func(*cobra.Command, []string) error {
	return a.opened(a.storeWide, do)
}

func (a *app) storeWide() Settings {
	s := a.settings()
	s.Space = ""
	return s
}

func (a *app) opened(settings func() Settings, do hubRunner) func(*cobra.Command, []string) error {
	return a.run(func(ctx context.Context, args []string) error {
		h, err := a.open(ctx, settings())
		if err != nil {
			return err
		}
		defer closeHub(h)
		return do(h.Context(ctx), h, args)
	})
}

func closeHub(h *hub.Hub) {
	if h.Close != nil {
		_ = h.Close()
	}
}

// stopSignal is the cause of a context that a signal cancelled.
type stopSignal struct{ os.Signal }

func (stopSignal) Error() string { return "stopped by a signal" }

// signalled returns a context that ends with the first signal to stop. A second one
// ends the process, as if there were no handler. A signal that was ignored when the
// process began, as under nohup, stays ignored.
func signalled(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	ch := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(ch, s)
		}
	}
	go func() {
		select {
		case s := <-ch:
			signal.Stop(ch)
			cancel(stopSignal{s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(ch); cancel(nil) }
}

// open opens the store with the key that flags, environment or files name, else with
// a passphrase typed on the terminal.
func (a *app) open(ctx context.Context, s Settings) (*hub.Hub, error) {
	door, err := a.env.Door(s)
	if err != nil {
		return nil, err
	}
	key, err := door.FindKey(ctx)
	if model.CodeOf(err) == model.ELocked {
		key, err = a.askKey(ctx, door, err)
	}
	if err != nil {
		return nil, err
	}
	return door.Open(ctx, key)
}

// askKey asks for the passphrase, where there is a store, a slot for one, and
// somebody to ask; else it returns why the store stays locked.
func (a *app) askKey(ctx context.Context, door hub.Door, locked error) (model.Key, error) {
	status, err := door.Status(ctx)
	if err != nil {
		return model.Key{}, err
	}
	if !a.interactive() || !hasPassphrase(status.Slots) {
		return model.Key{}, locked
	}
	typed, err := a.askSecret(ctx, "Passphrase of "+model.Printable(status.Path)+": ")
	return model.Key{Passphrase: typed, From: "passphrase"}, err
}

func hasPassphrase(slots []model.Slot) bool {
	for _, s := range slots {
		if s.Kind == model.SlotPassphrase {
			return true
		}
	}
	return false
}
