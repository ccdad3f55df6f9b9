package command

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"

	"ferry/model"
)

// openLog sends the log to --log-file; without it there is none. Messages never hold
// secrets, yet the file is for its owner only.
func (a *app) openLog() error {
	if a.g.logFile == "" {
		return nil
	}
	// Not below the one directory of --restricted: there the administrator names it.
	f, err := os.OpenFile(a.g.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fileError(err, a.g.logFile, "log_file")
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		if err := f.Chmod(0o600); err != nil {
			_ = f.Close()
			return model.Errorf(model.EPermission, "the log file can be read by others").WithField("log_file").
				WithNext("chmod 600 %s", model.Printable(a.g.logFile)).WithCause(err)
		}
	}
	level := slog.LevelInfo
	if a.g.verbose {
		level = slog.LevelDebug
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: level})))
	a.logFile = f
	return nil
}

func (a *app) closeLog() {
	if a.logFile != nil {
		_ = a.logFile.Close()
	}
}

// fileError says in words why a file could not be used.
func fileError(err error, name, field string) error {
	shown := model.Printable(name)
	var coded *model.Error
	switch {
	case errors.As(err, &coded):
		return coded.WithField(field)
	case errors.Is(err, fs.ErrNotExist):
		return model.Errorf(model.ENotFound, "there is no file %s", shown).WithField(field).WithCause(err)
	case errors.Is(err, fs.ErrPermission):
		return model.Errorf(model.EPermission, "no permission for %s", shown).WithField(field).WithCause(err)
	case errors.Is(err, fs.ErrExist):
		return model.Errorf(model.EExists, "%s exists already", shown).WithField(field).
			WithNext("choose another name").WithCause(err)
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return model.Errorf(model.EInternal, "%s: %s", shown, path.Err).WithField(field).WithCause(err)
	}
	return model.Errorf(model.EInternal, "%s could not be used", shown).WithField(field).WithCause(err)
}
