-- The projections of consecutive entries from an index on.
INSERT INTO register.entry_projection (idx, force, actor, method, operation, outcome, reference_hmac)
SELECT $1::bigint + p.ord - 1, p.force, p.actor, p.method, p.operation, p.outcome, p.reference_hmac
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
    WITH ORDINALITY AS p(force, actor, method, operation, outcome, reference_hmac, ord)
