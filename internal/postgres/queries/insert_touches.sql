-- Always sent, even when empty: whether a search met a silent record must not
-- show in how long it takes.
INSERT INTO register.entry_record (record_id, idx, force, silent)
SELECT t.record_id, t.idx, t.force, t.silent
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::boolean[]) AS t (record_id, idx, force, silent)
ON CONFLICT DO NOTHING
