-- A page of wrapped keys.
SELECT record_id, wrapped
FROM register.record_key
WHERE record_id > $1
ORDER BY record_id
LIMIT $2
