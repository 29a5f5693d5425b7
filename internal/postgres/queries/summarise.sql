-- Entries counted by a key: of whole blocks from their counts, of the others one by
-- one. $1 is the dimension counted, $2 what of it is the key, $8 the first index
-- that no block has counted.
WITH counted AS (
    SELECT CASE $2 WHEN 'hour' THEN to_char(s.time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24":00Z"')
            WHEN 'day' THEN to_char(s.time AT TIME ZONE 'UTC', 'YYYY-MM-DD')
            WHEN 'force' THEN s.force ELSE s.key END AS key, s.entries, s.refused, s.records
    FROM register.entry_summary s
    WHERE s.dimension = $1 AND ($3 = '' OR s.force = $3) AND $4 = ''
      AND ($5::timestamptz IS NULL OR s.time >= $5) AND ($6::timestamptz IS NULL OR s.time < $6)
      AND s.block < $8::bigint / 65536
    UNION ALL
    SELECT CASE $2 WHEN 'hour' THEN to_char(p.time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24":00Z"')
            WHEN 'day' THEN to_char(p.time AT TIME ZONE 'UTC', 'YYYY-MM-DD')
            WHEN 'force' THEN p.force WHEN 'reason' THEN p.reason WHEN 'method' THEN p.method ELSE p.outcome END,
        1, CASE WHEN p.outcome <> 'OK' THEN 1 ELSE 0 END, p.records
    FROM register.entry_projection p
    WHERE p.idx >= $8 AND ($3 = '' OR p.force = $3) AND ($4 = '' OR p.actor = $4)
      AND ($5::timestamptz IS NULL OR p.time >= $5) AND ($6::timestamptz IS NULL OR p.time < $6)
)
SELECT key, sum(entries)::bigint, sum(refused)::bigint, sum(records)::bigint
FROM counted
GROUP BY key
ORDER BY CASE WHEN $2 IN ('hour', 'day', 'force') THEN key END, sum(entries) DESC, key
LIMIT $7
