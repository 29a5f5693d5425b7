-- The newest version of the record with one of these source HMACs.
SELECT r.id, r.kind, r.force, r.source_hmac, r.source_key_version,
    v.n, v.log_index, v.revision, v.erased, v.salt, v.sealed, v.digest, k.wrapped
FROM register.record r
JOIN LATERAL (
    SELECT * FROM register.version WHERE record_id = r.id ORDER BY n DESC LIMIT 1
) v ON true
LEFT JOIN register.record_key k ON k.record_id = r.id
WHERE r.source_hmac = ANY($1::bytea[])
