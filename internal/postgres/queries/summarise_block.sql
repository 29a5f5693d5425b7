-- Counts one whole block of entries, unless that was done.
INSERT INTO register.entry_summary (block, dimension, force, time, key, entries, refused, records)
SELECT $1::bigint, d.dimension, p.force, d.time, d.key, count(*), count(*) FILTER (WHERE p.outcome <> 'OK'), sum(p.records)
FROM register.entry_projection p
CROSS JOIN LATERAL (VALUES
    ('hour', date_trunc('hour', p.time, 'UTC'), ''),
    ('reason', date_trunc('day', p.time, 'UTC'), p.reason),
    ('method', date_trunc('day', p.time, 'UTC'), p.method),
    ('outcome', date_trunc('day', p.time, 'UTC'), p.outcome)
) AS d (dimension, time, key)
WHERE p.idx >= $1 * 65536 AND p.idx < ($1 + 1) * 65536
GROUP BY d.dimension, p.force, d.time, d.key
ON CONFLICT DO NOTHING
