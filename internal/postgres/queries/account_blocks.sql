-- The blocks that have counts of one account, of those from $2 on and before $3.
SELECT DISTINCT block
FROM register.account_summary
WHERE actor = $1 AND dimension = 'outcome' AND block >= $2 AND block < $3
ORDER BY block
