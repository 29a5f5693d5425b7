-- The sealed body of an entry.
SELECT b.search_id, b.wrapped, b.sealed, e.idx, e.time, e.versions, e.meta, e.leaf_hash, e.body_hash
FROM register.entry_body b
JOIN register.entry e ON e.idx = b.idx
WHERE b.idx = $1
