-- The last searches that showed one of these records, or that were made for one of
-- these references, up to a log index: of each record those among its last 100
-- entries, for whoever opens it has searched before. Rows compared as a whole keep
-- the look-up in the order of the index, however often a record was shown; OFFSET 0
-- as in feed.sql.
WITH found AS MATERIALIZED (
    SELECT r.idx
    FROM unnest($1::uuid[]) AS asked(id)
    CROSS JOIN LATERAL (
        SELECT idx, silent FROM register.entry_record
        WHERE (record_id, idx) <= (asked.id, $3) AND (record_id, idx) >= (asked.id, 0)
        ORDER BY record_id DESC, idx DESC LIMIT 100
    ) r
    WHERE NOT r.silent
    UNION
    SELECT p.idx
    FROM unnest($2::text[]) AS asked(reference)
    CROSS JOIN LATERAL (
        SELECT idx FROM register.entry_projection
        WHERE reference_hmac = asked.reference AND reference_hmac <> '' AND idx <= $3 OFFSET 0
    ) p
)
SELECT f.idx, p.time, p.force, p.reference_hmac
FROM found f
CROSS JOIN LATERAL (SELECT * FROM register.entry_projection WHERE idx = f.idx OFFSET 0) p
WHERE p.method = 'SearchService.CreateSearch' AND p.outcome = 'OK'
ORDER BY f.idx DESC
LIMIT 300
