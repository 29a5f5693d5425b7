-- Versions after a log index, in log order; the versions of one entry stay together.
SELECT r.id, r.kind, r.force, r.source_hmac, r.source_key_version,
    v.n, v.log_index, v.revision, v.erased, v.salt, v.sealed, v.digest, k.wrapped
FROM (
    SELECT * FROM register.version WHERE log_index > $1
    ORDER BY log_index FETCH FIRST $2 ROWS WITH TIES
) v
JOIN register.record r ON r.id = v.record_id
LEFT JOIN register.record_key k ON k.record_id = r.id
ORDER BY v.log_index, v.record_id, v.n
