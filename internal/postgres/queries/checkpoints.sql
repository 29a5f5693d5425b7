-- Checkpoints after a size, oldest first.
SELECT size, time, root, note
FROM register.checkpoint
WHERE size > $1
ORDER BY size
LIMIT $2
