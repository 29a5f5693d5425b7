-- Sealed bodies.
INSERT INTO register.entry_body (idx, search_id, wrapped, sealed)
SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::bytea[])
