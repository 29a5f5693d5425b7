-- Entries by filter; an empty text selects all. Times never go backwards along
-- the log, so checkpoints turn a range of times into a range of indices.
SELECT e.idx, e.time, e.versions, e.meta, e.leaf_hash, e.body_hash
FROM register.entry_projection p
JOIN register.entry e ON e.idx = p.idx
WHERE p.idx > $1 AND p.idx < $2
  AND ($3 = '' OR p.force = $3)
  AND (NOT $14::boolean OR p.force = '')
  AND ($4 = '' OR p.actor = $4)
  AND ($5 = '' OR p.method = $5)
  AND ($6 = '' OR p.operation = $6)
  AND ($7 = '' OR p.outcome = $7)
  AND ($8::text[] IS NULL OR p.reference_hmac = ANY($8))
  AND ($13::text[] IS NULL OR p.method = ANY($13))
  AND (NOT $12::boolean OR p.outcome <> 'OK')
  AND ($9::timestamptz IS NULL OR e.time >= $9)
  AND ($10::timestamptz IS NULL OR e.time < $10)
ORDER BY p.idx ASC
LIMIT $11
