-- The newest index of the log, that of the newest version, and the answered searches after
-- an index, unless more entries than $2 have come since: then none. A
-- registration, one of the methods in $3, with a reason counts as a search. OFFSET 0 as in
-- feed.sql.
WITH head AS MATERIALIZED (
    SELECT (SELECT coalesce(max(idx), -1) FROM register.entry_projection) AS idx,
        (SELECT coalesce(max(log_index), -1) FROM register.version) AS version
)
SELECT head.idx, head.version, s.idx, s.time, s.force, s.reference_hmac, s.meta
FROM head
LEFT JOIN LATERAL (
    SELECT p.idx, p.time, p.force, p.reference_hmac, e.meta
    FROM (
        SELECT idx, time, force, reference_hmac FROM register.entry_projection
        WHERE idx > $1::bigint AND idx <= CASE WHEN head.idx - $1 <= $2::bigint THEN head.idx ELSE -1 END
            AND outcome = 'OK' AND (method = 'SearchService.CreateSearch'
                OR method = ANY($3::text[]) AND reason <> '')
        OFFSET 0
    ) p
    CROSS JOIN LATERAL (SELECT meta FROM register.entry WHERE idx = p.idx OFFSET 0) e
) s ON true
