-- Sealed bodies in a range of indices, with their wrapped keys.
SELECT idx, wrapped, sealed
FROM register.entry_body
WHERE idx >= $1 AND idx < $2
ORDER BY idx
