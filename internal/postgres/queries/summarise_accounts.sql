-- Counts one whole block of entries for each account that has 512 or more of them, unless
-- that was done. What is below is little enough to be counted when it is asked for.
INSERT INTO register.account_summary (actor, dimension, block, force, time, key, entries, refused, records)
SELECT p.actor, d.dimension, $1::bigint, p.force, d.time, d.key, count(*), count(*) FILTER (WHERE p.outcome <> 'OK'), sum(p.records)
FROM (
    SELECT actor
    FROM register.entry_projection
    WHERE idx >= $1 * 65536 AND idx < ($1 + 1) * 65536 AND actor <> ''
    GROUP BY actor
    HAVING count(*) >= 512
) AS busy
JOIN register.entry_projection p ON p.actor = busy.actor AND p.idx >= $1 * 65536 AND p.idx < ($1 + 1) * 65536
CROSS JOIN LATERAL (VALUES
    ('hour', date_trunc('hour', p.time, 'UTC'), ''),
    ('reason', date_trunc('day', p.time, 'UTC'), p.reason),
    ('method', date_trunc('day', p.time, 'UTC'), p.method),
    ('outcome', date_trunc('day', p.time, 'UTC'), p.outcome)
) AS d (dimension, time, key)
GROUP BY p.actor, d.dimension, p.force, d.time, d.key
UNION ALL
SELECT '', '', $1, '', 'epoch', '', 0, 0, 0
ON CONFLICT DO NOTHING
