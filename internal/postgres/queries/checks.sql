-- Searches up to a log index that showed one of these records, or that were made for one
-- of these references: of each record, and of each reference, the last two by each force.
-- A registration, one of the methods in $5, with a reason was a search for its suspect
-- too, who may be silent.
-- Of a record the entries after the index beside it are looked at. Rows compared as a
-- whole keep the look-up in the order of the index, however often a record was shown;
-- OFFSET 0 as in feed.sql.
WITH seen AS MATERIALIZED (
    SELECT asked.id AS record_id, ''::text AS asked_reference, r.idx, p.time, p.force, p.reference_hmac
    FROM unnest($1::uuid[], $2::bigint[]) AS asked(id, after)
    CROSS JOIN LATERAL (
        SELECT idx, silent FROM register.entry_record
        WHERE (record_id, idx) <= (asked.id, $4) AND (record_id, idx) > (asked.id, asked.after) OFFSET 0
    ) r
    CROSS JOIN LATERAL (
        SELECT time, force, reference_hmac FROM register.entry_projection
        WHERE idx = r.idx AND outcome = 'OK' AND (NOT r.silent AND method = 'SearchService.CreateSearch'
            OR method = ANY($5::text[]) AND reason <> '') OFFSET 0
    ) p
    UNION ALL
    SELECT NULL, asked.reference, p.idx, p.time, p.force, p.reference_hmac
    FROM unnest($3::text[]) AS asked(reference)
    CROSS JOIN LATERAL (
        SELECT idx, time, force, reference_hmac FROM register.entry_projection
        WHERE (reference_hmac, idx) <= (asked.reference, $4) AND (reference_hmac, idx) >= (asked.reference, 0) AND reference_hmac <> ''
            AND outcome = 'OK' AND (method = 'SearchService.CreateSearch'
                OR method = ANY($5::text[]) AND reason <> '')
        ORDER BY reference_hmac DESC, idx DESC LIMIT 2
    ) p
)
SELECT record_id, idx, time, force, reference_hmac
FROM (
    SELECT *, row_number() OVER (PARTITION BY record_id, asked_reference, force ORDER BY idx DESC) AS of_force
    FROM seen
) s
WHERE of_force <= 2
