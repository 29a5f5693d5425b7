-- Versions in a range of log indices, with the record and no key.
SELECT r.id, r.kind, r.force, r.source_hmac, r.source_key_version,
    v.n, v.log_index, v.revision, v.erased, v.salt, v.sealed, v.digest, NULL::bytea
FROM register.version v
JOIN register.record r ON r.id = v.record_id
WHERE v.log_index >= $1 AND v.log_index < $2
ORDER BY v.log_index, v.record_id, v.n
