package uktime

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

var ago = regexp.MustCompile(`^([0-9]{1,6})(m|h|d|w)$`)

// Moment reads what people write for a time: a day (its beginning) or a time, of a zone
// unless it says its own, or how long before now: 30m, 24h, 7d, 2w. Empty is no time.
func Moment(s string, now time.Time, zone *time.Location) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if m := ago.FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[1]) // at most six digits
		unit := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}[m[2]]
		return now.Add(-time.Duration(n) * unit), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time: give 2026-11-20, 2026-11-20T08:00:00Z, or 24h or 7d before now", s)
}
