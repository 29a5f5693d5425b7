-- Consecutive entries from an index on, all of one time.
INSERT INTO register.entry (idx, time, versions, meta, leaf_hash, body_hash)
SELECT $1::bigint + e.ord - 1, $2::timestamptz, e.versions, e.meta, e.leaf_hash, e.body_hash
FROM unnest($3::smallint[], $4::bytea[], $5::bytea[], $6::bytea[])
    WITH ORDINALITY AS e(versions, meta, leaf_hash, body_hash, ord)
