-- The versions of records that stood at a log index.
SELECT r.id, r.kind, r.force, r.source_hmac, r.source_key_version,
    v.n, v.log_index, v.revision, v.erased, v.salt, v.sealed, v.digest, k.wrapped
FROM unnest($1::uuid[]) AS asked(id)
JOIN register.record r ON r.id = asked.id
JOIN LATERAL (
    SELECT * FROM register.version WHERE record_id = r.id AND log_index <= $2 ORDER BY n DESC LIMIT 1
) v ON true
LEFT JOIN register.record_key k ON k.record_id = r.id
