-- Destroy the keys of erased records.
DELETE FROM register.record_key WHERE record_id = ANY($1::uuid[])
