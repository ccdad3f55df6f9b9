package command

import (
	"slices"
	"strings"
	"testing"

	"ferry/model"
	"ferry/model/modeltest"
)

// A transfer that one process runs is seen, paused and ended from another.
func TestATransferIsPausedFromAnotherProcess(t *testing.T) {
	door := moving(t)
	hold := door.Mover.Hold()
	_, ended, _, errOut := under(door, "export", "erp", "/p", "-o", "p.ndjson")
	job, ok := hold.Began()
	if !ok {
		t.Fatal("no export began")
	}
	if out, _ := must(t, door, "transfer", "list"); !has(out, "running") || !has(out, "erp /p → p.ndjson") {
		t.Errorf("the list is\n%s", out)
	}
	if code, _, errOut, _ := run(t, door, nil, "export", "erp", "/p", "-o", "p.ndjson"); code != 4 || !has(errOut, "ferry transfer pause") {
		t.Errorf("twice at once: exit code %d, %q", code, errOut)
	}
	id := string(job.Transfer.ID)
	must(t, door, "transfer", "pause", id)
	if code := finished(ended); code != 4 || !has(errOut.String(), "go on with: ferry export erp /p -o p.ndjson --resume") {
		t.Errorf("exit code %d, %q", code, errOut)
	}
	door.Mover.Play(modeltest.Moves(model.Progress{Records: 5}))
	if _, errOut := must(t, door, "transfer", "resume", id); !has(errOut, "Exported 5 records") {
		t.Errorf("resumed: %q", errOut)
	}
	if out, _ := must(t, door, "transfer", "show", id); !has(out, "done") || !has(out, "erp /p") {
		t.Errorf("shown:\n%s", out)
	}
	if out, _ := must(t, door, "transfer", "delete", id, "--output", "json"); !has(out, `"deleted":true`) {
		t.Errorf("deleted: %s", out)
	}
	if code, _, _, _ := run(t, door, nil, "transfer", "show", id); code != 3 {
		t.Errorf("after it was deleted: exit code %d", code)
	}
}

func TestASyncFromItsCreationToItsEnd(t *testing.T) {
	door := moving(t)
	_, errOut := must(t, door, "sync", "create", "products", "--source", "erp", "--source-path", "/p", "--target", "shop", "--target-path", "/i/{sku}",
		"--key", "sku", "--schedule", "every 30s")
	if !has(errOut, "ferry serve") {
		t.Errorf("that nobody runs it is not said: %q", errOut)
	}
	door.Server.Run(&model.ServerStatus{URL: "http://127.0.0.1:8080"})
	if out, errOut := must(t, door, "sync", "update", "products", "--deletes", "--schedule", "every 60s"); errOut != "" || out != "Updated products (revision 2)\n" {
		t.Errorf("updated: %q, %q", out, errOut)
	}
	if out, _ := must(t, door, "sync", "list"); !has(out, "NAME") || !has(out, "SOURCE → TARGET") || !has(out, "erp /p → shop /i/{sku}  every 60s  never") {
		t.Errorf("the list is\n%s", out)
	}
	door.Mover.Play(modeltest.Moves(model.Progress{Records: 9, Created: 9, Notes: []string{"two fields are new"}},
		model.TransferFault{At: modeltest.Start, Key: "A-1", Kind: model.FaultConflict, Reason: "somebody changed it"}))
	if _, errOut := must(t, door, "sync", "run", "products"); !has(errOut, "Synced products from erp to shop") || !has(errOut, ": 9 created") || !has(errOut, "ferry: note: two fields are new\n") {
		t.Errorf("run: %q", errOut)
	}
	for _, line := range [][]string{{"sync", "show", "products"}, {"transfer", "show", "products"}} {
		out, _ := must(t, door, line...)
		for _, want := range []string{"erp /p", "shop /i/{sku}", "every 60s", "yes, 20% at most", "compare", "somebody changed it", "manual", "alice"} {
			if !has(out, want) {
				t.Errorf("%v does not show %q:\n%s", line, want, out)
			}
		}
	}
	if out, _ := must(t, door, "sync", "history", "products", "--output", "json"); !has(out, `"trigger":"manual"`) {
		t.Errorf("history: %s", out)
	}
	if out, _ := must(t, door, "sync", "errors", "products", "--output", "json"); !has(out, `"kind":"conflict"`) || !has(out, `"key":"A-1"`) {
		t.Errorf("errors: %s", out)
	}
	must(t, door, "sync", "pause", "products")
	if out, _ := must(t, door, "sync", "list"); !has(out, "paused") {
		t.Errorf("paused:\n%s", out)
	}
	must(t, door, "sync", "resume", "products")
	if code, _, errOut, _ := run(t, door, nil, "sync", "update", "products", "--if-revision", "1", "--overwrite"); code != 5 {
		t.Errorf("an old revision: exit code %d, %s", code, errOut)
	}
	if out, _ := must(t, door, "sync", "delete", "products", "--yes"); out != "Deleted products\n" {
		t.Errorf("deleted: %q", out)
	}
	if code, _, _, _ := run(t, door, nil, "sync", "show", "products"); code != 3 {
		t.Errorf("after it was deleted: exit code %d", code)
	}
}

func TestAnInterruptedSyncGoesOnWithItsNextRun(t *testing.T) {
	door := moving(t)
	must(t, door, "sync", "create", "products", "--source", "erp", "--source-path", "/p", "--target", "shop", "--target-path", "/i/{sku}", "--key", "sku")
	hold := door.Mover.Hold()
	interrupt, ended, _, errOut := under(door, "sync", "run", "products")
	if _, ok := hold.Began(); !ok {
		t.Fatal("no sync began")
	}
	interrupt()
	if code := finished(ended); code != 130 || !has(errOut.String(), "the next run goes on: ferry sync run products") {
		t.Errorf("exit code %d, %q", code, errOut)
	}
}

func TestNamesOfTransfersAreCompleted(t *testing.T) {
	door := moving(t)
	must(t, door, "sync", "create", "products", "--source", "erp", "--source-path", "/p", "--target", "shop", "--target-path", "/i/{sku}", "--key", "sku")
	door.Mover.Play(modeltest.Moves(model.Progress{Records: 1}))
	must(t, door, "export", "erp", "/p", "-o", "p.ndjson")
	id := string(door.Mover.Jobs()[0].Transfer.ID)
	for line, want := range map[string][]string{
		"sync run ":               {"products"},
		"export ":                 {"erp", "shop"},
		"import ":                 {"erp", "shop"},
		"sync create x --source ": {"erp", "shop"},
		"sync create x --detect ": {"compare", "since", "modified"},
		"export erp /p --paging ": {"auto", "link", "odata", "next", "page", "offset", "cursor", "none"},
		"export erp /p --format ": {"ndjson", "json", "csv"},
		"import erp /p --method ": {"POST", "PUT", "PATCH"},
		"transfer show ":          {id + "\texport, done: erp /p → p.ndjson", "products\tsync, waiting: products"},
	} {
		words := append([]string{"__complete"}, strings.Split(line, " ")...)
		out, _ := must(t, door, words...)
		got := strings.Split(out, "\n")
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("%q offers %q, not %q", line, got, w)
			}
		}
	}
}
