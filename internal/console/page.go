package console

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/perpetrator-register/register/internal/accesslog"
)

//go:embed templates/*.html
var templates embed.FS

// Frame is what every page shows around its own content.
type Frame struct {
	Title    string
	CSS, JS  string
	Icon     string
	Nav      []navItem
	Who      *identity // nil when nobody is signed in
	Idle     int       // seconds
	Errors   []fieldError
	Notice   string // told once, after something was done
	Receipt  *receiptView
	Back     string // address of the page before in the task; empty for none
	BackText string
	Wide     bool
}

type navItem struct {
	Title, Path string
	Current     bool
}

// identity is who is signed in, as shown.
type identity struct{ Name, Collar, Force, Roles string }

// receiptView says where a page's call stands in the access log.
type receiptView struct{ Entry, Receipt string }

// fieldError is one fault of a form, with the id of its field.
type fieldError struct{ ID, Message string }

func parsePages() (map[string]*template.Template, error) {
	files, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		return nil, err
	}
	base, err := template.New("").ParseFS(templates, "templates/layout.html", "templates/fields.html", "templates/parts.html")
	if err != nil {
		return nil, err
	}
	pages := map[string]*template.Template{}
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		page, err := base.Clone()
		if err != nil {
			return nil, err
		}
		if pages[name], err = page.ParseFS(templates, file); err != nil {
			return nil, err
		}
	}
	return pages, nil
}

// sections are the console's parts, with the permission that shows each.
var sections = []struct{ title, path, needs string }{
	{"Search", "/search", "search.create"},
	{"Register", "/register", "course.register"},
	{"Work", "/work", "duty.assign"},
	{"Duties", "/duties", "duty.list"},
	{"Alerts", "/alerts", "alert.list"},
	{"Links", "/links", "link.list"},
	{"Questions", "/questions", "question.list"},
	{"Transfers", "/transfers", "transfer.list"},
	{"Watching", "/subscriptions", "subscription.list"},
	{"Cases", "/cases", "misuse_case.list"},
	{"Standards", "/standards", "sanction.list"},
	{"Access log", "/log", "log.list"},
	{"Forces", "/forces", "directory.read"},
	{"Administration", "/administration", "directory.update"},
	{"My activity", "/activity", "self.read"},
}

// frame is that of a page before the sign-in.
func (c *Console) frame(title string) Frame {
	return Frame{Title: title, CSS: c.assets.Path("console.css"), JS: c.assets.Path("console.js"), Icon: c.assets.Path("favicon.svg")}
}

// frameOf is the frame of a page of a person who is signed in.
func (c *Console) frameOf(s *session, path, title string) Frame {
	f := c.frame(title)
	if s == nil {
		return f
	}
	f.Idle = int(c.config.Idle.Seconds())
	for _, section := range sections {
		if s.data.may(section.needs) && c.serves(section.path) {
			f.Nav = append(f.Nav, navItem{section.title, section.path, path != "" && (path == section.path || strings.HasPrefix(path, section.path+"/") || path == belongs[section.path])})
		}
	}
	who := identity{Name: s.data.Name, Collar: s.data.Collar, Force: "National"}
	if s.data.Force != "" {
		who.Force = c.words.force(s.data.Force)
	}
	if who.Name == "" {
		who.Name = s.data.Subject
	}
	var roles []string
	for _, r := range s.data.Roles {
		roles = append(roles, roleTitle(r))
	}
	who.Roles = strings.Join(roles, ", ")
	f.Who = &who
	return f
}

// belongs names the pages that belong to a section by another path.
var belongs = map[string]string{"/search": "/searches"}

// serves reports whether a section has pages.
func (c *Console) serves(path string) bool {
	for _, r := range c.routes() {
		if r.pattern == "GET "+path {
			return true
		}
	}
	return false
}

// page is the frame of a visit's page; a notice that was left for it is taken.
func (v *visit) page(title string) Frame {
	at := v.r.URL.Path
	if first, _, ok := strings.Cut(strings.TrimPrefix(at, "/"), "/"); ok && "/"+first == belongs["/search"] {
		at = "/searches"
	}
	f := v.c.frameOf(v.s, at, title)
	if v.s.data.Notice != "" {
		f.Notice = v.s.data.Notice
		if err := v.c.change(v.r.Context(), v.s, func(k *kept) { k.Notice = "" }); err != nil {
			v.c.log.WarnContext(v.r.Context(), "notice not taken", "err", err)
		}
	}
	return f
}

// receipt is that of the last call that was noted.
func (v *visit) receipt() *receiptView {
	entry, receipt := v.trailer.Get(accesslog.EntryKey), v.trailer.Get(accesslog.ReceiptKey)
	if len(entry) == 0 || len(receipt) == 0 {
		return nil
	}
	return &receiptView{Entry: entry[0], Receipt: receipt[0]}
}

// tell leaves a notice for the next page.
func (v *visit) tell(notice string) error {
	return v.c.change(v.r.Context(), v.s, func(k *kept) { k.Notice = notice })
}

// show writes a page.
func (v *visit) show(name string, view any) error {
	return v.showAs(http.StatusOK, name, view)
}

func (v *visit) showAs(status int, name string, view any) error {
	v.c.render(v.w, status, name, view)
	return nil
}

// render writes a page as a whole, or the plain fact that it could not.
func (c *Console) render(w http.ResponseWriter, status int, name string, view any) {
	var b bytes.Buffer
	if err := c.pages[name].ExecuteTemplate(&b, "layout", view); err != nil {
		// The fault's text may quote what the page was to show.
		c.log.Error("page not made", "page", name, "type", fmt.Sprintf("%T", err))
		http.Error(w, "The page could not be made. Nothing was checked.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // the browser may have gone
}
