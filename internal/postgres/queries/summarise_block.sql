-- Counts one whole block of entries, unless that was done. The hours of all forces
-- together have counts of their own: by force they would be forty times as many.
INSERT INTO register.entry_summary (block, dimension, force, time, key, entries, refused, records)
SELECT $1::bigint, d.dimension, d.force, d.time, d.key, count(*), count(*) FILTER (WHERE p.outcome <> 'OK'), sum(p.records)
FROM register.entry_projection p
CROSS JOIN LATERAL (VALUES
    ('hour', p.force, date_trunc('hour', p.time, 'UTC'), ''),
    ('all_hours', '', date_trunc('hour', p.time, 'UTC'), ''),
    ('reason', p.force, date_trunc('day', p.time, 'UTC'), p.reason),
    ('method', p.force, date_trunc('day', p.time, 'UTC'), p.method),
    ('outcome', p.force, date_trunc('day', p.time, 'UTC'), p.outcome)
) AS d (dimension, force, time, key)
WHERE p.idx >= $1 * 65536 AND p.idx < ($1 + 1) * 65536
GROUP BY d.dimension, d.force, d.time, d.key
ON CONFLICT DO NOTHING
