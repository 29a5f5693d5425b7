-- Sealed bodies in a range of indices by their hash and, if asked for, in full.
SELECT idx, sha256(sealed), CASE WHEN $3::boolean THEN sealed END
FROM register.entry_body
WHERE idx >= $1 AND idx < $2
ORDER BY idx
