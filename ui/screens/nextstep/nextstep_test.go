package nextstep

import (
	"testing"

	"ferry/model"
)

func TestOf(t *testing.T) {
	for _, tc := range []struct {
		e    *model.Error
		want string
	}{
		{nil, ""},
		{model.Errorf(model.EUpstream, "x").WithNext("check the token URL: ferry client update a --token-url URL"), "check the token URL"},
		{model.Errorf(model.EUnreachable, "x").WithNext("ferry client update a --base-url URL"), "check host and port of the URL, and that the server is up"},
		{model.Errorf(model.EInvalid, "x").WithNext("look at it again"), "look at it again"},
		{model.Errorf(model.EInvalid, "x").WithNext("add --confirm NAME"), ""},
	} {
		if got := Of(tc.e); got != tc.want {
			t.Errorf("%+v: %q, want %q", tc.e, got, tc.want)
		}
	}
	if got := Text(model.Errorf(model.ETimeout, "no answer")); got != "no answer – try again, or raise the client's timeout" {
		t.Errorf("%q", got)
	}
}
