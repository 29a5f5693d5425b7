-- Of the records given, each with the log index at which it fell away, those that
-- an actor was shown before: the last entry that did, and when it fell.
SELECT f.record_id, s.idx, e.time, g.time
FROM unnest($1::uuid[], $2::bigint[]) AS f (record_id, fell)
CROSS JOIN LATERAL (
    SELECT r.idx
    FROM register.entry_record r
    JOIN register.entry_projection p ON p.idx = r.idx
    WHERE r.record_id = f.record_id AND r.idx < f.fell AND p.actor = $3 AND NOT r.silent
    ORDER BY r.idx DESC
    LIMIT 1
) s
JOIN register.entry e ON e.idx = s.idx
JOIN register.entry g ON g.idx = f.fell
