-- Roots of full tiles of a level from a number on: the hashes of the level above.
SELECT root
FROM register.tile
WHERE level = $1 AND n >= $2
ORDER BY n
LIMIT $3
