-- New versions.
INSERT INTO register.version (record_id, n, log_index, revision, erased, salt, sealed, digest)
SELECT * FROM unnest($1::uuid[], $2::integer[], $3::bigint[], $4::bigint[], $5::boolean[], $6::bytea[], $7::bytea[], $8::bytea[])
