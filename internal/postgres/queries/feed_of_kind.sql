-- Versions of records of one kind in a range of log indices, in log order; the
-- versions of one entry stay together.
SELECT r.id, r.kind, r.force, r.source_hmac, r.source_key_version,
    v.n, v.log_index, v.revision, v.erased, v.salt, v.sealed, v.digest, k.wrapped
FROM (
    SELECT w.* FROM register.version w
    JOIN register.record o ON o.id = w.record_id AND o.kind = $3
    WHERE w.log_index >= $1 AND w.log_index < $2
    ORDER BY w.log_index FETCH FIRST $4 ROWS WITH TIES
) v
JOIN register.record r ON r.id = v.record_id
LEFT JOIN register.record_key k ON k.record_id = v.record_id
ORDER BY v.log_index, v.record_id, v.n
