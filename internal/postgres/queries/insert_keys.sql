-- The wrapped keys of new records.
INSERT INTO register.record_key (record_id, wrapped)
SELECT * FROM unnest($1::uuid[], $2::bytea[])
