-- A page of the wrapped keys of sealed bodies, with the entry that names each.
SELECT b.idx, e.meta, b.wrapped
FROM register.entry_body b
JOIN register.entry e ON e.idx = b.idx
WHERE b.idx > $1
ORDER BY b.idx
LIMIT $2
