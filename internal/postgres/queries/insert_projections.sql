-- The projections of consecutive entries from an index on, all of one time.
INSERT INTO register.entry_projection (idx, force, actor, method, operation, outcome, reference_hmac, time, reason, records)
SELECT $1::bigint + p.ord - 1, p.force, p.actor, p.method, p.operation, p.outcome, p.reference_hmac, $2::timestamptz, p.reason, p.records
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::integer[])
    WITH ORDINALITY AS p(force, actor, method, operation, outcome, reference_hmac, reason, records, ord)
