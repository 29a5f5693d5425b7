package assets

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// maxSize bounds what a phone on a poor line must fetch, in bytes, compressed.
const maxSize = 60_000

func TestSize(t *testing.T) {
	t.Parallel()
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if !s.Built() {
		t.Fatal("not compiled: run `make assets`")
	}
	t.Logf("styles and scripts: %d bytes, compressed", s.Size())
	if s.Size() >= maxSize {
		t.Errorf("styles and scripts have %d bytes, compressed; want less than %d", s.Size(), maxSize)
	}
	// No other site is asked for anything.
	for name, f := range s.files {
		for _, bad := range []string{"url(http", "url(//", "@import", "sourceMappingURL"} {
			if strings.Contains(string(f.plain), bad) {
				t.Errorf("%s holds %q", name, bad)
			}
		}
	}
}

func TestServed(t *testing.T) {
	t.Parallel()
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		s.Path("console.css"): http.StatusOK, s.Path("console.js"): http.StatusOK, s.Path(".gitkeep"): http.StatusNotFound,
		s.Path("../assets.go"): http.StatusNotFound, "/assets/0123456789abcdef/console.css": http.StatusNotFound,
	} {
		r := httptest.NewRequest(http.MethodGet, "http://register.example/", nil)
		r.URL.Path = path
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}
