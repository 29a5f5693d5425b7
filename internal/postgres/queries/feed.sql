-- Versions after a log index, in log order; the versions of one entry stay together.
-- OFFSET 0 keeps the look-ups by key: not knowing how many rows are asked for,
-- the planner would read all records to join a handful.
SELECT r.id, r.kind, r.force, r.source_hmac, r.source_key_version,
    v.n, v.log_index, v.revision, v.erased, v.salt, v.sealed, v.digest, k.wrapped
FROM (
    SELECT * FROM register.version WHERE log_index > $1
    ORDER BY log_index FETCH FIRST $2 ROWS WITH TIES
) v
CROSS JOIN LATERAL (SELECT * FROM register.record WHERE id = v.record_id OFFSET 0) r
LEFT JOIN LATERAL (SELECT wrapped FROM register.record_key WHERE record_id = v.record_id OFFSET 0) k ON true
ORDER BY v.log_index, v.record_id, v.n
