-- The last searches that showed one of these records, or that were made for one of
-- these references, after a log index and up to another; and the newest index of the
-- log, so that the next question begins there. There is a row though there is no search.
-- Rows compared as a whole keep the look-up in the order of the index, however often a
-- record was shown; OFFSET 0 as in feed.sql.
SELECT h.idx, c.idx, c.time, c.force, c.reference_hmac
FROM (SELECT coalesce(max(idx), -1) AS idx FROM register.entry) h
LEFT JOIN LATERAL (
    SELECT s.idx, s.time, s.force, s.reference_hmac
    FROM unnest($1::uuid[]) AS asked(id)
    CROSS JOIN LATERAL (
        SELECT r.idx, p.time, p.force, p.reference_hmac
        FROM register.entry_record r
        CROSS JOIN LATERAL (SELECT * FROM register.entry_projection WHERE idx = r.idx OFFSET 0) p
        WHERE (r.record_id, r.idx) <= (asked.id, $4) AND (r.record_id, r.idx) > (asked.id, $3)
          AND NOT r.silent AND p.method = 'SearchService.CreateSearch' AND p.outcome = 'OK'
        ORDER BY r.record_id DESC, r.idx DESC
        LIMIT 300
    ) s
    UNION
    SELECT s.idx, s.time, s.force, s.reference_hmac
    FROM unnest($2::text[]) AS asked(reference)
    CROSS JOIN LATERAL (
        SELECT p.idx, p.time, p.force, p.reference_hmac
        FROM register.entry_projection p
        WHERE p.reference_hmac = asked.reference AND p.reference_hmac <> '' AND p.idx <= $4 AND p.idx > $3
          AND p.method = 'SearchService.CreateSearch' AND p.outcome = 'OK'
        OFFSET 0
    ) s
    ORDER BY idx DESC
    LIMIT 300
) c ON true
