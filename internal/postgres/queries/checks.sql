-- Searches up to a log index that showed one of these records, or that were made for one
-- of these references: of each record, and of each reference, the last two by each force.
-- Of a record the entries after the index beside it are looked at, and its last entry is
-- there too, search or not: up to that, all is known. Each step is one look-up by key,
-- however many entries there are of a record.
WITH seen AS (
    SELECT asked.id AS record_id, ''::text AS asked_reference, r.idx, p.time, p.force, p.reference_hmac, NOT r.silent AND p.search AS hit
    FROM unnest($1::uuid[], $2::bigint[]) AS asked(id, after)
    CROSS JOIN LATERAL (
        SELECT idx, silent FROM register.entry_record WHERE record_id = asked.id AND idx > asked.after AND idx <= $4 OFFSET 0
    ) r
    CROSS JOIN LATERAL (
        SELECT time, force, reference_hmac, method = 'SearchService.CreateSearch' AND outcome = 'OK' AS search
        FROM register.entry_projection WHERE idx = r.idx LIMIT 1
    ) p
    UNION ALL
    SELECT NULL, asked.reference, p.idx, p.time, p.force, p.reference_hmac, true
    FROM unnest($3::text[]) AS asked(reference)
    CROSS JOIN LATERAL (
        SELECT idx, time, force, reference_hmac FROM register.entry_projection
        WHERE reference_hmac = asked.reference AND reference_hmac <> '' AND idx <= $4
            AND method = 'SearchService.CreateSearch' AND outcome = 'OK'
        ORDER BY idx DESC LIMIT 2
    ) p
)
SELECT record_id, idx, time, force, reference_hmac, hit
FROM (
    SELECT *,
        row_number() OVER (PARTITION BY record_id, asked_reference, force, hit ORDER BY idx DESC) AS of_force,
        row_number() OVER (PARTITION BY record_id, asked_reference ORDER BY idx DESC) AS of_record
    FROM seen
) s
WHERE hit AND of_force <= 2 OR record_id IS NOT NULL AND of_record = 1
