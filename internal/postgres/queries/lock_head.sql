-- Under the lock: the newest checkpoint, and where the newest change of a sanction stands.
SELECT c.size, c.time, c.root, coalesce((SELECT log_index FROM register.sanction_change ORDER BY log_index DESC LIMIT 1), -1)
FROM register.checkpoint c
ORDER BY c.size DESC
LIMIT 1
