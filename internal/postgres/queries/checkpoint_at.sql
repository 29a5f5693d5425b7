-- The oldest checkpoint that covers so many entries.
SELECT size, time, root, note
FROM register.checkpoint
WHERE size >= $1
ORDER BY size
LIMIT 1
