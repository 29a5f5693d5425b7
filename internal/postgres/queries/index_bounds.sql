-- A range of indices (from ≤ idx < until) that holds all entries of a range of times.
SELECT
    coalesce((SELECT size FROM register.checkpoint WHERE time < $1 ORDER BY time DESC, size DESC LIMIT 1), 0),
    coalesce((SELECT size FROM register.checkpoint WHERE time >= $2 ORDER BY time, size LIMIT 1), 9223372036854775807)
