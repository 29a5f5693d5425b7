-- The newest co-signed checkpoint.
SELECT size, time, witnesses, note
FROM register.witnessed_checkpoint
ORDER BY size DESC, time DESC
LIMIT 1
