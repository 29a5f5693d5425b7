-- A page of a force's records of a kind, the newest first (ids grow with time), each
-- with its newest version.
SELECT r.id, r.kind, r.force, r.source_hmac, r.source_key_version,
    v.n, v.log_index, v.revision, v.erased, v.salt, v.sealed, v.digest, k.wrapped
FROM register.record r
JOIN LATERAL (
    SELECT * FROM register.version WHERE record_id = r.id ORDER BY n DESC LIMIT 1
) v ON true
LEFT JOIN register.record_key k ON k.record_id = r.id
WHERE r.force = $1 AND r.kind = $2 AND r.id < $3
ORDER BY r.id DESC
LIMIT $4
