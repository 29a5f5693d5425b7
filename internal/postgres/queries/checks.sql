-- Searches up to a log index that showed one of these records, or that were made for one
-- of these references; a registration with a reason is a check too, of its suspect, though
-- he be silent: of each record, and of each reference, the last two by each force.
-- Of a record the entries after the index beside it are looked at, and its last entry is
-- there too, search or not: up to that, all is known. Rows compared as a whole keep the
-- look-up in the order of the index, however often a record was shown; OFFSET 0 as in
-- feed.sql.
WITH seen AS MATERIALIZED (
    SELECT asked.id AS record_id, ''::text AS asked_reference, r.idx, p.time, p.force, p.reference_hmac, NOT r.silent AND p.search OR p.checked AS hit
    FROM unnest($1::uuid[], $2::bigint[]) AS asked(id, after)
    CROSS JOIN LATERAL (
        SELECT idx, silent FROM register.entry_record
        WHERE (record_id, idx) <= (asked.id, $4) AND (record_id, idx) > (asked.id, asked.after) OFFSET 0
    ) r
    CROSS JOIN LATERAL (
        SELECT time, force, reference_hmac, method = 'SearchService.CreateSearch' AND outcome = 'OK' AS search,
            method IN ('ConductService.RegisterCourse', 'RegistrationService.RegisterRecords') AND reason <> '' AND outcome = 'OK' AS checked
        FROM register.entry_projection WHERE idx = r.idx OFFSET 0
    ) p
    UNION ALL
    SELECT NULL, asked.reference, p.idx, p.time, p.force, p.reference_hmac, true
    FROM unnest($3::text[]) AS asked(reference)
    CROSS JOIN LATERAL (
        SELECT idx, time, force, reference_hmac FROM register.entry_projection
        WHERE (reference_hmac, idx) <= (asked.reference, $4) AND (reference_hmac, idx) >= (asked.reference, 0) AND reference_hmac <> ''
            AND (method = 'SearchService.CreateSearch'
                OR method IN ('ConductService.RegisterCourse', 'RegistrationService.RegisterRecords') AND reason <> '') AND outcome = 'OK'
        ORDER BY reference_hmac DESC, idx DESC LIMIT 2
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
