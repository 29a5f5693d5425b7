package console

import (
	"maps"
	"net/url"
)

// listName is one of several lists that a page can show, by the word in its address.
type listName struct{ word, title string }

// listed is what a page has that shows a list: the lists to choose from, which of them
// it shows, and where it goes on.
type listed struct {
	Lists []navItem
	List  string // the title of the one that is shown
	Next  string // the address of its next page; empty on the last

	word, token string // of the list and the page that were asked for
	path        string
	query       url.Values
}

// listed reads from the address which of a page's lists is asked for, from which page
// on: the first list, when it names none. What is in keep stays in each address.
func (v *visit) listed(path string, keep url.Values, lists ...listName) listed {
	q := v.r.URL.Query()
	out := listed{path: path, query: url.Values{}, token: q.Get("page")}
	maps.Copy(out.query, keep)
	at := 0
	for i, l := range lists {
		if l.word == q.Get("list") {
			at = i
		}
	}
	for i, l := range lists {
		out.query.Set("list", l.word)
		out.Lists = append(out.Lists, navItem{l.title, out.address(), i == at})
	}
	if len(lists) > 0 {
		out.List, out.word = lists[at].title, lists[at].word
		out.query.Set("list", out.word)
	}
	return out
}

func (l *listed) address() string { return l.path + "?" + l.query.Encode() }

// goOn leads to the page after this one, unless the token is empty.
func (l *listed) goOn(token string) {
	if token != "" {
		l.query.Set("page", token)
		l.Next = l.address()
	}
}

// forceListed is a list of one force's, which a national role has to choose first.
type forceListed struct {
	listed
	Force  *choiceField // for who may read all forces'
	Chosen bool
}

// forceListed reads what listed does, of the force that a page is about.
func (v *visit) forceListed(path string, lists ...listName) forceListed {
	force := v.chosenForce()
	return forceListed{listed: v.listed(path, url.Values{"force": {force}}, lists...), Force: v.forceChoice("Choose a force"), Chosen: force != ""}
}

// standingLists are the lists of what holds until it is lifted.
var standingLists = []listName{{"standing", "In force"}, {"all", "Lifted too"}}
