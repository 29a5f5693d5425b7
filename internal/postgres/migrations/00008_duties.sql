-- +goose Up

-- Duties, and what forces made of prompts, are records like the others. The kinds
-- of records are the program's to know; the database keeps their form.
ALTER TABLE register.record DROP CONSTRAINT record_kind_check;
ALTER TABLE register.record ADD CONSTRAINT record_kind_check CHECK (kind ~ '^[a-z][a-z_]{1,30}$');

-- +goose Down
SELECT 1; -- the wider form does no harm
