-- Under the lock: the records of a kind that were written after a log index, in log order.
-- OFFSET 0 as in feed.sql.
SELECT v.record_id, v.n, v.log_index
FROM register.version v
CROSS JOIN LATERAL (SELECT kind FROM register.record WHERE id = v.record_id OFFSET 0) r
WHERE v.log_index > $1 AND r.kind = $2
ORDER BY v.log_index
LIMIT $3
