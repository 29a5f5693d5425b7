-- +goose Up

-- Where in the log sanctions were imposed or lifted: each batch asks for the
-- newest, so that no entry is written past a sanction that its replica has not read.
CREATE TABLE register.sanction_change (
    log_index bigint PRIMARY KEY REFERENCES register.entry DEFERRABLE INITIALLY DEFERRED
);
COMMENT ON TABLE register.sanction_change IS 'Log indices of the versions of sanctions; can be rebuilt from version and record';
GRANT SELECT, INSERT ON register.sanction_change TO register_service;

-- What use is counted by.
ALTER TABLE register.entry_projection
    ADD COLUMN time    timestamptz NOT NULL DEFAULT 'epoch',
    ADD COLUMN reason  text        NOT NULL DEFAULT '',
    ADD COLUMN records integer     NOT NULL DEFAULT 0;
UPDATE register.entry_projection p
SET time = e.time, reason = coalesce(convert_from(e.meta, 'UTF8')::jsonb ->> 'reason', ''),
    records = coalesce((convert_from(e.meta, 'UTF8')::jsonb ->> 'result_count')::integer, 0)
FROM register.entry e WHERE e.idx = p.idx;
CREATE INDEX entry_projection_refused_force ON register.entry_projection (force, idx) WHERE outcome <> 'OK';

-- Counts of whole blocks of 65,536 entries. The entries of a block never change, so
-- neither do its counts: a row is written once.
CREATE TABLE register.entry_summary (
    block     bigint      NOT NULL,
    dimension text        NOT NULL,
    force     text        NOT NULL,
    time      timestamptz NOT NULL,
    key       text        NOT NULL,
    entries   bigint      NOT NULL,
    refused   bigint      NOT NULL,
    records   bigint      NOT NULL,
    PRIMARY KEY (dimension, force, time, key, block)
);
CREATE INDEX entry_summary_block ON register.entry_summary (block);
COMMENT ON TABLE register.entry_summary IS 'Entries counted by block, force and either hour or day with reason, method or outcome; can be rebuilt from entry_projection';
GRANT SELECT, INSERT ON register.entry_summary TO register_service;

-- +goose Down
DROP TABLE register.entry_summary;
DROP INDEX register.entry_projection_refused_force;
ALTER TABLE register.entry_projection DROP COLUMN time, DROP COLUMN reason, DROP COLUMN records;
DROP TABLE register.sanction_change;
