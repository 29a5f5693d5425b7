-- Leaf hashes from an index on.
SELECT leaf_hash
FROM register.entry
WHERE idx >= $1
ORDER BY idx
LIMIT $2
