-- Which of these records were shown by a search after a log index, or checked by a
-- registration: by one of the methods in $3, with a reason.
SELECT DISTINCT r.record_id
FROM unnest($1::uuid[]) AS asked(id)
JOIN register.entry_record r ON r.record_id = asked.id AND r.idx > $2
JOIN register.entry_projection p ON p.idx = r.idx
WHERE p.outcome = 'OK' AND (NOT r.silent AND p.method = 'SearchService.CreateSearch'
    OR p.method = ANY($3::text[]) AND p.reason <> '')
