-- A batch of the log in one statement: consecutive entries from an index on, all of
-- one time, with their projections, sealed bodies (where there are any), the records
-- they touched and the checkpoint that covers them. Touches are always sent, even when
-- there are none: whether a search met a silent record must not show in how long it takes.
WITH entries AS (
    INSERT INTO register.entry (idx, time, versions, meta, leaf_hash, body_hash)
    SELECT $1::bigint + e.ord - 1, $2::timestamptz, e.versions, e.meta, e.leaf_hash, e.body_hash
    FROM unnest($3::bytea[], $5::bytea[], $6::bytea[], $9::smallint[])
        WITH ORDINALITY AS e(meta, leaf_hash, body_hash, versions, ord)
), projections AS (
    INSERT INTO register.entry_projection (idx, force, actor, method, operation, outcome, reference_hmac, time, reason, records)
    SELECT $1::bigint + p.ord - 1, p.force, p.actor, p.method, p.operation, p.outcome, p.reference_hmac, $2::timestamptz, p.reason, p.records
    FROM unnest($10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::integer[])
        WITH ORDINALITY AS p(force, actor, method, operation, outcome, reference_hmac, reason, records, ord)
), bodies AS (
    INSERT INTO register.entry_body (idx, search_id, wrapped, sealed)
    SELECT $1::bigint + b.ord - 1, b.search_id, b.wrapped, b.sealed
    FROM unnest($4::bytea[], $7::bytea[], $8::uuid[]) WITH ORDINALITY AS b(sealed, wrapped, search_id, ord)
    WHERE b.wrapped IS NOT NULL
), touches AS (
    INSERT INTO register.entry_record (record_id, idx, force, silent)
    SELECT t.record_id, t.idx, t.force, t.silent
    FROM unnest($18::uuid[], $19::bigint[], $20::text[], $21::boolean[]) AS t (record_id, idx, force, silent)
)
INSERT INTO register.checkpoint (size, time, root, note) VALUES ($22, $2, $23, $24)
