-- The newest checkpoint, and how far entries and versions reach at that moment.
SELECT size, time, root, note,
    (SELECT coalesce(max(idx) + 1, 0) FROM register.entry),
    (SELECT coalesce(max(log_index) + 1, 0) FROM register.version)
FROM register.checkpoint
ORDER BY size DESC
LIMIT 1
