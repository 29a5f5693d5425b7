-- Under the lock: the newest version numbers of records.
SELECT asked.id, (SELECT max(n) FROM register.version WHERE record_id = asked.id)
FROM unnest($1::uuid[]) AS asked(id)
