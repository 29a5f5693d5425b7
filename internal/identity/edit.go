package identity

// distance returns the number of insertions, deletions, substitutions and
// swaps of neighbours that turn a into b (optimal string alignment), or
// limit+1 when it is more than limit. Strings are bytes of ASCII.
func distance(a, b string, limit int) int {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > limit {
		return limit + 1
	}
	for len(a) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) == 0 {
		return len(b)
	}
	const maxLen = 64
	if len(b) >= maxLen {
		return limit + 1
	}
	return min(alignment(a, b), limit+1)
}

// alignment is distance without a limit, for ASCII of 1 to 63 letters: a column
// of the table of distances at a time, its steps up and down as the bits of a
// word (Hyyrö 2003).
func alignment(a, b string) int {
	var at [128]uint64 // where each letter stands in a
	for i := range len(a) {
		at[a[i]&127] |= 1 << i
	}
	last := uint64(1) << (len(a) - 1)
	up, down := ^uint64(0), uint64(0)
	var same, before uint64
	d := len(a)
	for i := range len(b) {
		here := at[b[i]&127]
		same = ^same&here<<1&before | (here&up + up ^ up) | here | down
		more, less := down|^(same|up), same&up
		if more&last != 0 {
			d++
		}
		if less&last != 0 {
			d--
		}
		more, less = more<<1|1, less<<1
		up, down = less|^(same|more), more&same
		before = here
	}
	return d
}

// jaroWinkler returns the Jaro-Winkler similarity, 0 to 1.
func jaroWinkler(a, b string) float64 {
	if a == b {
		return 1
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == 0 || len(b) > 64 {
		return 0
	}
	window := max(len(b)/2-1, 0)
	var usedA, usedB uint64
	matches := 0
	for i := range len(a) {
		for j := max(0, i-window); j < min(len(b), i+window+1); j++ {
			if usedB&(1<<j) == 0 && a[i] == b[j] {
				usedA |= 1 << i
				usedB |= 1 << j
				matches++
				break
			}
		}
	}
	if matches == 0 {
		return 0
	}
	transposed, j := 0, 0
	for i := range len(a) {
		if usedA&(1<<i) == 0 {
			continue
		}
		for usedB&(1<<j) == 0 {
			j++
		}
		if a[i] != b[j] {
			transposed++
		}
		j++
	}
	m := float64(matches)
	sim := (m/float64(len(a)) + m/float64(len(b)) + (m-float64(transposed)/2)/m) / 3
	prefix := 0
	for prefix < min(4, len(a)) && a[prefix] == b[prefix] {
		prefix++
	}
	return sim + float64(prefix)*0.1*(1-sim)
}
