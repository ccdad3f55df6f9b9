package syncing

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"ferry/auth/transfer/paging"
	"ferry/model"
)

// checkpoint is what one run leaves for the next. Syncs read from the beginning each time,
// so it holds no position.
type checkpoint struct {
	// Target tells one target from another: what is remembered holds for this one only.
	Target string `json:"target"`
	// Settings tells when a sync was edited so that Since and the validators mean nothing.
	Settings string `json:"settings,omitempty"`
	// Since is when the last run began after which nothing was left to do.
	Since        time.Time `json:"since,omitzero"`
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"last_modified,omitempty"`
	// Owned are the members that the target sets itself.
	Owned []string `json:"owned,omitempty"`
}

// overlap is how much further back than the last good run a source is asked: clocks differ,
// and what is written while a source answers may get an earlier time.
const overlap = time.Minute

func readCheckpoint(b []byte) (c checkpoint, err error) {
	if len(b) == 0 {
		return c, nil
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return c, model.Errorf(model.ECorrupt, "what the last run left cannot be read").WithCause(err).
			WithNext("delete the sync and create it again; nothing is written at the target but what differs there")
	}
	return c, nil
}

func (c checkpoint) bytes() []byte {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings and a time
	}
	return b
}

// targetOf identifies where records are written.
func targetOf(t *model.Transfer) string {
	return fingerprint(t.Target.Client, t.Target.Path, t.Target.Query, t.Sync.Key)
}

// settingsOf identifies everything that decides what a reading brings and what is done with it.
func settingsOf(t *model.Transfer) string {
	return fingerprint(targetOf(t), t.Source, t.Read, t.Shape, t.Sync.Detect, t.Sync.Deletes, t.Sync.Overwrite, t.Write.Method)
}

func fingerprint(parts ...any) string {
	b, err := json.Marshal(parts)
	if err != nil {
		panic(err) // plain structs
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

// reading returns how the source is read in this run, and the validators to send.
func (c checkpoint) reading(t *model.Transfer) (model.Reading, *paging.Validators) {
	read := t.Read
	fresh := c.Settings != settingsOf(t)
	switch t.Sync.Detect {
	case model.DetectSince:
		if !fresh && !c.Since.IsZero() {
			read.Since = c.Since.Add(-overlap).UTC().Format(time.RFC3339)
		}
	case model.DetectModified:
		v := &paging.Validators{}
		if !fresh {
			v.ETag, v.LastModified = c.ETag, c.LastModified
		}
		return read, v
	}
	return read, nil
}
