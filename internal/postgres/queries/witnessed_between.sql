-- Co-signed checkpoints of a range of sizes, the smallest first.
SELECT size, time, witnesses, note
FROM register.witnessed_checkpoint
WHERE size > $1 AND size <= $2
ORDER BY size, time
