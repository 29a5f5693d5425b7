-- Of the records given, those that an actor was shown, with the last entry that did.
SELECT DISTINCT ON (r.record_id) r.record_id, r.idx, e.time
FROM register.entry_record r
JOIN register.entry_projection p ON p.idx = r.idx
JOIN register.entry e ON e.idx = r.idx
WHERE r.record_id = ANY($1::uuid[]) AND p.actor = $2 AND NOT r.silent
ORDER BY r.record_id, r.idx DESC
