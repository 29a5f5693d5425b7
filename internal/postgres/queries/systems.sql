-- The force systems that have called, by name, each with its first and last entry: $1
-- begins their names. The index is gone through from name to name, so that what it costs
-- hangs on how many systems there are, not on how often they called. Where their names
-- end is told apart by a letter, which every collation puts alike.
WITH RECURSIVE callers AS (
    (SELECT p.actor
     FROM register.entry_projection p
     WHERE p.actor > 'register' AND p.actor < 'registes'
     ORDER BY p.actor
     LIMIT 1)
    UNION ALL
    SELECT (SELECT p.actor
            FROM register.entry_projection p
            WHERE p.actor > c.actor AND p.actor < 'registes'
            ORDER BY p.actor
            LIMIT 1)
    FROM callers c
    WHERE c.actor IS NOT NULL
)
SELECT c.actor, first.time, last.time
FROM callers c
CROSS JOIN LATERAL (SELECT p.time FROM register.entry_projection p WHERE p.actor = c.actor ORDER BY p.idx LIMIT 1) AS first
CROSS JOIN LATERAL (SELECT p.time FROM register.entry_projection p WHERE p.actor = c.actor ORDER BY p.idx DESC LIMIT 1) AS last
WHERE starts_with(c.actor, $1)
ORDER BY c.actor
LIMIT $2
