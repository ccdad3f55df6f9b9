package exporting

import (
	"encoding/json"
	"io"

	"ferry/auth/transfer/paging"
	"ferry/model"
)

// checkpointVersion is that of the shape below. An unknown one is refused, never guessed at.
const checkpointVersion = 1

// checkpoint is all that a run needs to go on so that the file becomes the same, byte for
// byte. It stands for the first Size bytes of the part file, which were synced before.
type checkpoint struct {
	Version  int             `json:"version"`
	Position paging.Position `json:"position"`
	Size     int64           `json:"size"`
	Written  int64           `json:"written"`         // records in the file: with jq not those that were read
	Whole    bool            `json:"whole,omitempty"` // nothing is left but to give the file its name
	table
}

func (c checkpoint) encode() ([]byte, error) {
	c.Version = checkpointVersion
	b, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	if len(b) > model.MaxCheckpoint {
		return nil, model.Errorf(model.EInvalid, "the place to go on from does not fit into %d KiB", model.MaxCheckpoint>>10).
			WithField("columns").WithNext("name the columns that are needed with --columns")
	}
	return b, nil
}

// decode reads a checkpoint; none is the beginning.
func decode(b []byte) (checkpoint, error) {
	if len(b) == 0 {
		return checkpoint{}, nil
	}
	var c checkpoint
	if err := json.Unmarshal(b, &c); err != nil {
		return c, restart("what was kept of this export cannot be read").WithCause(err)
	}
	if c.Version != checkpointVersion {
		return c, restart("this export was begun by another version of ferry")
	}
	return c, nil
}

// cut takes away what was written after the checkpoint.
func cut(f model.File, cp checkpoint) error {
	size, err := f.Size()
	if err != nil {
		return err
	}
	if size < cp.Size {
		return restart("the unfinished file has %d bytes, %d of them should be there", size, cp.Size)
	}
	if size > cp.Size {
		if err := f.Truncate(cp.Size); err != nil {
			return err
		}
	}
	_, err = f.Seek(cp.Size, io.SeekStart)
	return err
}

func restart(format string, args ...any) *model.Error {
	return model.Errorf(model.EInvalid, format, args...).WithField("resume").
		WithNext("begin anew with --restart")
}
