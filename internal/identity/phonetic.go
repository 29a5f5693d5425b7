package identity

// sound returns a code that names of like sound share. It is a consonant
// skeleton made for the names met in the United Kingdom, South Asian, Arabic,
// Polish and Irish ones included: vowels count only as the first letter (all
// alike), voiced and unvoiced stops of one place are one, silent letters go.
// The input is lower-case ASCII letters.
func sound(s string) string {
	var b [24]byte
	n := 0
	emit := func(c byte) {
		if n < len(b) && (n == 0 || b[n-1] != c) {
			b[n] = c
			n++
		}
	}
	at := func(i int) byte {
		if i < 0 || i >= len(s) {
			return 0
		}
		return s[i]
	}
	vowel := func(c byte) bool { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y' }
	front := func(c byte) bool { return c == 'e' || c == 'i' || c == 'y' }
	i := 0
	switch {
	case len(s) > 1 && (s[:2] == "kn" || s[:2] == "gn" || s[:2] == "pn" || s[:2] == "wr" || s[:2] == "ps"):
		i = 1
	case len(s) > 0 && s[0] == 'x':
		emit('S')
		i = 1
	}
	for ; i < len(s); i++ {
		c := s[i]
		if c == at(i-1) && c != 'c' {
			continue
		}
		switch c {
		case 'a', 'e', 'i', 'o', 'u':
			if n == 0 {
				emit('A')
			}
		case 'y':
			if n == 0 {
				if vowel(at(i + 1)) {
					emit('J')
				} else {
					emit('A')
				}
			}
		case 'w':
			if n == 0 {
				emit('V')
			}
		case 'h':
			if n == 0 {
				emit('H')
			}
		case 'b', 'p':
			if c == 'p' && at(i+1) == 'h' {
				emit('F')
				i++
			} else if c == 'p' || i != len(s)-1 || at(i-1) != 'm' {
				emit('P')
			}
		case 'f', 'v':
			emit('F')
		case 'c':
			switch {
			case at(i+1) == 'h':
				if at(i+2) == 'r' || at(i+2) == 'l' {
					emit('K')
				} else {
					emit('X')
				}
				i++
			case at(i+1) == 'z':
				emit('X')
				i++
			case at(i+1) == 'k':
				emit('K')
				i++
			case front(at(i + 1)):
				emit('S')
			default:
				emit('K')
			}
		case 'k', 'q':
			if c == 'k' && at(i+1) == 'h' {
				i++
			}
			emit('K')
		case 'g':
			switch {
			case at(i+1) == 'h':
				if n == 0 || at(i+2) == 'a' && i > 0 && !vowel(at(i-1)) {
					emit('K')
				}
				i++
			case at(i+1) == 'n' && i+2 >= len(s):
			case front(at(i+1)) && n > 0:
				emit('J')
			default:
				emit('K')
			}
		case 'j':
			emit('J')
		case 'd', 't':
			switch {
			case c == 't' && at(i+1) == 'c' && at(i+2) == 'h':
			case c == 'd' && at(i+1) == 'g' && front(at(i+2)):
				emit('J')
				i++
			case c == 'd' && at(i+1) == 'j':
			case c == 't' && at(i+1) == 'h':
				emit('T')
				i++
			default:
				emit('T')
			}
		case 's', 'z':
			switch {
			case at(i+1) == 'h' || at(i+1) == 'z' && c == 's':
				emit('X')
				i++
			case c == 's' && at(i+1) == 'c' && at(i+2) == 'h':
				emit('X')
				i += 2
			default:
				emit('S')
			}
		case 'x':
			emit('K')
			emit('S')
		case 'l':
			emit('L')
		case 'm':
			emit('M')
		case 'n':
			emit('N')
		case 'r':
			emit('R')
		}
	}
	return string(b[:n])
}
