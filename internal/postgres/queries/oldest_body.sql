-- The oldest entry whose sealed body is kept.
SELECT e.idx, e.time
FROM register.entry e
WHERE e.idx = (SELECT min(idx) FROM register.entry_body)
