-- The newest checkpoint.
SELECT size, time, root, note
FROM register.checkpoint
ORDER BY size DESC
LIMIT 1
