-- Writes some of the counts of the busy accounts of one whole block of entries, unless
-- they stand there.
INSERT INTO register.account_summary (block, dimension, force, time, key, entries, refused, records, actor)
SELECT $1::bigint, *
FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[])
ON CONFLICT DO NOTHING
