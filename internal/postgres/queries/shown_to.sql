-- Of each force, how many of its people a record was shown to, or met in what they were shown.
SELECT p.force, count(DISTINCT p.actor)::integer
FROM register.entry_record r
JOIN register.entry_projection p ON p.idx = r.idx
WHERE r.record_id = $1 AND NOT r.silent AND p.force <> ''
GROUP BY p.force
