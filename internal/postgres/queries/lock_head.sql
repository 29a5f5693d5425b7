-- Under the lock: the newest checkpoint, and where the newest change of a sanction and the
-- newest version of any record stand.
SELECT c.size, c.time, c.root,
    coalesce((SELECT log_index FROM register.sanction_change ORDER BY log_index DESC LIMIT 1), -1),
    coalesce((SELECT max(log_index) FROM register.version), -1)
FROM register.checkpoint c
ORDER BY c.size DESC
LIMIT 1
