-- All versions of one record, oldest first.
SELECT r.id, r.kind, r.force, r.source_hmac, r.source_key_version,
    v.n, v.log_index, v.revision, v.erased, v.salt, v.sealed, v.digest, k.wrapped
FROM register.record r
JOIN register.version v ON v.record_id = r.id
LEFT JOIN register.record_key k ON k.record_id = r.id
WHERE r.id = $1
ORDER BY v.n
