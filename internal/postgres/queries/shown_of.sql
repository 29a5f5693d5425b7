-- Of the records given, each with a log index, those that an actor was shown
-- before it: the last entry that did.
SELECT f.record_id, s.idx, e.time
FROM unnest($1::uuid[], $2::bigint[]) AS f (record_id, before)
CROSS JOIN LATERAL (
    SELECT r.idx
    FROM register.entry_record r
    JOIN register.entry_projection p ON p.idx = r.idx
    WHERE r.record_id = f.record_id AND r.idx < f.before AND p.actor = $3 AND NOT r.silent
    ORDER BY r.idx DESC
    LIMIT 1
) s
JOIN register.entry e ON e.idx = s.idx
