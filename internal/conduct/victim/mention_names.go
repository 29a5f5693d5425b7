package victim

import (
	"slices"
	"strings"
)

// everyday are names that are also everyday words of police reports; alone they count
// as a name only with a capital.
var everyday = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(`
		may will can mark bill rob pat sue art drew guy frank grant chase miles jean rose dawn hope
		joy faith grace april june august summer penny amber jade crystal ruby holly ivy heather
		white black brown green gray grey gold silver day week long short young small little large
		great good best rich power price case page cross field wood woods stone hill hills park lane
		street close place way court church house home hall gate bridge banks brook marsh moor
		king knight bishop pope abbot north south east west bush shaw light winter frost snow rain
		cook baker butler carter porter walker hunter fisher gardener farmer mason ward bell ball
		bird fox wolf lamb bull swan love loving hand hands head foot body shore read reading
		last first one two three four new old man men boy wife child son sons his her him she you
		the and was has had not now out see saw said told say get got let lee far near able
		driver rider friend law laws key keys lock locks train trains walk walks drive drives
		sharp strong stern blunt hard moody noble savage wild wise early late rush speed stand burn
		burns cash cole coles dear doe down english french ireland england wales scott london
		police victim suspect officer witness male female person ex`) {
		m[w] = true
	}
	return m
}()

var titles = []string{"mr", "mrs", "miss", "ms", "mx", "dr", "prof", "rev", "sir", "lady", "lord", "dame", "master", "madam"}

// mentionNames looks for her names, given, family and former.
func mentionNames(t text, d Details, found map[Mention]bool) {
	var given [][]string
	for i, g := range d.Given {
		w := nameWords(g)
		if len(w) == 0 {
			continue
		}
		given = append(given, w)
		if i > 0 && len(strings.Join(w, "")) < 3 {
			continue // an initial says nothing
		}
		if t.holdsName(w) || (len(w) == 1 && t.holdsShortForm(w[0])) {
			found[MentionGivenName] = true
		}
	}
	surname := nameWords(d.Surname)
	if t.holdsName(surname) || t.holdsTitled(surname) || t.holdsPart(surname) {
		found[MentionSurname] = true
	}
	for _, f := range d.Former {
		w := nameWords(f)
		if t.holdsName(w) || t.holdsTitled(w) {
			found[MentionFormerName] = true
		}
		if len(w) > 1 { // a whole former name: the parts count as names too
			if t.holdsPart(w) {
				found[MentionFormerName] = true
			}
		}
	}
	for _, g := range given {
		if t.beside(g, surname) || t.beside(surname, g) {
			found[MentionFullName] = true
		}
	}
}

// holdsName looks for a name of three letters or more as whole words.
func (t text) holdsName(name []string) bool {
	if len(strings.Join(name, "")) < 3 {
		return false
	}
	return slices.ContainsFunc(t.runs(name), func(at int) bool {
		return len(name) > 1 || t.tokens[at].capital || !everyday[name[0]]
	})
}

// holdsShortForm looks for a short or pet form of a given name, or the full form of one.
func (t text) holdsShortForm(given string) bool {
	stands := func(word string) bool {
		return len(word) >= 3 && slices.ContainsFunc(t.at[word], func(i int) bool {
			return t.wholeWord(i) && (!everyday[word] || t.tokens[i].capital)
		})
	}
	return slices.ContainsFunc(shortForms[given], stands) || slices.ContainsFunc(roots[given], stands)
}

// shortForms are the words of which a name is a root.
var shortForms = func() map[string][]string {
	out := map[string][]string{}
	for word, of := range roots {
		for _, root := range of {
			out[root] = append(out[root], word)
		}
	}
	return out
}()

// holdsPart looks for each part of a double name that is long enough to be one.
func (t text) holdsPart(name []string) bool {
	return len(name) > 1 && slices.ContainsFunc(name, func(part string) bool {
		return len(part) > 3 && t.holdsName([]string{part})
	})
}

// holdsTitled looks for a name after a title, however short.
func (t text) holdsTitled(name []string) bool {
	return slices.ContainsFunc(t.runs(name), func(at int) bool {
		return at > 0 && slices.Contains(titles, t.tokens[at-1].word)
	})
}

// beside looks for one name directly followed by another, with at most an initial or
// a middle name between.
func (t text) beside(first, second []string) bool {
	if len(first) == 0 || len(second) == 0 {
		return false
	}
	return slices.ContainsFunc(t.runs(first), func(at int) bool {
		end := at + t.length(at, first)
		if end < len(t.tokens) && t.length(end, second) > 0 && t.oneSentence(end, end) {
			return true
		}
		return end+1 < len(t.tokens) && t.tokens[end].capital && !t.tokens[end].digits &&
			t.length(end+1, second) > 0 && t.oneSentence(end, end+1)
	})
}

// oneSentence reports whether no sentence ends before any of the tokens from to to.
func (t text) oneSentence(from, to int) bool {
	for _, k := range t.tokens[from : to+1] {
		if strings.ContainsAny(k.sep, "!?;:\n") || (strings.Contains(k.sep, ".") && strings.TrimSpace(k.sep) != ".") {
			return false
		}
	}
	return true
}

// runs lists the tokens at which a name begins.
func (t text) runs(name []string) []int {
	var at []int
	try := func(first string) {
		for _, i := range t.at[first] {
			if t.length(i, name) > 0 {
				at = append(at, i)
			}
		}
	}
	whole := strings.Join(name, "")
	for n := 1; n <= len(whole); n++ { // its first word may be spelt in parts
		try(whole[:n])
	}
	if whole != "" {
		try(whole + "s")
	}
	slices.Sort(at)
	return at
}

// length returns how many tokens from i on spell a name, 0 for none. Between its parts
// may stand an apostrophe, a hyphen, a full stop or space; a possessive s may follow.
func (t text) length(i int, name []string) int {
	want := strings.Join(name, "")
	if i > 0 && t.tokens[i].sep == "" && !t.tokens[i-1].digits {
		return 0
	}
	for j := i; j < len(t.tokens); j++ {
		k := t.tokens[j]
		if k.digits || (j > i && !joinsName(k.sep, len(name) > 1)) {
			return 0
		}
		rest, ok := strings.CutPrefix(want, k.word)
		if !ok {
			// "the Ormerods", "Rachels car"
			if k.word == want+"s" && len(want) > 3 && !everyday[want] {
				return j + 1 - i
			}
			return 0
		}
		if want = rest; want == "" {
			return j + 1 - i
		}
	}
	return 0
}

// joinsName reports whether sep may stand within one name. Spaces and hyphens part the
// words of a name of several words only; letters spelt out singly are not looked for.
func joinsName(sep string, several bool) bool {
	switch sep {
	case "", "'", "-":
		return true
	case " ", " - ", "\n":
		return several
	}
	return false
}

// wholeWord reports whether a token stands alone, a possessive s aside.
func (t text) wholeWord(i int) bool {
	return (i == 0 || t.tokens[i].sep != "") &&
		(i+1 == len(t.tokens) || t.tokens[i+1].sep != "")
}
