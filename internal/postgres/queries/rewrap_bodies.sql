-- Replace wrapped keys of bodies that are still as they were read.
UPDATE register.entry_body b
SET wrapped = change.replacement
FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) AS change(idx, old, replacement)
WHERE b.idx = change.idx AND b.wrapped = change.old
