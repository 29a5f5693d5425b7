-- A few of the entries of a block, with what they are counted by.
SELECT force, actor, method, outcome, reason, time, records
FROM register.entry_projection
WHERE idx >= $1 AND idx < $2
