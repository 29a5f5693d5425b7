-- Entries in a range of indices.
SELECT idx, time, versions, meta, leaf_hash, body_hash
FROM register.entry
WHERE idx >= $1 AND idx < $2
ORDER BY idx
LIMIT $3
