-- Where versions of sanctions stand in the log.
INSERT INTO register.sanction_change (log_index)
SELECT DISTINCT unnest($1::bigint[])
