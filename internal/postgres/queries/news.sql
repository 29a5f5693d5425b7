-- Under the lock: the records of a kind that were written after a log index, in log order.
SELECT v.record_id, v.n, v.log_index
FROM register.version v
JOIN register.record r ON r.id = v.record_id
WHERE v.log_index > $1 AND r.kind = $2
ORDER BY v.log_index
LIMIT $3
