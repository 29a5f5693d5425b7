-- Tiles with an entry of a caller, of a reference or about a record that is held.
SELECT p.idx / 256
FROM register.entry_projection p
WHERE p.idx >= $1 AND p.idx < $2
  AND (EXISTS (SELECT FROM unnest($3::text[], $4::text[]) AS h (force, actor) WHERE h.force = p.force AND h.actor = p.actor)
    OR p.reference_hmac = ANY($5::text[]))
UNION
SELECT r.idx / 256
FROM register.entry_record r
WHERE r.record_id = ANY($6::uuid[]) AND r.idx >= $1 AND r.idx < $2
