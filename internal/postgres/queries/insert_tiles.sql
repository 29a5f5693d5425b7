-- Tiles that have become full.
INSERT INTO register.tile (level, n, root, data)
SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[], $4::bytea[])
