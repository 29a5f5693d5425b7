-- How many blocks were looked through for busy accounts, from the first on.
SELECT coalesce((SELECT block FROM register.account_summary WHERE actor = '' AND dimension = '' ORDER BY block DESC LIMIT 1) + 1, 0)
