-- Replace wrapped keys that are still as they were read.
UPDATE register.record_key k
SET wrapped = change.replacement
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS change(record_id, old, replacement)
WHERE k.record_id = change.record_id AND k.wrapped = change.old
