-- +goose Up

-- Measures, duties, sanctions, facts, flags and whatever comes after them are records
-- like the others: their kinds are the program's to know, the database keeps the form.
ALTER TABLE register.record DROP CONSTRAINT record_kind_check;
ALTER TABLE register.record ADD CONSTRAINT record_kind_check CHECK (kind ~ '^[a-z][a-z_]{1,30}$');

-- How far the rules have read the log. Rows are added now and then, never changed.
CREATE TABLE register.watched (
    size     bigint      PRIMARY KEY CHECK (size >= 0),
    time     timestamptz NOT NULL,
    settings text        NOT NULL
);
COMMENT ON TABLE register.watched IS 'Up to which entry flags of misuse are written; after it they are not yet';
COMMENT ON COLUMN register.watched.time IS 'Time of the last entry read';
COMMENT ON COLUMN register.watched.settings IS 'Version of the thresholds in use';
GRANT SELECT, INSERT ON register.watched TO register_service;

-- +goose Down
DROP TABLE register.watched; -- the wider form of kinds does no harm
