-- The first co-signed checkpoint that covers an index.
SELECT size, time, witnesses, note
FROM register.witnessed_checkpoint
WHERE size > $1
ORDER BY size, time
LIMIT 1
