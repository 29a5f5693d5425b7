-- Under the lock: records with their newest version numbers.
SELECT r.id, r.kind, r.force, (SELECT max(n) FROM register.version WHERE record_id = r.id)
FROM register.record r
WHERE r.id = ANY($1::uuid[])
