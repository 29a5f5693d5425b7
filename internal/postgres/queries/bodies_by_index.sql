-- Hashes of the sealed bodies in a range of indices.
SELECT idx, sha256(sealed)
FROM register.entry_body
WHERE idx >= $1 AND idx < $2
ORDER BY idx
