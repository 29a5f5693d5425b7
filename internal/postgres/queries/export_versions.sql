-- Versions in a range of log indices, the sealed content by its hash and, if
-- asked for, in full.
SELECT r.id, r.kind, r.force, v.n, v.log_index, v.revision, v.erased, v.salt, v.digest,
    sha256(v.sealed), CASE WHEN $3::boolean THEN v.sealed END
FROM register.version v
JOIN register.record r ON r.id = v.record_id
WHERE v.log_index >= $1 AND v.log_index < $2
ORDER BY v.log_index, v.record_id, v.n
