-- +goose Up

-- The kinds of records are the program's to know; the database keeps their form.
ALTER TABLE register.record DROP CONSTRAINT record_kind_check;
ALTER TABLE register.record ADD CONSTRAINT record_kind_check CHECK (kind ~ '^[a-z][a-z_]{1,30}$');

-- Where in the log sanctions were imposed or lifted: each batch asks for the
-- newest, so that no entry is written past a sanction that its replica has not read.
CREATE TABLE register.sanction_change (
    log_index bigint PRIMARY KEY REFERENCES register.entry DEFERRABLE INITIALLY DEFERRED
);
COMMENT ON TABLE register.sanction_change IS 'Log indices of the versions of sanctions; can be rebuilt from version and record';
GRANT SELECT, INSERT ON register.sanction_change TO register_service;

-- +goose Down
DROP TABLE register.sanction_change;
