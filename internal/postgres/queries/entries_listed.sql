-- Entries by index, of one force's callers or of all; the newest first.
SELECT e.idx, e.time, e.versions, e.meta, e.leaf_hash, e.body_hash
FROM register.entry_projection p
JOIN register.entry e ON e.idx = p.idx
WHERE p.idx = ANY($1) AND ($2 = '' OR p.force = $2)
ORDER BY p.idx DESC
