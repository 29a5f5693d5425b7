-- Versions of sanctions after a log index, in log order.
SELECT r.id, r.kind, r.force, r.source_hmac, r.source_key_version,
    v.n, v.log_index, v.revision, v.erased, v.salt, v.sealed, v.digest, k.wrapped
FROM register.sanction_change s
JOIN register.version v ON v.log_index = s.log_index
JOIN register.record r ON r.id = v.record_id AND r.kind = 'sanction'
LEFT JOIN register.record_key k ON k.record_id = r.id
WHERE s.log_index > $1
ORDER BY s.log_index, v.record_id
