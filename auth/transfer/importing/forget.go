package importing

import (
	"ferry/auth/transfer/importing/journal"
	"ferry/model"
)

// Forget removes the journal of an import that will not go on.
func Forget(dir string, transfer model.ID) {
	if dir != "" {
		journal.Remove(dir, transfer, 1<<63)
	}
}
