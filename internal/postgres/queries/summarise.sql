-- Entries counted by a key: of whole blocks from their counts, of the others one by
-- one. $1 is the dimension counted, $2 what of it is the key. Counts are taken of the
-- blocks before $8 or, for one account, of the blocks $9; from each of the indices $10
-- until its fellow of $11 entries are counted one by one.
WITH counts AS (
    SELECT s.force, s.time, s.key, s.entries, s.refused, s.records
    FROM register.entry_summary s
    WHERE $4 = '' AND s.dimension = $1 AND ($3 = '' OR s.force = $3) AND s.block < $8::bigint
      AND ($5::timestamptz IS NULL OR s.time >= $5) AND ($6::timestamptz IS NULL OR s.time < $6)
    UNION ALL
    SELECT s.force, s.time, s.key, s.entries, s.refused, s.records
    FROM register.account_summary s
    WHERE $4 <> '' AND s.actor = $4 AND s.dimension = $1 AND ($3 = '' OR s.force = $3) AND s.block = ANY($9::bigint[])
), counted AS (
    SELECT CASE WHEN $2 IN ('hour', 'day') THEN s.time END AS time,
        CASE $2 WHEN 'hour' THEN '' WHEN 'day' THEN '' WHEN 'force' THEN s.force ELSE s.key END AS key,
        sum(s.entries) AS entries, sum(s.refused) AS refused, sum(s.records) AS records
    FROM counts s
    GROUP BY 1, 2
    UNION ALL
    SELECT CASE WHEN $2 IN ('hour', 'day') THEN date_trunc($2, p.time, 'UTC') END,
        CASE $2 WHEN 'hour' THEN '' WHEN 'day' THEN '' WHEN 'force' THEN p.force WHEN 'reason' THEN p.reason WHEN 'method' THEN p.method ELSE p.outcome END,
        count(*), count(*) FILTER (WHERE p.outcome <> 'OK'), sum(p.records)
    FROM unnest($10::bigint[], $11::bigint[]) AS span (first, until)
    JOIN register.entry_projection p ON p.idx >= span.first AND p.idx < span.until
    WHERE ($3 = '' OR p.force = $3) AND ($4 = '' OR p.actor = $4)
      AND ($5::timestamptz IS NULL OR p.time >= $5) AND ($6::timestamptz IS NULL OR p.time < $6)
    GROUP BY 1, 2
), summed AS (
    SELECT time, key, sum(entries)::bigint AS entries, sum(refused)::bigint AS refused, sum(records)::bigint AS records
    FROM counted
    GROUP BY time, key
)
SELECT CASE $2 WHEN 'hour' THEN to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24":00Z"')
        WHEN 'day' THEN to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD') ELSE key END,
    entries, refused, records
FROM summed
ORDER BY time, CASE WHEN $2 = 'force' THEN key END, entries DESC, key
LIMIT $7
