package command_test

import (
	"strings"
	"testing"
)

// CASES Terminal: a curl command that is pasted is not shown, however long its lines are
// and however it ends; an empty line and ctrl-d both end it.
func TestACurlCommandIsPastedWithoutEcho(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := strings.Repeat("x", 6000) // a terminal's own line editing would cut it at 4095
	paste := "\ncurl 'https://shop.example.com/items' \\\r  -H 'X-Api-Key: " + canary + "-key' \\\r  -H 'X-Long: " + long + "-end'\r"
	text := w.at("client", "import-curl").see("Paste the curl command").typed(paste + "\r").see("Created shop").see("Try: ferry call shop /items").ends(0)
	text += w.at("client", "import-curl", "two").see("Paste the curl command").typed("curl -u me:" + canary + "-wrongg\x7f https://a.example.com\x04").see("Created two").ends(0)
	if strings.Contains(text, canary) || strings.Contains(text, "xxx") {
		t.Error("the command was echoed")
	}
	got := w.do("client", "show", "shop", "--output", "json")
	if !strings.Contains(got, long+"-end") || !strings.Contains(got, `{"name":"X-Api-Key","value":{"set":true}`) {
		t.Errorf("the stored client: %.300s", got)
	}
	if got := w.do("client", "show", "two", "--reveal", "headers.Authorization"); got != "Basic bWU6Q0FOQVJZLXdyb25n\n" {
		t.Errorf("the header is %q", got)
	}
	for typed, code := range map[string]int{"\x04": 2, "\x03": 130, "curl -u me:" + canary + "-x '\r\r": 2} {
		if text := w.at("client", "import-curl", "bad").see("Paste the curl command").typed(typed).ends(code); strings.Contains(text, canary) {
			t.Error("the command was echoed")
		}
	}
	// A token request without its secret: the secret is asked for, as when a client is created.
	w.at("client", "import-curl", "jobs").see("Paste the curl command").
		typed("curl https://a.example.com/token -d grant_type=client_credentials -d client_id=hub\r\r").
		see("Client secret: ").typed(canary + "-secret\n").see("Try: ferry token jobs").ends(0)
}
