-- New records.
INSERT INTO register.record (id, kind, force, source_hmac, source_key_version)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::integer[])
