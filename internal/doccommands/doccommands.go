// Package doccommands finds the commands that the documents give, so that tests can hold
// the programs to them: a command that is no longer there must not stand in a document.
package doccommands

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Command is a command that a document gives.
type Command struct {
	// At is the document and the line where the command, or its paragraph, begins.
	File string
	Line int
	// Whole says that the command stands in a block of commands, to be run as it stands.
	// Else it is named in a sentence, where arguments may be left out.
	Whole bool
	// Args are the arguments after the program. Placeholders (…, ENTRY) are given as "1",
	// of alternatives (a|b) the first. What is a flag's stands as it is.
	Args []string
}

// Try parses the command with a program's own parser. It passes over what only a sentence
// leaves out, and over questions for help or the version, at which a program ends.
func (c *Command) Try(parse func([]string) error) error {
	if slices.Contains(c.Args, "--help") || slices.Contains(c.Args, "--version") {
		return nil
	}
	err := parse(c.Args)
	if err != nil && !c.Whole && (strings.HasPrefix(err.Error(), "missing flags") || strings.Contains(err.Error(), "expected ")) {
		return nil
	}
	return err
}

var (
	fence       = regexp.MustCompile("(?ms)^( *)```[a-z]*\n(.*?)^ *```")
	inline      = regexp.MustCompile("`([^`]+)`")
	placeholder = regexp.MustCompile(`^[A-Z]{2,}$`)
	assignment  = regexp.MustCompile(`^[A-Z_]+=`)
)

// Of returns the commands of a program in the documents of the folder docs and in the
// README beside it. In sentences a command may also begin with one of the words short,
// its first argument.
func Of(docs, program string, short ...string) ([]Command, error) {
	files, err := filepath.Glob(filepath.Join(docs, "*.md"))
	if err != nil {
		return nil, err
	}
	var out []Command
	for _, file := range append(files, filepath.Join(docs, "..", "README.md")) {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		out = append(out, of(filepath.Base(file), string(raw), program, short)...)
	}
	return out, nil
}

func of(file, text, program string, short []string) []Command {
	var out []Command
	add := func(at int, line string, whole bool) {
		words := split(line)
		for len(words) > 0 && assignment.MatchString(words[0]) {
			words = words[1:]
		}
		if len(words) < 2 {
			return
		}
		first := words[0]
		for _, s := range short {
			if !whole && first == s {
				first, words = program, append([]string{program}, words...)
			}
		}
		if filepath.Base(first) != program || strings.HasSuffix(words[1], ":") {
			return
		}
		out = append(out, Command{File: file, Line: 1 + strings.Count(text[:at], "\n"), Whole: whole, Args: given(words[1:])})
	}
	for _, m := range fence.FindAllStringSubmatchIndex(text, -1) {
		body, at := text[m[4]:m[5]], m[4]
		for body != "" {
			line, rest, _ := strings.Cut(body, "\n")
			begin := at
			at += len(line) + 1
			for strings.HasSuffix(line, "\\") && rest != "" {
				var more string
				more, rest, _ = strings.Cut(rest, "\n")
				at += len(more) + 1
				line = strings.TrimSuffix(line, "\\") + more
			}
			body = rest
			add(begin, strings.TrimPrefix(strings.TrimSpace(line), "$ "), true)
		}
	}
	// Blocks are blanked, so that places stay.
	prose := fence.ReplaceAllStringFunc(text, func(s string) string { return regexp.MustCompile(`[^\n]`).ReplaceAllString(s, " ") })
	for _, m := range inline.FindAllStringSubmatchIndex(prose, -1) {
		add(m[2], strings.Join(strings.Fields(prose[m[2]:m[3]]), " "), false)
	}
	return out
}

// given puts something in the place of placeholders.
func given(words []string) []string {
	var out []string
	for i, w := range words {
		flag := i > 0 && strings.HasPrefix(words[i-1], "--")
		switch {
		case w == "…" && !flag:
			continue
		case w == "…", placeholder.MatchString(w) && !flag:
			w = "1"
		default:
			w, _, _ = strings.Cut(w, "|")
		}
		out = append(out, w)
	}
	return out
}

// split takes a line apart as a shell does, as far as the documents need it: quotes, and
// a comment at the end.
func split(line string) []string {
	var words []string
	var word strings.Builder
	var quote rune
	inside := false
	end := func() {
		if inside {
			words = append(words, word.String())
		}
		word.Reset()
		inside = false
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inside = r, true
		case r == '#' && !inside:
			return words
		case r == ' ' || r == '\t':
			end()
		default:
			inside = true
			word.WriteRune(r)
		}
	}
	end()
	return words
}
