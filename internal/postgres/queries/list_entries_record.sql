-- Entries that touched a record, newest first; an empty text selects all.
SELECT e.idx, e.time, e.versions, e.meta, e.leaf_hash, e.body_hash
FROM register.entry_record r
JOIN register.entry_projection p ON p.idx = r.idx
JOIN register.entry e ON e.idx = r.idx
WHERE r.record_id = $1 AND r.force = $2
  AND r.idx > $3 AND r.idx < $4
  AND ($5 = '' OR p.actor = $5)
  AND ($6 = '' OR p.method = $6)
  AND ($7 = '' OR p.outcome = $7)
  AND ($8::timestamptz IS NULL OR e.time >= $8)
  AND ($9::timestamptz IS NULL OR e.time < $9)
  AND ($11::text[] IS NULL OR p.reference_hmac = ANY($11))
  AND (NOT $12::boolean OR p.outcome <> 'OK')
ORDER BY r.idx DESC
LIMIT $10
