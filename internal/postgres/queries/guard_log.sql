-- Under the lock: fails unless the newest checkpoint is the one that a batch was made
-- from, and no sanction has changed that its maker had not learnt. The failure is a
-- text that is no number: the database has no plainer way to give up.
SELECT CASE
    WHEN (SELECT c.size = $1::bigint AND c.root = $2::bytea FROM register.checkpoint c ORDER BY c.size DESC LIMIT 1)
        AND coalesce((SELECT s.log_index FROM register.sanction_change s ORDER BY s.log_index DESC LIMIT 1), -1) <= $3::bigint
    THEN 0
    ELSE ('the log has moved on since it had entries: ' || $1::bigint)::integer
END
