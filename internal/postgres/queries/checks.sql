-- The last searches that showed one of these records, or that were made for one of
-- these references, up to a log index: of each record those among its last 100
-- entries, for whoever opens it has searched before.
SELECT s.idx, e.time, p.force, p.reference_hmac
FROM (
    SELECT r.idx
    FROM unnest($1::uuid[]) AS asked(id)
    CROSS JOIN LATERAL (
        SELECT idx, silent FROM register.entry_record WHERE record_id = asked.id AND idx <= $3 ORDER BY idx DESC LIMIT 100
    ) r
    WHERE NOT r.silent
    UNION
    SELECT p.idx FROM register.entry_projection p
    WHERE p.reference_hmac = ANY($2::text[]) AND p.reference_hmac <> '' AND p.idx <= $3
) s
JOIN register.entry_projection p ON p.idx = s.idx
JOIN register.entry e ON e.idx = s.idx
WHERE p.method = 'SearchService.CreateSearch' AND p.outcome = 'OK'
ORDER BY s.idx DESC
LIMIT 300
