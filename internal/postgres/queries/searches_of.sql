-- The searches of an actor that touched the records given, each before the
-- log index at which it fell away: the last ten of each record, newest first.
SELECT f.record_id, s.search_id
FROM unnest($1::uuid[], $2::bigint[]) AS f (record_id, fell)
CROSS JOIN LATERAL (
    SELECT r.idx, b.search_id
    FROM register.entry_record r
    JOIN register.entry_projection p ON p.idx = r.idx
    JOIN register.entry_body b ON b.idx = r.idx
    WHERE r.record_id = f.record_id AND r.idx < f.fell AND p.actor = $3 AND NOT r.silent
      AND b.search_id IS NOT NULL
    ORDER BY r.idx DESC
    LIMIT 10
) s
ORDER BY s.idx DESC
