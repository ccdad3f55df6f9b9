package command

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/keys"
)

const keyOutput = "The key stands alone on stdout, with one newline; everything else is on stderr. It is shown once and\n" +
	"cannot be recovered: ferry keeps its digest only. With --save it goes to a new file (0600) instead. If\n" +
	"it cannot be written, it is revoked again."

func (a *app) keyCreate() *cobra.Command {
	var label, expires, save string
	cmd := &cobra.Command{
		Use: "create USER", Short: "Generate an API key for an API user, shown once", Args: takes("USER"),
		Long: "Generate an API key, the client_secret of an API user. " + keyOutput,
		Example: "  ferry key create partner --label production --expires 90d --save partner.key\n" +
			"  ferry key create partner | vault kv put secret/partner key=-",
		ValidArgsFunction: a.userNames,
	}
	addKeyFlags(cmd, &label, &expires, &save)
	cmd.RunE = a.onUser(func(ctx context.Context, h *hub.Hub, u *model.APIUser) error {
		r, err := keyRequest(label, expires, h.Now())
		if err != nil {
			return err
		}
		out := issue{a: a, h: h, save: save}
		out.after = func(issued *keys.Issued) ([]string, any) {
			return issuedNotes(issued, save, h.Now()), out.document(issued, nil)
		}
		return out.run(ctx, u.Username, func(confirm string) (keys.Issued, error) {
			return h.Keys.Generate(ctx, h.Space, u.ID, r, confirm)
		})
	})
	return cmd
}

func addKeyFlags(cmd *cobra.Command, label, expires, save *string) {
	fs := cmd.Flags()
	fs.StringVar(label, "label", "", "what it is for, in a few words of `TEXT`")
	fs.StringVar(expires, "expires", "", "when it stops working: a span (90d, 12h), a `DATE` (2027-01-31) or never, the default")
	fs.StringVar(save, "save", "", "write it to this new `FILE` instead of stdout")
	complete(cmd, "expires", "30d", "90d", "365d", "never")
	// It fails only for a flag that does not exist, which the tests would see.
	_ = cmd.MarkFlagFilename("save")
}

func keyRequest(label, expires string, now time.Time) (keys.Request, error) {
	if err := notAKey(label, "label"); err != nil {
		return keys.Request{}, err
	}
	at, err := keys.ParseExpiry(expires, now)
	if err != nil {
		return keys.Request{}, asField(err, "expires_at")
	}
	return keys.Request{Label: label, Expires: at}, nil
}

// issuedNotes is what a person is told beside a new key.
func issuedNotes(issued *keys.Issued, save string, now time.Time) []string {
	k := &issued.Key
	line := fmt.Sprintf("the key %s of %s", k.ID, issued.Username)
	if k.Label != "" {
		line += " (" + k.Label + ")"
	}
	if k.Expires.IsZero() {
		line += " never expires"
	} else {
		line += " expires " + until(k.Expires, now)
	}
	once := "shown once: it cannot be recovered"
	if save != "" {
		once = "saved to " + save + ", for its owner only: it cannot be recovered from ferry"
	}
	return []string{line, once}
}

// savedView is a new key that went to a file.
type savedView struct {
	keys.View
	File string     `json:"file"`
	Old  *keys.View `json:"old,omitempty"`
}

// issuedView is a new key with its text.
type issuedView struct {
	keys.IssuedView
	Old *keys.View `json:"old,omitempty"` // after a rotation
}

// document is a new key for scripts: with its text, or with the file that has it.
func (i *issue) document(issued *keys.Issued, old *keys.View) any {
	view := keys.IssuedViewOf(i.h.Space, *issued, i.h.Now())
	if i.save != "" {
		return savedView{View: view.View, File: i.save, Old: old}
	}
	return issuedView{IssuedView: view, Old: old}
}
