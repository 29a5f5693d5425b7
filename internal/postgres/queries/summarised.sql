-- How many blocks are counted, from the first on.
SELECT coalesce((SELECT block FROM register.entry_summary ORDER BY block DESC LIMIT 1) + 1, 0)
