package lately

// All returns what is kept.
func (s *Store[K, V]) All() map[K]V {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[K]V, len(s.young)+len(s.old))
	for k, e := range s.old {
		out[k] = e.value
	}
	for k, e := range s.young {
		out[k] = e.value
	}
	return out
}
