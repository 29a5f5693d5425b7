package doccommands

import (
	"reflect"
	"testing"
)

func TestOf(t *testing.T) {
	t.Parallel()
	text := "Say `tool list --all` or\n`psd ask ENTRY --why … a|b`, not `other`.\n" +
		"```sh\nX=1 bin/tool run --to 'a b' \\\n  --last   # why\n$ tool show \"$(cat x)\"\ntool: an answer\n```\n" +
		"   ```sh\n   tool deep\n   ```\nAnd `tool retire … LAST`.\n"
	want := []Command{
		{"x.md", 4, true, []string{"run", "--to", "a b", "--last"}},
		{"x.md", 6, true, []string{"show", "$(cat x)"}},
		{"x.md", 10, true, []string{"deep"}},
		{"x.md", 1, false, []string{"list", "--all"}},
		{"x.md", 2, false, []string{"psd", "ask", "1", "--why", "1", "a"}},
		{"x.md", 12, false, []string{"retire", "1"}},
	}
	got := of("x.md", text, "tool", []string{"psd"})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("commands\n%+v\nwant\n%+v", got, want)
	}
}
